//! The program itself, as an administrator runs it: what it writes into its log, and that it writes the log's head down.

use leadbox::hub::audit::ANCHORS;
use leadbox::hub::log::Anchor;
use serde_json::Value;

use crate::program::{Program, leadbox};

#[test]
fn the_log_says_who_asked_what_and_never_what_was_in_it() {
    let dir = tempfile::TempDir::new().unwrap();
    assert!(leadbox(dir.path(), &["hub", "init"]).status().unwrap().success());
    let hub = Program::serve(dir.path(), &[]);
    let url = hub.url.clone();
    let token = std::fs::read_to_string(dir.path().join("data/hub/admin.token")).unwrap().trim().to_owned();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let statuses = runtime.block_on(async {
        let client = reqwest::Client::new();
        let ask = |request: reqwest::RequestBuilder| async { request.send().await.unwrap().status().as_u16() };
        let get = |path: &str| client.get(format!("{url}{path}"));
        [
            ask(get("/v1/changes?limit=5&after=hidden-query").bearer_auth(&token).header("x-request-id", "find-me"))
                .await,
            ask(get("/v1/leads/4711").bearer_auth(&token)).await,
            ask(get("/v1/me").bearer_auth("lbx_hidden-token")).await,
            ask(get("/hidden-path")).await,
            ask(client.post(format!("{url}/v1/people")).bearer_auth(&token).json("hidden-body")).await,
        ]
    });
    assert_eq!(statuses, [410, 404, 401, 404, 400]);
    let log = hub.end();

    let answered: Vec<&Value> =
        log.iter().map(|line| &line["fields"]).filter(|line| line["message"] == "answered").collect();
    let told: Vec<_> = answered
        .iter()
        .map(|line| {
            (line["method"].as_str().unwrap(), line["route"].as_str().unwrap(), &line["status"], &line["person"])
        })
        .map(|(method, route, status, person)| format!("{method} {route} {status} {}", person.as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            "GET /v1/changes 410 admin",
            "GET /v1/leads/{id} 404 admin",
            "GET /v1/me 401 ",
            "GET none 404 ",
            "POST /v1/people 400 admin",
        ]
    );
    assert_eq!(answered[0]["request"], "find-me");
    assert!(answered.iter().all(|line| line["microseconds"].as_u64().is_some_and(|took| took > 0)), "{answered:?}");
    let text = log.iter().map(Value::to_string).collect::<String>();
    for secret in ["hidden", &token[4..], "4711"] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }

    let anchors = Anchor::read(&dir.path().join("data/hub").join(ANCHORS)).unwrap();
    assert_eq!(anchors.len(), 2, "at the start and at the end");
}
