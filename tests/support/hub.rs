//! A hub that is served on a free port of this machine, with a team, and what one needs to ask it.

#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Duration, Utc};
use leadbox::hub::core::Hub;
use leadbox::hub::db::{Row, Scope};
use leadbox::hub::error::HubError;
use leadbox::hub::serve::{Door, serve};
use leadbox::hub::work::Work;
use leadbox::hub::{intake, people, rules, sync, tokens};
use leadbox::wire::people::{NewToken, Person};
use reqwest::Method;
use reqwest::header::HeaderMap;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::account::{self, DOCUMENT, Exchange};
use crate::place::Place;

/// A Friday, at ten in the morning UTC.
pub const START: &str = "2026-11-20T10:00:00Z";

/// Leads go by country, so that a test says whose a lead becomes.
pub const POLICY: &str = r#"
[policy]
version = "t"

[[routing.queues]]
name = "inbound"
monitor = { role = "manager" }
open_to = ["everybody"]
claim_most = 2

[[routing.rules]]
name = "territory"
by = ["territory"]
overflow = "inbound"

[[routing.rules]]
name = "everybody"
queue = "inbound"
"#;

/// Who is who: name, role, team, country.
pub const TEAM: [(&str, &str, Option<&str>, Option<&str>); 7] = [
    ("ana", "rep", Some("emea"), Some("Spain")),
    ("cy", "rep", Some("emea"), Some("Italy")),
    ("bo", "rep", Some("amer"), Some("Brazil")),
    ("max", "manager", Some("emea"), None),
    ("mia", "marketing", None, None),
    ("rev", "revops", None, None),
    ("aud", "auditor", None, None),
];

/// A hub at work.
pub struct Rig {
    /// The hub itself.
    pub hub: Arc<Hub>,
    /// Where it is reached.
    pub url: String,
    /// Everybody's token, by name.
    pub tokens: BTreeMap<String, String>,
    /// The secret of the sender `web`.
    pub secret: SecretString,
    clock: Arc<AtomicI64>,
    client: reqwest::Client,
    runtime: Runtime,
    end: Option<oneshot::Sender<()>>,
    /// A hub opens its file again when more people read at once than before.
    _folder: Option<Arc<tempfile::TempDir>>,
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub text: String,
    /// The body as JSON, if it is such.
    pub json: Value,
}

impl Reply {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// It is a problem document with all that belongs to one.
    pub fn must_be_problem(&self, status: u16) -> &Value {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text);
        for field in ["type", "title", "detail", "instance"] {
            assert!(self.json[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {}", self.text);
        }
        assert!(self.json["type"].as_str().unwrap().starts_with("urn:leadbox:problem:"), "{}", self.text);
        assert_eq!(self.json["status"], status);
        assert_eq!(self.json["instance"], self.header("x-request-id"));
        &self.json
    }

    /// It went well.
    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json
    }
}

