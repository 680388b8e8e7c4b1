//! The hub: the real one on a SQLite file, which crashes, is restarted, and is put back to a copy of its database.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use axum::body::Body;
use axum::http::Request;
use leadbox::handoff::Time;
use leadbox::handoff::event::Role;
use leadbox::hub::core::Hub;
use leadbox::hub::db::{self, Options, Scope, Tx};
use leadbox::hub::error::HubError;
use leadbox::hub::{clockwork, http, intake, people, rules, sync, tokens};
use leadbox::source::hub::{Call, Method, Reply};
use leadbox::wire::intake::SIGNATURE;
use leadbox::wire::people::{NewToken, Person, Takes};
use secrecy::SecretString;
use tokio::runtime::Runtime;

use super::clock::Clock;
use super::net::{Door, deliver, send};

pub const REPS: [&str; 3] = ["ana", "ben", "cho"];
const SENDER: &str = "site";

/// A folder's files.
pub type Files = Vec<(String, Vec<u8>)>;

/// The files of a database as they lie on the disk now, without what only the running program needs.
pub fn copy_of(dir: &Path) -> Files {
    let files = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    files
        .filter(|path| path.is_file() && !path.to_str().unwrap().ends_with("-shm"))
        .map(|path| (name(&path), fs::read(&path).unwrap()))
        .collect()
}

pub fn put_files(dir: &Path, files: &Files) {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).unwrap();
    for (name, bytes) in files {
        let mut file =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(dir.join(name)).unwrap();
        file.write_all(bytes).unwrap();
    }
}

pub fn start() -> Time {
    "2026-11-20T09:00:00Z".parse().unwrap()
}

/// A hub with its people, as it is before anything happened.
struct Template {
    files: Files,
    admin: String,
    reps: Vec<String>,
    secret: String,
}

/// One of the policies that the team tries.
pub fn policy(version: u64) -> String {
    let mut rng = fastrand::Rng::with_seed(version);
    let preset = ["default", "lenient"][rng.usize(..2)];
    let calendar = ["standard", "long"][rng.usize(..2)];
    let (most, days) = (rng.u8(1..4), rng.u8(1..5));
    let touches = rng.u8(3..8);
    let shortfall = ["flag", "recycle"][rng.usize(..2)];
    format!(
        r#"
[policy]
version = "{version}"
preset = "{preset}"
calendar = "{calendar}"
[policy.deferral]
most = {most}
days = {days}
[policy.touches]
least = 2
most = {touches}
days = 2
shortfall = "{shortfall}"
[calendars.long]
zone = "UTC"
mon = ["06:00-22:00"]
tue = ["06:00-22:00"]
wed = ["06:00-22:00"]
thu = ["06:00-22:00"]
fri = ["06:00-22:00"]
sat = ["06:00-22:00"]
sun = ["06:00-22:00"]
[preflight]
items = ["names"]
hold_likely_duplicates = false
[[routing.queues]]
name = "inbound"
monitor = {{ role = "manager" }}
[[routing.rules]]
name = "everybody"
hours = "any"
overflow = "inbound"
"#
    )
}

fn person(id: &str, role: Role) -> Person {
    Person {
        id: id.into(),
        name: id.into(),
        email: None,
        role,
        team: (role != Role::Revops).then(|| "west".into()),
        is_active: true,
        paused: None,
        takes: Takes::default(),
    }
}

fn template() -> &'static Template {
    static MADE: OnceLock<Template> = OnceLock::new();
    MADE.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let db = db::open(&format!("sqlite:{}/hub.db", dir.path().display()), Options::default()).unwrap();
        let hub = Hub::direct(db, Arc::new(start)).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let made = hub.write(|work| {
            sync::found(work.tx)?;
            rules::put(work, &policy(1), "admin")?;
            let all =
                [("admin", Role::Revops), ("mia", Role::Manager)].into_iter().chain(REPS.map(|rep| (rep, Role::Rep)));
            let mut made = Vec::new();
            for (id, role) in all {
                people::put(work.tx, &person(id, role), work.now)?;
                made.push(tokens::make(work.tx, id, &NewToken::default(), work.now)?.token);
            }
            Ok((made, intake::set_up(work.tx, SENDER, work.now)?))
        });
        let (made, secret) = runtime.block_on(made).unwrap();
        drop(hub);
        Template { files: copy_of(dir.path()), admin: made[0].clone(), reps: made[2..].to_vec(), secret }
    })
}

