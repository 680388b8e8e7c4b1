//! The bad line does what it is told, and nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::HeaderMap;
use reqwest::{Client, Response};
use serde_json::Value;

use crate::faults::{Fault, Faults, Says};

/// A line to a server that counts what it does, and says the count, its caller's name and what it was sent.
struct Rig {
    line: Faults,
    done: Arc<AtomicUsize>,
    client: Client,
}

impl Rig {
    async fn new() -> Self {
        let done = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&done);
        let answer = |headers: HeaderMap, body: String| async move {
            let number = count.fetch_add(1, Ordering::SeqCst) + 1;
            let name = headers["x-name"].to_str().unwrap().to_owned();
            ([("x-number", number.to_string())], format!("{{\"number\":{number},\"name\":\"{name}\",\"body\":{body}}}"))
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
        let line = Faults::start(&server).await;
        Self { line, done, client: Client::new() }
    }

    async fn ask(&self, path: &str) -> reqwest::Result<Response> {
        let request = self.client.post(format!("{}{path}", self.line.url()));
        request.header("X-Name", "ana").body(r#"{"a":"é"}"#).send().await
    }

    fn done(&self) -> usize {
        self.done.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn a_good_line_changes_nothing_and_remembers_what_was_asked() {
    let rig = Rig::new().await;
    let answer = rig.ask("/leads?after=1").await.unwrap();
    assert_eq!(answer.headers()["x-number"], "1");
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer, serde_json::json!({"number": 1, "name": "ana", "body": {"a": "é"}}));
    let heard = &rig.line.heard()[0];
    assert_eq!((heard.method.as_str(), heard.path.as_str()), ("POST", "/leads?after=1"));
    assert_eq!((heard.header("x-name"), heard.body.as_str()), (Some("ana"), r#"{"a":"é"}"#));
    assert_eq!(heard.fault, None);
}

#[tokio::test]
async fn each_fault_does_what_it_says() {
    let rig = Rig::new().await;
    for (number, fault) in (1..).zip(Fault::ALL) {
        let before = rig.done();
        rig.line.next(fault);
        let answer = rig.ask("/").await;
        assert_eq!(rig.done() - before, usize::from(fault.is_done), "{fault:?}");
        assert_eq!(rig.line.heard()[number - 1].fault, Some(fault));
        let Says::Nothing = fault.says else {
            let answer = answer.unwrap();
            let (status, after) = (answer.status().as_u16(), answer.headers().get("retry-after").cloned());
            let text = answer.text().await;
            match fault.says {
                Says::Nothing => unreachable!("it is dealt with below"),
                Says::Html => assert!(status == 200 && text.unwrap().starts_with("<!doctype html>")),
                Says::Garbage => assert!(status == 200 && serde_json::from_str::<Value>(&text.unwrap()).is_err()),
                Says::Half => assert!(status == 200 && text.is_err()),
                Says::TooMany(seconds) => {
                    let after = after.map(|after| after.to_str().unwrap().parse().unwrap());
                    assert_eq!((status, after), (429, seconds));
                }
                Says::Unavailable => assert_eq!(status, 503),
                Says::Unauthorized => assert_eq!(status, 401),
            }
            continue;
        };
        assert!(answer.is_err(), "{fault:?}");
    }
}

#[tokio::test]
async fn faults_come_when_they_were_ordered() {
    let rig = Rig::new().await;
    rig.line.at(2, Fault::before(Says::Unavailable));
    rig.line.when("/lost", Fault::before(Says::Unauthorized));
    let mut statuses = Vec::new();
    for path in ["/a", "/b", "/c", "/x/lost", "/x/lost"] {
        statuses.push(rig.ask(path).await.unwrap().status().as_u16());
    }
    assert_eq!(statuses, [200, 503, 200, 401, 200]);
    assert_eq!((rig.line.calls(), rig.done()), (5, 3));
}

#[tokio::test]
async fn the_same_seed_makes_the_same_faults_and_calm_ends_them() {
    let mut runs = Vec::new();
    for seed in [7, 7, 8] {
        let rig = Rig::new().await;
        rig.line.random(seed, 0.4);
        for _ in 0..60 {
            let _ = rig.ask("/").await;
        }
        let faults: Vec<Option<Fault>> = rig.line.heard().iter().map(|call| call.fault).collect();
        rig.line.calm();
        assert!(rig.ask("/").await.is_ok());
        runs.push(faults);
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
    let hits = runs[0].iter().flatten().count();
    assert!((10..40).contains(&hits), "{hits} of 60");
}

#[tokio::test]
async fn a_server_that_is_away_is_a_line_that_leads_nowhere() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let line = Faults::start(&server).await;
    assert!(Client::new().get(line.url()).send().await.is_err());
    assert_eq!(line.calls(), 1);
}
