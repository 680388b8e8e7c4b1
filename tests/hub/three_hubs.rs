//! Three hubs on one PostgreSQL, as programs, and one of them is killed in the middle: nothing is missing, nothing is done
//! twice, and whoever listens to the others learns of everything.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use chrono::Utc;
use leadbox::hub::intake;
use postgres::Client;
use reqwest::StatusCode;
use secrecy::SecretString;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::hub::{item, person};
use crate::place::Place;
use crate::program::{Program, leadbox};

/// Always open, and so short that time's steps fall due while leads come in.
const POLICY: &str = r#"
[policy]
version = "t"
calendar = "always"

[calendars.always]
zone = "UTC"
mon = ["00:00-24:00"]
tue = ["00:00-24:00"]
wed = ["00:00-24:00"]
thu = ["00:00-24:00"]
fri = ["00:00-24:00"]
sat = ["00:00-24:00"]
sun = ["00:00-24:00"]

[[policy.sla.rules]]
name = "all"
budget = "2s"

[[routing.queues]]
name = "inbound"
monitor = { role = "manager" }

[[routing.rules]]
name = "territory"
by = ["territory"]
overflow = "inbound"

[[routing.rules]]
name = "everybody"
queue = "inbound"

[[escalation.steps]]
name = "first window"
on = "acceptance"
window = 1
do = ["alert_manager"]
"#;

const LEADS: usize = 90;

/// Longer than anything here takes; reached only where something is wrong.
const PATIENCE: Duration = Duration::from_secs(40);

/// What a caller has: the hubs' addresses, and everybody's tokens.
struct Office {
    client: reqwest::Client,
    urls: Vec<String>,
    tokens: BTreeMap<&'static str, String>,
    secret: SecretString,
    /// Posts under way and done; each has a signature of its own, by the seconds before this that it says it was made.
    posts: AtomicI64,
    begun: chrono::DateTime<Utc>,
    taken: AtomicUsize,
}

impl Office {
    /// Sends a lead until a hub says that it was taken: to the next one, whenever one does not answer. Its number.
    async fn post(&self, n: usize, first: usize) -> i64 {
        let body = item(&format!("t{n}"), ["Spain", "Brazil"][n % 2]).to_string();
        for hub in self.urls.iter().cycle().skip(first) {
            let at = self.begun - chrono::Duration::seconds(self.posts.fetch_add(1, Ordering::SeqCst) % 250);
            let signature = intake::sign(&self.secret, at, body.as_bytes());
            let ask = self.client.post(format!("{hub}/v1/intake/web")).header("leadbox-signature", signature);
            let Ok(reply) = ask.header("content-type", "application/json").body(body.clone()).send().await else {
                continue;
            };
            let status = reply.status();
            let Ok(told) = reply.json::<Value>().await else { continue };
            assert!(status == StatusCode::OK || status.is_server_error(), "{status} {told}");
            if status == StatusCode::OK {
                self.taken.fetch_add(1, Ordering::SeqCst);
                return told["items"][0]["lead"].as_i64().unwrap();
            }
        }
        unreachable!("the hubs never end");
    }

    async fn get(&self, hub: usize, who: &str, path: &str) -> Value {
        let ask = self.client.get(format!("{}{path}", self.urls[hub])).bearer_auth(&self.tokens[who]);
        let reply = ask.send().await.unwrap();
        assert_eq!(reply.status(), StatusCode::OK, "{path}");
        reply.json().await.unwrap()
    }

