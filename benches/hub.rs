//! How fast the hub is: what it takes in, and how long it takes from an answer at the door to a rep's laptop.
//!
//! `cargo bench --bench hub` starts `leadbox hub serve` on SQLite in a folder of its own, then two on one PostgreSQL (where
//! that is installed), enters 1,000 reps, who share the hubs as the senders do, and then
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

#[path = "support/hub.rs"]
mod hub;
#[path = "../tests/support/postgres.rs"]
mod postgres;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hub::{Admin, Server, post};
use leadbox::wire::sync::PullPage;
use postgres::Cluster;
use serde_json::{Value, json};
use tempfile::TempDir;

const REPS: usize = 1000;
const CONNECTIONS: usize = 64;
const FLOOD: Duration = Duration::from_secs(10);
const LIVE: Duration = Duration::from_secs(20);
const A_SECOND: u32 = 100;
/// All reps are connected by then.
const CONNECTING: Duration = Duration::from_secs(120);

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

async fn run(name: &str, servers: &[Server], token: String) {
    println!("{name}");
    // A hub ends what lies idle for ten seconds, perhaps just when it is used again.
    let client = reqwest::Client::builder().pool_idle_timeout(Duration::from_secs(5)).build().unwrap();
    let admin = Admin { client: client.clone(), url: servers[0].url.clone(), token };
    let secret = admin.sender().await;
    let mut tokens = Vec::new();
    for n in 0..REPS {
        tokens.push(admin.rep(&format!("rep{n}")).await);
    }
    let url = |n: usize| servers[n % servers.len()].url.clone();

    // 1. What it takes in.
    let begun = Instant::now();
    let next = Arc::new(Mutex::new(0_usize));
    let senders = (0..CONNECTIONS).map(|sender| {
        let (client, secret, next) = (client.clone(), secret.clone(), Arc::clone(&next));
        let url = url(sender);
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
    for (n, token) in tokens.into_iter().enumerate() {
        let (url, seen, ready) = (url(n), Arc::clone(&seen), Arc::clone(&ready));
        let client = client.clone();
        tokio::spawn(async move {
            let pull = |after: Option<String>| {
                let from = after.map(|after| format!("?after={after}")).unwrap_or_default();
                let request = client.get(format!("{url}/v1/changes{from}")).bearer_auth(&token);
                // At the end the hubs go away under those who still read.
                async move { request.send().await.ok()?.json::<PullPage>().await.ok() }
            };
            let mut page = pull(None).await.unwrap();
            while page.more {
                page = pull(Some(page.next)).await.unwrap();
            }
            let mut stream = client.get(format!("{url}/v1/stream")).bearer_auth(&token).send().await.unwrap();
            ready.add_permits(1);
            while let Ok(Some(_)) = stream.chunk().await {
                let Some(news) = pull(Some(page.next)).await else { return };
                page = news;
                let now = Instant::now();
                let mut seen = seen.lock().unwrap();
                for lead in &page.leads {
                    seen.entry(lead.id).or_insert(now);
                }
            }
        });
    }
    let all = tokio::time::timeout(CONNECTING, ready.acquire_many(REPS as u32)).await;
    all.expect("not all reps were connected in time").unwrap().forget();
    let mut tick = tokio::time::interval(Duration::from_secs(1) / A_SECOND);
    let first = taken + 1_000_000;
    let count = (LIVE.as_secs_f64() * f64::from(A_SECOND)) as usize;
    for n in first..first + count {
        tick.tick().await;
        let (client, secret, answered) = (client.clone(), secret.clone(), Arc::clone(&answered));
        let url = url(n);
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
    let policy = include_str!("../assets/hub/round-the-clock.toml").replace("30s", "1h");
    measure("one hub on SQLite", &policy, None, 1);
    let Some(cluster) = Cluster::start() else { return };
    let url = cluster.url(postgres::ADMIN, &cluster.database());
    measure("two hubs on PostgreSQL", &policy, Some(&url), 2);
}

/// Starts so many hubs on this database, or on SQLite, and measures them.
fn measure(name: &str, policy: &str, db: Option<&str>, hubs: usize) {
    let dirs: Vec<TempDir> = (0..hubs).map(|_| tempfile::tempdir().unwrap()).collect();
    let token = hub::init(dirs[0].path(), policy, db);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut servers = Vec::new();
        for dir in &dirs {
            servers.push(hub::serve(dir.path(), db).await);
        }
        run(name, &servers, token).await;
    });
}
