//! The program itself, as an administrator runs it: what it writes into its log, and that it writes the log's head down.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc;

use leadbox::hub::audit::ANCHORS;
use leadbox::hub::log::Anchor;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

#[test]
fn the_log_says_who_asked_what_and_never_what_was_in_it() {
    let dir = tempfile::TempDir::new().unwrap();
    let leadbox = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_leadbox"));
        command.env_clear().env("HOME", dir.path()).env("LEADBOX_DATA_DIR", dir.path().join("data")).args(args);
        command
    };
    assert!(leadbox(&["hub", "init"]).status().unwrap().success());
    let mut serve = leadbox(&["hub", "serve", "--bind", "127.0.0.1:0"]).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(serve.stderr.take().unwrap()).lines();
    let (send, lines_read) = mpsc::channel();
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| drop(send.send(line))));
    let mut log: Vec<Value> = Vec::new();
    let url = loop {
        let line: Value = serde_json::from_str(&lines_read.recv().unwrap()).unwrap();
        let address = line["fields"]["address"].as_str().map(|address| format!("http://{address}"));
        log.push(line);
        if let Some(url) = address {
            break url;
        }
    };
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
    kill_process(Pid::from_raw(serve.id().try_into().unwrap()).unwrap(), Signal::TERM).unwrap();
    assert!(serve.wait().unwrap().success());
    log.extend(lines_read.iter().map(|line| serde_json::from_str::<Value>(&line).unwrap()));

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