    /// Listens at a hub as a laptop does, until it knows the versions of all these leads of its owner.
    async fn follow(&self, hub: usize, who: &str, wanted: tokio::sync::watch::Receiver<Option<Versions>>) {
        let listen = || async {
            let ask = self.client.get(format!("{}/v1/stream", self.urls[hub])).bearer_auth(&self.tokens[who]);
            ask.send().await.unwrap()
        };
        let mut stream = listen().await;
        let (mut known, mut cursor) = (Versions::new(), None::<String>);
        loop {
            let is_all = |known: &Versions| wanted.borrow().as_ref().is_some_and(|all| all[who] == known[who]);
            known.entry(who.to_owned()).or_default();
            if is_all(&known) {
                return;
            }
            let mut more = wanted.clone();
            tokio::select! {
                // A stream ends after a while, and one asks anew.
                chunk = stream.chunk() => if chunk.unwrap().is_none() { stream = listen().await },
                changed = more.changed() => changed.unwrap(),
            }
            loop {
                let after = cursor.as_ref().map(|cursor| format!("?after={cursor}")).unwrap_or_default();
                let page = self.get(hub, who, &format!("/v1/changes{after}")).await;
                for lead in page["leads"].as_array().unwrap() {
                    let (id, version) = (lead["id"].as_i64().unwrap(), lead["version"].as_i64().unwrap());
                    known.entry(who.to_owned()).or_default().insert(id, version);
                }
                cursor = Some(page["next"].as_str().unwrap().to_owned());
                if page["more"] == false {
                    break;
                }
            }
        }
    }
}

/// Of each owner, the versions of their leads.
type Versions = BTreeMap<String, BTreeMap<i64, i64>>;

fn versions(database: &mut Client) -> Versions {
    let mut all = Versions::new();
    for row in database.query("SELECT owner, id, version FROM leadbox.lead WHERE owner IS NOT NULL", &[]).unwrap() {
        all.entry(row.get(0)).or_default().insert(row.get(1), row.get(2));
    }
    all
}

fn count(database: &mut Client, sql: &str) -> i64 {
    database.query_one(sql, &[]).unwrap().get(0)
}

/// A hub's database with a team, a sender, and what one needs to ask.
async fn found(home: &TempDir, url: &str) -> (Vec<Program>, Office) {
    let policy = home.path().join("policy.toml");
    std::fs::write(&policy, POLICY).unwrap();
    let init =
        leadbox(home.path(), &["hub", "init", "--db", url, "--policy", policy.to_str().unwrap()]).output().unwrap();
    assert!(init.status.success(), "{}", String::from_utf8_lossy(&init.stderr));
    let hubs: Vec<Program> = (0..3).map(|_| Program::serve(home.path(), &["--db", url])).collect();
    let urls: Vec<String> = hubs.iter().map(|hub| hub.url.clone()).collect();
    let admin = std::fs::read_to_string(home.path().join("data/hub/admin.token")).unwrap().trim().to_owned();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::new();
    let send = async |path: String, body: Value| {
        let reply = client.post(format!("{}{path}", urls[0])).bearer_auth(&admin).json(&body).send().await.unwrap();
        assert_eq!(reply.status(), StatusCode::OK, "{path}");
        reply.json::<Value>().await.unwrap()
    };
    let mut tokens = BTreeMap::from([("admin", admin.clone())]);
    for (name, country) in [("ana", "Spain"), ("bo", "Brazil")] {
        send("/v1/people".into(), json!(person(name, "rep", Some("emea"), Some(country)))).await;
        let made = send(format!("/v1/people/{name}/tokens"), json!({})).await;
        tokens.insert(name, made["token"].as_str().unwrap().to_owned());
    }
    send("/v1/people".into(), json!(person("max", "manager", Some("emea"), None))).await;
    let secret = send("/v1/sources".into(), json!({ "name": "web" })).await["secret"].as_str().unwrap().to_owned();
    let (posts, taken) = (AtomicI64::new(0), AtomicUsize::new(0));
    (hubs, Office { client, urls, tokens, secret: secret.into(), posts, begun: Utc::now(), taken })
}