/// What is asked.
#[derive(Clone)]
pub struct Ask {
    method: Method,
    path: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Ask {
    pub fn new(method: &str, path: &str) -> Self {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        Self { method, path: path.to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    pub fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    pub fn token(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    pub fn body(mut self, media: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", media)
    }

    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

impl Rig {
    /// A hub on a new database, with the team.
    pub fn new(place: &Place) -> Self {
        Self::found(place, false)
    }

    /// The same, behind a proxy.
    pub fn behind_proxy(place: &Place) -> Self {
        Self::found(place, true)
    }

    fn found(place: &Place, behind_proxy: bool) -> Self {
        let mut rig = Self::on(place, Arc::new(AtomicI64::new(start().timestamp_millis())), behind_proxy);
        let admin = rig.write(|work| {
            sync::found(work.tx)?;
            rules::put(work, POLICY, "rev")?;
            people::put(work.tx, &person("rev", "revops", None, None), work.now)?;
            tokens::make(work.tx, "rev", &NewToken::default(), work.now)
        });
        rig.tokens.insert("rev".into(), admin.token);
        // What was written beside HTTP is told to the hub as by another one.
        rig.as_who("rev", Ask::new("PUT", "/v1/policy").body("application/toml", format!("{POLICY}# again\n"))).ok();
        for (name, role, team, country) in TEAM.iter().filter(|(name, ..)| *name != "rev") {
            let body = serde_json::to_value(person(name, role, *team, *country)).unwrap();
            rig.as_who("rev", Ask::new("POST", "/v1/people").json(&body)).ok();
            let token = rig.make_token(name);
            rig.tokens.insert((*name).into(), token);
        }
        let made = rig.as_who("rev", Ask::new("POST", "/v1/sources").json(&json!({ "name": "web" }))).ok();
        rig.secret = SecretString::from(made["secret"].as_str().unwrap().to_owned());
        rig
    }

    /// Another hub on the same database, with the same clock.
    pub fn beside(&self, place: &Place) -> Self {
        let mut rig = Self::on(place, Arc::clone(&self.clock), false);
        rig.tokens = self.tokens.clone();
        rig.secret = self.secret.clone();
        rig
    }

    fn on(place: &Place, clock: Arc<AtomicI64>, behind_proxy: bool) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = runtime();
        let time = Arc::clone(&clock);
        let now = move || DateTime::from_timestamp_millis(time.load(Ordering::SeqCst)).unwrap();
        let hub = Hub::start(place.open(), Arc::new(now)).unwrap();
        let (end, ended) = oneshot::channel::<()>();
        let (tell, told) = std::sync::mpsc::channel();
        let door = Door { bind: SocketAddr::from(([127, 0, 0, 1], 0)), tls: None, behind_proxy };
        let serving = serve(Arc::clone(&hub), door, move |address| tell.send(address).unwrap(), async {
            let _ = ended.await;
        });
        runtime.spawn(serving);
        let url = format!("http://{}", told.recv().unwrap());
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let secret = SecretString::from(String::new());
        Self {
            hub,
            url,
            tokens: BTreeMap::new(),
            secret,
            clock,
            client,
            runtime,
            end: Some(end),
            _folder: place.folder(),
        }
    }

    /// The hub's time.
    pub fn now(&self) -> DateTime<Utc> {
        self.hub.now()
    }

    /// Lets time pass.
    pub fn pass(&self, time: Duration) {
        self.clock.fetch_add(time.num_milliseconds(), Ordering::SeqCst);
    }

    /// Runs something of the hub's own.
    pub fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Writes beside HTTP.
    pub fn write<T: Send + 'static>(
        &self,
        write: impl FnMut(&mut Work<'_>) -> Result<T, HubError> + Send + 'static,
    ) -> T {
        self.run(self.hub.write(write)).unwrap()
    }

    /// Sends it, and there is an answer.
    pub fn ask(&self, ask: Ask) -> Reply {
        self.run(self.send(ask)).unwrap()
    }

    async fn send(&self, ask: Ask) -> reqwest::Result<Reply> {
        let (method, path, sent) = (ask.method.to_string(), ask.path.clone(), ask.body.clone());
        let mut request = self.client.request(ask.method, format!("{}{}", self.url, ask.path));
        for (name, value) in ask.headers {
            request = request.header(name, value);
        }
        let reply = request.body(ask.body).send().await?;
        let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
        let text = String::from_utf8_lossy(&reply.bytes().await?).into_owned();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        let (method, path, sent) = (&*method, &*path, &*sent);
        self.account(&Exchange { method, path, sent, status, headers: &headers, text: Some(&text) }).await?;
        Ok(Reply { status, headers, text, json })
    }

    /// Holds an answer against the hub's own account of its API.
    async fn account(&self, exchange: &Exchange<'_>) -> reqwest::Result<()> {
        if DOCUMENT.get().is_none() {
            let document = self.client.get(format!("{}/v1/openapi.json", self.url)).send().await?.json().await?;
            let _ = DOCUMENT.set(document);
        }
        DOCUMENT.get().into_iter().for_each(|document| account::check(document, exchange));
        Ok(())
    }

    /// Sends it, and returns the answer when it begins: its status.
    pub fn begin(&self, ask: Ask) -> reqwest::Response {
        let (method, path) = (ask.method.to_string(), ask.path.clone());
        let mut request = self.client.request(ask.method, format!("{}{}", self.url, ask.path));
        for (name, value) in ask.headers {
            request = request.header(name, value);
        }
        let reply = self.run(request.send()).unwrap();
        let (method, path, status) = (&*method, &*path, reply.status().as_u16());
        let exchange = Exchange { method, path, sent: &[], status, headers: reply.headers(), text: None };
        self.run(self.account(&exchange)).unwrap();
        reply
    }

    /// Asks as this person.
    pub fn as_who(&self, who: &str, ask: Ask) -> Reply {
        self.ask(ask.token(&self.tokens[who]))
    }

    /// One more token for a person.
    pub fn make_token(&self, who: &str) -> String {
        let made = self.as_who("rev", Ask::new("POST", &format!("/v1/people/{who}/tokens")).json(&json!({})));
        made.ok()["token"].as_str().unwrap().to_owned()
    }

    /// A post of the sender `web`, signed at this time.
    pub fn signed(&self, body: &[u8], at: DateTime<Utc>) -> Ask {
        self.signed_to("web", body, at)
    }

    /// A post to this sender's place, signed with the secret that is at hand.
    pub fn signed_to(&self, source: &str, body: &[u8], at: DateTime<Utc>) -> Ask {
        let signature = intake::sign(&self.secret, at, body);
        Ask::new("POST", &format!("/v1/intake/{source}"))
            .body("application/json", body)
            .header("leadbox-signature", signature)
    }

    /// The sender `web` posts this, signed at a time at which it posted nothing else.
    pub fn post(&self, body: &Value) -> Reply {
        static POSTS: AtomicI64 = AtomicI64::new(0);
        let off = POSTS.fetch_add(1, Ordering::SeqCst) % 250;
        self.ask(self.signed(body.to_string().as_bytes(), self.now() - Duration::seconds(off)))
    }

    /// A lead that comes in from that country; its number.
    pub fn lead(&self, name: &str, country: &str) -> i64 {
        let taken = self.post(&item(name, country)).ok();
        taken["items"][0]["lead"].as_i64().unwrap()
    }

    /// An answer to a lead, made and sent now.
    pub fn op(&self, lead: i64, what: &Value) -> Value {
        json!({ "id": Uuid::now_v7(), "lead": lead, "made_at": self.now(), "sent_at": self.now(), "what": what })
    }

    /// Sends an answer to a lead.
    pub fn push(&self, who: &str, op: &Value) -> Reply {
        self.as_who(who, Ask::new("POST", "/v1/ops").json(op))
    }

    /// All rows of a query, by the hub itself.
    pub fn rows(&self, sql: &str) -> Vec<Row> {
        let sql = sql.to_owned();
        self.run(self.hub.read(Scope::System, move |tx| Ok(tx.query(&sql, &[])?))).unwrap()
    }

    /// One number.
    pub fn number(&self, sql: &str) -> i64 {
        self.rows(sql)[0].int(0).unwrap()
    }

    /// Everything in the database.
    pub fn contents(&self) -> BTreeMap<&'static str, Vec<String>> {
        let rows = |table: &&'static str| {
            let mut rows: Vec<String> =
                self.rows(&format!("SELECT * FROM {table}")).iter().map(|row| format!("{row:?}")).collect();
            rows.sort();
            (*table, rows)
        };
        TABLES.iter().map(rows).collect()
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.end.take().map(|end| end.send(()));
    }
}

const TABLES: [&str; 25] = [
    "meta",
    "head",
    "log",
    "policy",
    "team",
    "person",
    "feed",
    "token",
    "intake_source",
    "nonce",
    "received",
    "lead",
    "activity",
    "departure",
    "op",
    "load",
    "incident",
    "alert",
    "delivery",
    "job",
    "bridge",
    "bridged",
    "bridge_key",
    "bridge_untaken",
    "bridge_write",
];

/// The time at which every test begins.
pub fn start() -> DateTime<Utc> {
    START.parse().unwrap()
}

/// A person who takes leads from one country.
pub fn person(name: &str, role: &str, team: Option<&str>, country: Option<&str>) -> Person {
    let takes = json!({ "territories": country.iter().collect::<Vec<_>>() });
    serde_json::from_value(json!({ "id": name, "name": name, "role": role, "team": team, "takes": takes })).unwrap()
}

/// A lead that passes the pre-flight, from that country.
pub fn item(name: &str, country: &str) -> Value {
    json!({
        "key": format!("{name}-1"),
        "person": {
            "first_name": "Maya", "last_name": format!("Chen{name}"), "email": format!("{name}@{name}.example"),
            "title": "VP Sales", "country": country, "phone": "+34 600 000 000",
        },
        "company": { "name": format!("Northwind {name}"), "domain": format!("{name}.example"), "size": "450" },
        "flag": "met at the fair",
        "activities": [{ "kind": "demo_request", "text": "asked for a demo" }],
    })
}

/// Asks the same of a hub on SQLite and, where there is one, on PostgreSQL.
pub fn both(test: impl Fn(&mut Rig, &Place)) {
    let place = Place::sqlite();
    test(&mut Rig::new(&place), &place);
    if let Some(place) = Place::postgres() {
        test(&mut Rig::new(&place), &place);
    }
}