pub struct Office {
    pub door: Door,
    pub clock: Clock,
    hub: Option<Arc<Hub>>,
    dir: PathBuf,
    lives: u32,
    backup: Option<Files>,
}

impl Office {
    pub fn new(clock: Clock, dir: &Path) -> Self {
        let dir = dir.join("hub").join("0");
        put_files(&dir, &template().files);
        let mut office = Self { door: Door::default(), clock, hub: None, dir, lives: 0, backup: None };
        office.open();
        office
    }

    pub fn token(rep: usize) -> String {
        template().reps[rep].clone()
    }

    fn open(&mut self) {
        let db = db::open(&format!("sqlite:{}/hub.db", self.dir.display()), Options::default()).unwrap();
        let clock = self.clock.clone();
        let hub = Arc::new(Hub::direct(db, Arc::new(move || clock.now())).unwrap());
        *self.door.lock().unwrap() = Some(http::router(Arc::clone(&hub), false));
        self.hub = Some(hub);
    }

    /// The power goes: it comes back with what is on the disk, or, from a copy, with what once was.
    pub fn crash(&mut self) {
        let files = copy_of(&self.dir);
        self.come_back(&files);
    }

    pub fn is_up(&self) -> bool {
        self.hub.is_some()
    }

    pub fn go_down(&mut self) {
        self.hub = None;
        *self.door.lock().unwrap() = None;
    }

    pub fn back_up(&mut self) {
        self.backup = Some(copy_of(&self.dir));
    }

    /// Puts the database back to the copy; says whether there is one.
    pub fn restore(&mut self, runtime: &Runtime) -> bool {
        let Some(files) = self.backup.take() else { return false };
        self.come_back(&files);
        let renewed = self.hub.as_ref().unwrap().write(|work| sync::renew_epoch(work.tx));
        runtime.block_on(renewed).unwrap();
        true
    }

    fn come_back(&mut self, files: &Files) {
        self.lives += 1;
        self.dir = self.dir.with_file_name(self.lives.to_string());
        put_files(&self.dir, files);
        self.go_down();
        self.open();
    }

    pub fn read<T: Send + 'static>(
        &self,
        runtime: &Runtime,
        job: impl FnMut(&mut dyn Tx) -> Result<T, HubError> + Send + 'static,
    ) -> T {
        runtime.block_on(self.hub.as_ref().unwrap().read(Scope::System, job)).unwrap()
    }

    pub fn rules(&self) -> Arc<rules::TeamRules> {
        self.hub.as_ref().unwrap().rules()
    }

    /// Lets the clock's worker do what is due.
    pub fn tick(&self, runtime: &Runtime) {
        let Some(hub) = &self.hub else { return };
        for _ in 0..200 {
            if runtime.block_on(clockwork::tick(hub)).unwrap() == 0 {
                return;
            }
        }
        panic!("what is due at the hub never ends");
    }

    /// An administrator's call.
    pub fn call(
        &self,
        runtime: &Runtime,
        method: Method,
        path: &str,
        media: &'static str,
        body: Vec<u8>,
    ) -> Option<Reply> {
        let call = Call { method, body: Some((media, body)), ..Call::get(path) };
        runtime.block_on(deliver(&self.door, &template().admin, call))
    }

    /// A signed post of a sender's.
    pub fn post(&self, runtime: &Runtime, body: &serde_json::Value) -> Option<Reply> {
        let body = serde_json::to_vec(body).unwrap();
        let header = intake::sign(&SecretString::from(template().secret.clone()), self.clock.now(), &body);
        let request = Request::builder()
            .method("POST")
            .uri(format!("/v1/intake/{SENDER}"))
            .header("content-type", "application/json")
            .header(SIGNATURE, header)
            .body(Body::from(body));
        runtime.block_on(send(&self.door, request.unwrap()))
    }

    pub fn person_json(rep: usize, paused: bool) -> Vec<u8> {
        let paused = paused.then(|| "at the dentist".to_owned());
        serde_json::to_vec(&Person { paused, ..person(REPS[rep], Role::Rep) }).unwrap()
    }
}