#[test]
fn when_one_of_three_hubs_is_killed_nothing_is_missing_and_nothing_is_done_twice() {
    let Some(Place::Postgres(cluster, name)) = Place::postgres() else { return };
    let url = Place::Postgres(Arc::clone(&cluster), name.clone()).url();
    let home = TempDir::new().unwrap();
    let mut database = cluster.admin(&name);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (mut hubs, office) = runtime.block_on(found(&home, &url));
    let office = Arc::new(office);
    let (tell, told) = tokio::sync::watch::channel(None);
    let followers: Vec<_> = [(1, "ana"), (2, "bo"), (2, "ana")]
        .into_iter()
        .map(|(hub, who)| {
            let (office, told) = (Arc::clone(&office), told.clone());
            runtime.spawn(async move { office.follow(hub, who, told).await })
        })
        .collect();
    // Each lead is sent twice, to different hubs at first.
    let senders: Vec<_> = (0..6)
        .map(|sender| {
            let office = Arc::clone(&office);
            runtime.spawn(async move {
                let mut numbers = BTreeMap::new();
                for n in (0..LEADS).filter(|n| n % 3 == sender % 3) {
                    let lead = office.post(n, n / 3 + sender / 3).await;
                    numbers.insert(n, lead);
                }
                numbers
            })
        })
        .collect();
    // In the middle of it, when time has something to do, too.
    until("leads come in and are due", || {
        let taken = office.taken.load(Ordering::SeqCst);
        taken > LEADS / 3 && count(&mut database, "SELECT count(*) FROM leadbox.incident") > 0
    });
    hubs[0].kill();
    let mut numbers: BTreeMap<usize, Vec<i64>> = BTreeMap::new();
    for sender in senders {
        for (n, lead) in runtime.block_on(sender).unwrap() {
            numbers.entry(n).or_default().push(lead);
        }
    }
    // Nobody answers the leads: each misses its first window, by the clocks of the two that are left.
    let breached = "SELECT count(DISTINCT lead) FROM leadbox.incident WHERE clock = 'acceptance' AND window_no = 1";
    until("each window was missed", || count(&mut database, breached) == i64::try_from(LEADS).unwrap());
    let soon = || Utc::now().timestamp_millis() + 5_000;
    until("nothing is due any more", || {
        count(&mut database, &format!("SELECT count(*) FROM leadbox.lead WHERE wake_at < {}", soon())) == 0
    });

    assert_eq!(numbers.len(), LEADS);
    assert!(numbers.values().all(|told| told.len() == 2 && told[0] == told[1]), "one key is one lead: {numbers:?}");
    for table in ["lead", "received"] {
        assert_eq!(count(&mut database, &format!("SELECT count(*) FROM leadbox.{table}")), LEADS as i64, "{table}");
    }
    let steps = "SELECT what::jsonb ->> 'kind', lead, count(*), count(DISTINCT what::jsonb) FROM leadbox.log \
                 WHERE what::jsonb ->> 'kind' IN ('captured', 'became_mql', 'assigned', 'breached', 'escalated') GROUP BY 1, 2";
    for row in database.query(steps, &[]).unwrap() {
        let (kind, lead): (String, i64) = (row.get(0), row.get(1));
        assert_eq!(row.get::<_, i64>(2), row.get::<_, i64>(3), "{kind} of {lead} twice");
    }
    let twice = "SELECT count(*) FROM (SELECT 1 FROM leadbox.incident GROUP BY lead, clock, window_no HAVING count(*) > 1) AS x";
    assert_eq!(count(&mut database, twice), 0);

    // Who listened to the others knows all of it.
    tell.send(Some(versions(&mut database))).unwrap();
    for follower in followers {
        let done = runtime.block_on(async { tokio::time::timeout(PATIENCE, follower).await });
        done.expect("a rep's laptop knows everything").unwrap();
    }
    for hub in [1, 2] {
        assert_eq!(runtime.block_on(office.get(hub, "admin", "/v1/audit"))["is_whole"], true);
    }
    for hub in hubs.drain(1..) {
        hub.end();
    }
}

/// Waits until it is so.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "in vain: {what}");
        std::thread::yield_now();
    }
}
