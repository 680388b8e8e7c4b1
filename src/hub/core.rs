//! The hub itself: one writer that runs everybody's writes in their order, many of them in one commit; readers beside
//! it; and the news of what changed. Nobody is answered before the commit.

use std::collections::{BTreeSet, HashMap};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread;

use chrono::SubsecRound;
use tokio::sync::{oneshot, watch};

use super::db::{Db, DbError, Dialect, Scope, Tx};
use super::error::HubError;
use super::log;
use super::rules::{self, TeamRules};
use super::work::Work;
use crate::handoff::Time;
use crate::handoff::roster::Responder;
use crate::wire::problem::{Code, Problem};

/// The most writes in one commit: enough to share its cost, few enough that nobody waits long for others.
const MOST_AT_ONCE: usize = 256;

/// Where the hub's time comes from.
pub type Clock = Arc<dyn Fn() -> Time + Send + Sync>;

/// One caller's write on its way.
struct Job {
    /// Does it; says whether it is to stand. May be run again if the commit did not come about.
    run: Box<dyn FnMut(&mut Work<'_>) -> bool + Send>,
    /// Tells the caller what became of the commit.
    done: Box<dyn FnOnce(Result<(), String>) + Send>,
}

/// The hub.
pub struct Hub {
    db: Arc<dyn Db>,
    rules: RwLock<Arc<TeamRules>>,
    clock: Clock,
    /// Nothing where writes are done on the caller's own thread.
    writer: Option<Sender<Job>>,
    news: News,
    /// Everybody who takes leads, as the last commit left it; only where nobody else writes.
    roster: Mutex<Option<Roster>>,
}

/// Who takes leads, and when that was read.
struct Roster {
    people: Vec<Responder>,
    since: Time,
}

/// So long what was read of people is believed: a new day begins for them, too.
const ROSTER_SECONDS: i64 = 30;

/// Who is told that what they see has changed: for each view the number of the log up to which it did.
#[derive(Default)]
struct News(Mutex<HashMap<String, watch::Sender<i64>>>);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing is left half-done by a thread that died with it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl News {
    fn tell(&self, views: &BTreeSet<String>, head: i64) {
        let mut listeners = lock(&self.0);
        for view in views {
            let is_dead = listeners.get(view).is_some_and(|listener| listener.send(head).is_err());
            if is_dead {
                listeners.remove(view);
            }
        }
    }

    fn listen(&self, view: &str) -> watch::Receiver<i64> {
        let mut listeners = lock(&self.0);
        listeners.entry(view.to_owned()).or_insert_with(|| watch::Sender::new(0)).subscribe()
    }
}

impl Hub {
    /// A hub on this database, with a writer of its own.
    ///
    /// # Errors
    /// The database's; the rules in it cannot be read; no thread could be had.
    pub fn start(db: Arc<dyn Db>, clock: Clock) -> Result<Arc<Self>, HubError> {
        let (sender, jobs) = mpsc::channel();
        let hub = Arc::new(Self { writer: Some(sender), ..Self::direct(db, clock)? });
        let writer = Arc::downgrade(&hub);
        let work = move || {
            while let Some(batch) = next_batch(&jobs) {
                let Some(hub) = writer.upgrade() else { return };
                hub.run(batch);
            }
        };
        thread::Builder::new()
            .name("writer".into())
            .spawn(work)
            .map_err(|error| Problem::new(Code::Unavailable, format!("no thread for the writer: {error}")))?;
        Ok(hub)
    }

    /// A hub that does each write on the thread of its caller, at once and in a commit of its own.
    pub fn direct(db: Arc<dyn Db>, clock: Clock) -> Result<Self, HubError> {
        let now = clock().trunc_subsecs(3);
        let rules = within(|job| db.read(&Scope::System, job), |tx| rules::load(tx, now))?;
        Ok(Self { db, rules: RwLock::new(rules), clock, writer: None, news: News::default(), roster: Mutex::default() })
    }

    /// The hub's time, as it is kept: in whole milliseconds. A finer one would be lost in the log, and what was folded
    /// from it would not be what the log says.
    pub fn now(&self) -> Time {
        (self.clock)().trunc_subsecs(3)
    }

