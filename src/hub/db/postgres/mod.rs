//! PostgreSQL 15 or newer: one connection that writes, several that read, one that listens.
//!
//! Whoever writes first locks the head of the log, over all hubs: so the log's numbers are gapless and in commit order,
//! and writers need no other isolation than `READ COMMITTED`. Everything runs as the role `leadbox_app_<database>`, see
//! `schema`, so that row-level security holds and the log can only grow even if we connect as a superuser.
//!
//! | File | What it does |
//! |---|---|
//! | `connect` | the URL, the session, and what its errors mean |
//! | `tls` | encryption, and whose certificates count |
//! | `schema` | tables, formats, the role |
//! | `tx` | a transaction: statements, values in and out |
//! | `listen` | what other hubs announce |

mod connect;
mod listen;
mod schema;
mod tls;
mod tx;

use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use uuid::Uuid;

use super::pool::Pool;
use super::value::Value;
use super::{Db, DbError, Dialect, Heard, Job, Options, Scope};
use connect::{CLASH, Server, Session};

/// How often something is tried that did not come to its commit, and how long the first wait is; each next
/// one is twice as long. A server that restarts is back within that time.
const TRIES: u32 = 6;
const FIRST_WAIT: Duration = Duration::from_millis(50);

pub(super) struct Postgres {
    server: Arc<Server>,
    /// By which this hub knows its own announcements.
    mark: String,
    /// What a transaction that writes begins with.
    begin: String,
    /// And one that reads.
    begin_reading: String,
    writer: Mutex<Option<Session>>,
    readers: Pool<Session>,
    /// Gone when this is dropped: the listening threads look for it.
    alive: Arc<()>,
}

impl Postgres {
    pub(super) fn open(url: &str, options: Options) -> Result<Self, DbError> {
        let server = Server::parse(url)?;
        let mut session = server.connect()?;
        let role = schema::settle(&mut session, &server.place)?;
        let role = role.map(|role| format!("SET LOCAL ROLE {role}; ")).unwrap_or_default();
        Ok(Self {
            server: Arc::new(server),
            mark: Uuid::now_v7().simple().to_string(),
            begin: format!(
                "BEGIN; {role}SELECT set_config('leadbox.role', 'system', true); \
                 SELECT n FROM head WHERE one = 1 FOR UPDATE"
            ),
            begin_reading: format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {role}"),
            writer: Mutex::new(Some(session)),
            readers: Pool::new(options.readers, Session::is_sound),
            alive: Arc::new(()),
        })
    }

    /// Another connection. The server was fit for use when this was opened: if it is not now, it may be again.
    fn again(&self) -> Result<Session, DbError> {
        self.server.connect().map_err(|error| match error {
            DbError::Unusable { why, .. } => DbError::Lost(why),
            error => error,
        })
    }

    fn write_once(&self, job: Job<'_>) -> Result<(), DbError> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        // A panic in the job leaves none behind.
        let mut session = match writer.take() {
            Some(session) => session,
            None => self.again()?,
        };
        let done =
            session.begin(&self.begin).and_then(|()| session.run(&self.mark, job)).and_then(|()| session.commit());
        session.end();
        *writer = session.is_sound().then_some(session);
        done
    }

    fn read_once(&self, scope: &[Value], job: Job<'_>) -> Result<(), DbError> {
        let run = |session: &mut Session| {
            let who = "SELECT set_config('leadbox.role', ?1, true), set_config('leadbox.actor', ?2, true), \
                       set_config('leadbox.teams', ?3, true)";
            let begun = session.begin_with(&self.begin_reading, who, scope);
            let done = begun.and_then(|()| session.run(&self.mark, job));
            // Nothing was written: there is nothing to commit.
            session.end();
            done
        };
        let done = self.readers.with(|| self.again(), run);
        if matches!(done, Err(DbError::Lost(_))) {
            // The idle ones were lost with it.
            self.readers.drain();
        }
        done
    }
}

/// Tries again what was lost before its commit, or gave way to another transaction.
fn retrying(mut attempt: impl FnMut() -> Result<(), DbError>) -> Result<(), DbError> {
    for retry in 0..TRIES - 1 {
        match attempt() {
            Err(DbError::Lost(_) | DbError::Busy(CLASH)) => std::thread::sleep(FIRST_WAIT * (1 << retry)),
            done => return done,
        }
    }
    attempt()
}

impl Db for Postgres {
    fn write(&self, job: Job<'_>) -> Result<(), DbError> {
        retrying(|| self.write_once(job))
    }

    fn read(&self, scope: &Scope, job: Job<'_>) -> Result<(), DbError> {
        let scope = scope.settings().map_err(|error| DbError::Statement(error.to_string()))?.map(Value::from);
        retrying(|| self.read_once(&scope, job))
    }

    fn listen(&self) -> Result<Receiver<Heard>, DbError> {
        listen::listen(Arc::clone(&self.server), self.mark.clone(), Arc::downgrade(&self.alive))
    }

    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn place(&self) -> &str {
        &self.server.place
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let writer = self.writer.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        let sessions: Vec<Session> = self.readers.drain().into_iter().chain(writer).collect();
        // Each has a runtime of its own, which must not end on a thread of another one: we may be dropped on such.
        let _ = std::thread::Builder::new().spawn(move || drop(sessions));
    }
}
