//! How fast the hub is: what it takes in, and how long it takes from an answer at the door to a rep's laptop.
//!
//! `cargo bench --bench hub` starts `leadbox hub serve` on SQLite in a folder of its own, enters 1,000 reps, and then
//! 1. posts signed items one by one over 64 connections for ten seconds: events a second (limit 1,000);
//! 2. connects all reps to the stream, posts 100 leads a second for twenty seconds, and takes the time from the answer of
//!    the intake to the moment when the rep whose lead it is has pulled it: p50 and p99 (limit 250 ms).
//!
//! Everything shares the machine: server, senders and reps.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a measurement that cannot go on should stop"
)]

use std::collections::HashMap;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::Utc;
use leadbox::hub::intake::sign;
use leadbox::wire::sync::{Change, PullPage};
use secrecy::SecretString;
use serde_json::{Value, json};

const REPS: usize = 1000;
const CONNECTIONS: usize = 64;
const FLOOD: Duration = Duration::from_secs(10);
const LIVE: Duration = Duration::from_secs(20);
const A_SECOND: u32 = 100;

struct Server {
    child: Child,
    dir: tempfile::TempDir,
    url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn leadbox(dir: &tempfile::TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leadbox"));
    command.arg("--data-dir").arg(dir.path()).env("HOME", dir.path()).env_remove("LEADBOX_CONFIG");
    command
}

fn start() -> Server {
    let dir = tempfile::tempdir().unwrap();
    let policy = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/hub/round-the-clock.toml");
    let text = std::fs::read_to_string(policy).unwrap().replace("30s", "1h");
    let file = dir.path().join("policy.toml");
    std::fs::write(&file, text).unwrap();
    assert!(
        leadbox(&dir).args(["hub", "init", "--policy"]).arg(&file).stdout(Stdio::null()).status().unwrap().success()
    );
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let bind = format!("127.0.0.1:{port}");
    let child = leadbox(&dir).args(["hub", "serve", "--bind", &bind]).stderr(Stdio::null()).spawn().unwrap();
    Server { child, dir, url: format!("http://{bind}") }
}

/// A lead that makes an MQL and passes the pre-flight.
fn item(n: usize) -> Value {
    json!({
        "key": format!("k{n}"), "id": format!("v{n}"),
        "person": {"first_name": format!("Ada{n}"), "last_name": format!("Lovelace{n}"), "title": "VP Operations",
            "email": format!("ada{n}@company{n}.example"), "phone": "+1 555 0100", "country": "US"},
        "company": {"name": format!("Company {n}"), "industry": "retail", "size": "800"},
        "message": "Can we see a demo next week?", "lead_source": "web",
        "activities": [{"kind": "page_visit", "text": "pricing"}, {"kind": "demo_request", "text": "demo form"}]
    })
}

fn percentile(sorted: &[Duration], of: f64) -> Duration {
    sorted[((sorted.len() - 1) as f64 * of) as usize]
}

async fn post(client: &reqwest::Client, url: &str, secret: &SecretString, item: &Value) -> Value {
    let body = serde_json::to_vec(item).unwrap();
    let signature = sign(secret, Utc::now(), &body);
    let request = client.post(format!("{url}/v1/intake/web")).header("content-type", "application/json");
    let response = request.header("leadbox-signature", signature).body(body).send().await.unwrap();
    let status = response.status();
    let answer: Value = response.json().await.unwrap();
    assert!(status.is_success(), "{answer}");
    answer
}

async fn run(server: &Server) {
    let client = reqwest::Client::builder().build().unwrap();
    let url = server.url.clone();
    while client.get(format!("{url}/readyz")).send().await.is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let admin = std::fs::read_to_string(server.dir.path().join("hub/admin.token")).unwrap().trim().to_owned();
    let call = |path: String, body: Value| {
        let request = client.post(format!("{url}{path}")).bearer_auth(&admin).json(&body);
        async move {
            loop {
                let response = request.try_clone().unwrap().send().await.unwrap();
                if response.status().as_u16() != 429 {
                    return response.error_for_status().unwrap().json::<Value>().await.unwrap();
                }
                // One token may not do everything at once.
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    };
    let made = call("/v1/sources".into(), json!({"name": "web"})).await;
    let secret = SecretString::from(made["secret"].as_str().unwrap().to_owned());
    let mut tokens = Vec::new();
    for n in 0..REPS {
        let id = format!("rep{n}");
        call("/v1/people".into(), json!({"id": id, "name": id, "role": "rep", "team": "west"})).await;
        let made = call(format!("/v1/people/{id}/tokens"), json!({})).await;
        tokens.push(made["token"].as_str().unwrap().to_owned());
    }

    // 1. What it takes in.
    let begun = Instant::now();
    let next = Arc::new(Mutex::new(0_usize));
    let senders = (0..CONNECTIONS).map(|_| {
        let (client, url, secret, next) = (client.clone(), url.clone(), secret.clone(), Arc::clone(&next));
        tokio::spawn(async move {
            let mut taken = 0_usize;
            while begun.elapsed() < FLOOD {
                let n = {
                    let mut next = next.lock().unwrap();
                    *next += 1;
                    *next
                };
                post(&client, &url, &secret, &item(n)).await;
                taken += 1;
            }
            taken
        })
    });
    let mut taken = 0;
    for sender in senders.collect::<Vec<_>>() {
        taken += sender.await.unwrap();
    }
    let rate = taken as f64 / begun.elapsed().as_secs_f64();
    println!(
        "intake: {taken} leads of two activities in {:.1} s, {rate:.0} a second (limit 1,000 events)",
        begun.elapsed().as_secs_f64()
    );

    // 2. From the answer to the rep.
    let answered: Arc<Mutex<HashMap<i64, Instant>>> = Arc::default();
    let seen: Arc<Mutex<HashMap<i64, Instant>>> = Arc::default();
    let ready = Arc::new(tokio::sync::Semaphore::new(0));
    for token in tokens {
        let (url, seen, ready) = (url.clone(), Arc::clone(&seen), Arc::clone(&ready));
        let client = client.clone();
        tokio::spawn(async move {
            let pull = |after: Option<String>| {
                let from = after.map(|after| format!("?after={after}")).unwrap_or_default();
                let request = client.get(format!("{url}/v1/changes{from}")).bearer_auth(&token);
                async move { request.send().await.unwrap().json::<PullPage>().await.unwrap() }
            };
            let mut page = pull(None).await;
            while page.more {
                page = pull(Some(page.next)).await;
            }
            let mut stream = client.get(format!("{url}/v1/stream")).bearer_auth(&token).send().await.unwrap();
            ready.add_permits(1);
            while let Ok(Some(_)) = stream.chunk().await {
                page = pull(Some(page.next)).await;
                let now = Instant::now();
                let mut seen = seen.lock().unwrap();
                for change in &page.changes {
                    if let Change::Lead(lead) = change {
                        seen.entry(lead.id).or_insert(now);
                    }
                }
            }
        });
    }
    ready.acquire_many(REPS as u32).await.unwrap().forget();
    let mut tick = tokio::time::interval(Duration::from_secs(1) / A_SECOND);
    let first = taken + 1_000_000;
    let count = (LIVE.as_secs_f64() * f64::from(A_SECOND)) as usize;
    for n in first..first + count {
        tick.tick().await;
        let (client, url, secret, answered) = (client.clone(), url.clone(), secret.clone(), Arc::clone(&answered));
        tokio::spawn(async move {
            let answer = post(&client, &url, &secret, &item(n)).await;
            answered.lock().unwrap().insert(answer["items"][0]["lead"].as_i64().unwrap(), Instant::now());
        });
    }
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let all = {
            let (answered, seen) = (answered.lock().unwrap(), seen.lock().unwrap());
            answered.len() == count && answered.keys().all(|lead| seen.contains_key(lead))
        };
        if all || Instant::now() > deadline {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (answered, seen) = (answered.lock().unwrap(), seen.lock().unwrap());
    let mut times: Vec<Duration> = answered
        .iter()
        .filter_map(|(lead, at)| seen.get(lead).map(|seen| seen.saturating_duration_since(*at)))
        .collect();
    times.sort_unstable();
    println!(
        "to the rep: {} of {count} leads; from the answer p50 {:.0} ms, p99 {:.0} ms, worst {:.0} ms (limit p99 250 ms), with {REPS} reps connected",
        times.len(),
        percentile(&times, 0.5).as_secs_f64() * 1e3,
        percentile(&times, 0.99).as_secs_f64() * 1e3,
        percentile(&times, 1.0).as_secs_f64() * 1e3,
    );
}

fn main() {
    drop(rustls::crypto::ring::default_provider().install_default());
    let server = start();
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(run(&server));
}