    /// The rules in force.
    pub fn rules(&self) -> Arc<TeamRules> {
        Arc::clone(&self.rules.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the rules again: somebody changed them.
    pub async fn renew_rules(&self) -> Result<(), HubError> {
        let now = self.now();
        let rules = self.read(Scope::System, move |tx| rules::load(tx, now)).await?;
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = rules;
        Ok(())
    }

    /// Does a write. When this comes back, it is on the disk.
    ///
    /// # Errors
    /// The write's own, and then nothing of it was done; the database's.
    pub async fn write<T: Send + 'static>(
        &self,
        mut write: impl FnMut(&mut Work<'_>) -> Result<T, HubError> + Send + 'static,
    ) -> Result<T, HubError> {
        let result = Arc::new(Mutex::new(None));
        let (tell, told) = oneshot::channel();
        let slot = Arc::clone(&result);
        let run = Box::new(move |work: &mut Work<'_>| {
            let done = write(work);
            let stands = done.is_ok();
            *lock(&slot) = Some(done);
            stands
        });
        // A caller that went away does not undo what it asked for.
        let done = Box::new(move |committed| drop(tell.send(committed)));
        match &self.writer {
            None => self.run(vec![Job { run, done }]),
            Some(writer) => writer.send(Job { run, done }).map_err(|_| unavailable("the hub is shutting down"))?,
        }
        let committed = told.await.map_err(|_| unavailable("the hub is shutting down"))?;
        let result = lock(&result).take();
        match (result, committed) {
            (Some(Err(error)), _) => Err(error),
            (Some(done), Ok(())) => done,
            (_, Err(why)) => Err(unavailable(&format!("the database did not take it: {why}"))),
            (None, Ok(())) => Err(unavailable("it was not done")),
        }
    }

    /// Reads, as one who sees no more than `scope`.
    pub async fn read<T: Send + 'static>(
        &self,
        scope: Scope,
        read: impl FnMut(&mut dyn Tx) -> Result<T, HubError> + Send + 'static,
    ) -> Result<T, HubError> {
        let db = Arc::clone(&self.db);
        let look = move || within(|job| db.read(&scope, job), read);
        if self.writer.is_none() {
            return look();
        }
        tokio::task::spawn_blocking(look).await.map_err(|_| unavailable("the hub is shutting down"))?
    }

    /// Hears when a view changes.
    pub fn listen(&self, view: &str) -> watch::Receiver<i64> {
        self.news.listen(view)
    }

    /// Tells the listeners of these views that something happened, here or at another hub on the same database.
    pub fn tell(&self, views: &BTreeSet<String>, head: i64) {
        self.news.tell(views, head);
    }

    /// Runs these writes in one transaction, each in a savepoint of its own, and answers them.
    fn run(&self, mut batch: Vec<Job>) {
        let rules = self.rules();
        let mut news = None;
        let kept = lock(&self.roster).take();
        let committed = self.db.write(&mut |tx| {
            let now = self.now();
            let is_alone = tx.dialect() == Dialect::Sqlite;
            let mut work = Work::new(tx, now, &rules);
            let fresh = |kept: &&Roster| is_alone && (now - kept.since).num_seconds().abs() < ROSTER_SECONDS;
            let since = kept.as_ref().filter(fresh).map_or(now, |kept| kept.since);
            work.roster = kept.as_ref().filter(fresh).map(|kept| kept.people.clone());
            for job in &mut batch {
                work = one(work, job)?;
            }
            let changed = std::mem::take(&mut work.changed);
            let roster = work.roster.take().filter(|_| is_alone).map(|people| Roster { people, since });
            news = Some((changed, log::head(work.tx)?.n, roster));
            Ok(())
        });
        let committed = committed.map_err(|error| error.to_string());
        if let (Ok(()), Some((changed, head, roster))) = (&committed, news) {
            self.news.tell(&changed, head);
            *lock(&self.roster) = roster;
        }
        for job in batch {
            (job.done)(committed.clone());
        }
    }
}

/// Does one job: if it fails, nothing of it stands.
fn one<'w>(mut work: Work<'w>, job: &mut Job) -> Result<Work<'w>, DbError> {
    work.tx.command("SAVEPOINT job")?;
    if !(job.run)(&mut work) {
        work.tx.command("ROLLBACK TO SAVEPOINT job")?;
        // What it had counted is not so.
        work.forget_roster();
    }
    work.tx.command("RELEASE SAVEPOINT job")?;
    Ok(work)
}

/// What waits to be written, up to the most at once; nothing when nobody is left to ask.
fn next_batch(jobs: &Receiver<Job>) -> Option<Vec<Job>> {
    let first = jobs.recv().ok()?;
    let mut batch = vec![first];
    batch.extend(jobs.try_iter().take(MOST_AT_ONCE - 1));
    Some(batch)
}

/// Runs a job that has a result of its own in a transaction of the database's.
fn within<T>(
    transaction: impl FnOnce(super::db::Job<'_>) -> Result<(), DbError>,
    mut job: impl FnMut(&mut dyn Tx) -> Result<T, HubError>,
) -> Result<T, HubError> {
    let mut result = None;
    transaction(&mut |tx| {
        result = Some(job(tx));
        Ok(())
    })?;
    result.unwrap_or_else(|| Err(unavailable("it was not read")))
}

fn unavailable(why: &str) -> HubError {
    Problem::new(Code::Unavailable, why).into()
}
