//! The hub itself: one writer that runs everybody's writes in their order, many of them in one commit; readers beside
//! it; and the news of what changed. Nobody is answered before the commit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, Weak};
use std::thread;
use std::time::{Duration, Instant};

use chrono::SubsecRound;
use tokio::sync::{oneshot, watch};

use super::bridge::Crms;
use super::channels::Channels;
use super::db::{Db, DbError, Heard, Scope, Tx};
use super::error::HubError;
use super::news::{News, RULES, Word};
use super::pulse::Pulse;
use super::queue::{Job, Queue, Turned};
use super::roster::Kept;
use super::rules::{self, TeamRules};
use super::work::Work;
use crate::handoff::Time;
use crate::wire::problem::{Code, Problem};

/// The most writes in one commit: enough to share its cost, few enough that nobody waits long for others.
const MOST_AT_ONCE: usize = 256;

/// A commit takes no more writes in after so long.
const LONGEST_COMMIT: Duration = Duration::from_millis(50);

/// Where the hub's time comes from.
pub type Clock = Arc<dyn Fn() -> Time + Send + Sync>;

/// The hub.
pub struct Hub {
    db: Arc<dyn Db>,
    rules: RwLock<Arc<TeamRules>>,
    clock: Clock,
    /// Nothing where writes are done on the caller's own thread.
    writer: Option<Arc<Queue>>,
    news: News,
    /// Everybody who takes leads, as the last commit left it.
    roster: Mutex<Option<Kept>>,
    pulse: Arc<Pulse>,
    anchors: OnceLock<PathBuf>,
    channels: OnceLock<Arc<Channels>>,
    /// Leads are looked up at providers.
    looks_up: AtomicBool,
    bridges: OnceLock<Arc<Crms>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing is left half-done by a thread that died with it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hub {
    /// A hub on this database, with a writer of its own, that hears what other hubs on it tell.
    ///
    /// # Errors
    /// The database's; the rules in it cannot be read; no thread could be had.
    pub fn start(db: Arc<dyn Db>, clock: Clock) -> Result<Arc<Self>, HubError> {
        // Before the rules are read, so that no change of them is missed in between.
        let heard = db.listen()?;
        let jobs = Arc::new(Queue::default());
        let mut hub = Self::direct(db, clock)?;
        hub.writer = Some(Arc::clone(&jobs));
        let hub = Arc::new(hub);
        let writer = Arc::downgrade(&hub);
        let work = move || {
            while let Some(batch) = jobs.take(MOST_AT_ONCE) {
                let Some(hub) = writer.upgrade() else { return };
                // Whatever happens in one commit, the next one has a writer.
                match catch_unwind(AssertUnwindSafe(|| hub.run(batch))) {
                    Ok(rest) => jobs.put_back(rest),
                    Err(_) => tracing::error!("a mistake of the hub's own ended a commit; nothing of it was saved"),
                }
            }
        };
        let listener = Arc::downgrade(&hub);
        spawn("writer", work)?;
        spawn("listener", move || attend(&listener, &heard))?;
        Ok(hub)
    }

    /// A hub that does each write on the thread of its caller, at once and in a commit of its own.
    pub fn direct(db: Arc<dyn Db>, clock: Clock) -> Result<Self, HubError> {
        let now = clock().trunc_subsecs(3);
        let rules = within(|job| db.read(&Scope::System, job), |tx| rules::load(tx, now))?;
        Ok(Self {
            db,
            rules: RwLock::new(rules),
            clock,
            writer: None,
            news: News::default(),
            roster: Mutex::default(),
            pulse: Arc::default(),
            anchors: OnceLock::new(),
            channels: OnceLock::new(),
            looks_up: AtomicBool::new(false),
            bridges: OnceLock::new(),
        })
    }

    /// Where the heads of the log are written down, beside the database. Said once.
    pub fn keep_anchors(&self, file: PathBuf) {
        let _ = self.anchors.set(file);
    }

    /// From now on, what a lead lacks is looked up: there are providers, see [`super::enrich`].
    pub fn look_up(&self) {
        self.looks_up.store(true, Ordering::Relaxed);
    }

    /// From now on these CRMs are told what is done with their leads, see [`super::bridge`]. Said once.
    pub fn bridge_to(&self, crms: Crms) {
        let _ = self.bridges.set(Arc::new(crms));
    }

    /// The CRMs behind this hub.
    pub fn bridges(&self) -> Arc<Crms> {
        self.bridges.get().map(Arc::clone).unwrap_or_default()
    }

    /// The file with the heads of the log.
    pub fn anchors(&self) -> Option<&Path> {
        self.anchors.get().map(PathBuf::as_path)
    }

    /// The ways by which it tells people. Said once; until then there are none.
    pub fn tell_by(&self, channels: Channels) {
        let _ = self.channels.set(Arc::new(channels));
    }

    /// The ways by which it tells people.
    pub fn channels(&self) -> Arc<Channels> {
        self.channels.get().map(Arc::clone).unwrap_or_default()
    }

    /// What the hub counts of itself.
    pub fn pulse(&self) -> &Arc<Pulse> {
        &self.pulse
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

    /// Reads the rules again: somebody changed them, here or at another hub.
    fn renew_rules(&self) {
        let now = self.now();
        match within(|job| self.db.read(&Scope::System, job), |tx| rules::load(tx, now)) {
            Ok(rules) => *self.rules.write().unwrap_or_else(PoisonError::into_inner) = rules,
            Err(error) => tracing::error!(%error, "the new rules cannot be read; the former ones stay in force"),
        }
    }

    /// Does a write. When this comes back, it is on the disk.
    ///
    /// # Errors
    /// The write's own, and then nothing of it was done; the database's.
    pub async fn write<T: Send + 'static>(
        &self,
        write: impl FnMut(&mut Work<'_>) -> Result<T, HubError> + Send + 'static,
    ) -> Result<T, HubError> {
        self.put(write, false).await
    }

    /// The same behind the writes of all others, and only while somebody waits for its end: for what comes again by its
    /// key if nobody answered.
    ///
    /// # Errors
    /// As [`Hub::write`]; too many wait already.
    pub async fn write_behind<T: Send + 'static>(
        &self,
        write: impl FnMut(&mut Work<'_>) -> Result<T, HubError> + Send + 'static,
    ) -> Result<T, HubError> {
        self.put(write, true).await
    }

    async fn put<T: Send + 'static>(
        &self,
        mut write: impl FnMut(&mut Work<'_>) -> Result<T, HubError> + Send + 'static,
        is_behind: bool,
    ) -> Result<T, HubError> {
        let result = Arc::new(Mutex::new(None));
        let (tell, told) = oneshot::channel();
        let slot = Arc::clone(&result);
        let run = Box::new(move |work: &mut Work<'_>| {
            let done = write(work).and_then(|done| Ok(work.settle().map(|()| done)?));
            let stands = done.is_ok();
            *lock(&slot) = Some(done);
            stands
        });
        let job = Job { run, tell, is_behind };
        match &self.writer {
            None => drop(self.run(vec![job])),
            Some(writer) => writer.put(job).map_err(|turned| {
                unavailable(match turned {
                    Turned::Full => "the hub has more to write than it can: nothing was done, come again later",
                    Turned::Closed => "the hub is shutting down",
                })
            })?,
        }
        let committed = told.await.map_err(|_| unavailable("the hub is shutting down"))?;
        let result = lock(&result).take();
        match (result, committed) {
            (Some(Err(error)), _) => Err(error),
            (Some(done), Ok(())) => done,
            (_, Err(problem)) => Err(problem.into()),
            (None, Ok(())) => Err(mistake()),
        }
    }

    /// Reads, as one who sees no more than `scope`.
    pub async fn read<T: Send + 'static>(
        &self,
        scope: Scope,
        read: impl FnMut(&mut dyn Tx) -> Result<T, HubError> + Send + 'static,
    ) -> Result<T, HubError> {
        let db = Arc::clone(&self.db);
        self.aside(move || within(|job| db.read(&scope, job), read)).await
    }

    /// Does what takes long where it keeps nobody waiting.
    ///
    /// # Errors
    /// Its own.
    pub async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HubError> + Send + 'static,
    ) -> Result<T, HubError> {
        if self.writer.is_none() {
            return work();
        }
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| if error.is_panic() { mistake() } else { unavailable("the hub is shutting down") })?
    }

    /// Hears when a view changes.
    pub fn listen(&self, view: &str) -> watch::Receiver<i64> {
        self.news.listen(view)
    }

    /// Runs these writes in one transaction, each in a savepoint of its own, and answers them. Gives back those for which
    /// the time did not suffice.
    fn run(&self, mut batch: Vec<Job>) -> Vec<Job> {
        let (rules, mut begun) = (self.rules(), Instant::now());
        let (mut word, mut ran) = (None, 0);
        let mut kept = lock(&self.roster).take();
        let committed = self.db.write(&mut |tx| {
            let now = self.now();
            let mut work = Work::new(tx, now, &rules);
            work.channels = self.channels();
            work.looks_up = self.looks_up.load(Ordering::Relaxed);
            work.bridges = self.bridges();
            work.recall(kept.take())?;
            (ran, begun) = (0, Instant::now());
            for job in &mut batch {
                if ran > 0 && begun.elapsed() > LONGEST_COMMIT {
                    break;
                }
                ran += 1;
                if job.is_wanted() {
                    work = one(work, job)?;
                }
            }
            let views = std::mem::take(&mut work.changed);
            let said = Word { head: work.end_log()?.n, views };
            if !said.views.is_empty() {
                work.tx.announce(&said.written())?;
            }
            word = Some((said, work.keep()?));
            Ok(())
        });
        // Of a commit that did not come about all are told.
        let rest = if committed.is_ok() { batch.split_off(ran) } else { Vec::new() };
        self.pulse.committed(batch.len(), begun.elapsed());
        let committed = committed.map_err(|error| {
            tracing::error!(%error, "nothing was committed");
            uncommitted(&error)
        });
        if let (Ok(()), Some((word, roster))) = (&committed, word) {
            self.hear(&word);
            *lock(&self.roster) = roster;
        }
        for job in batch {
            // A caller that went away does not undo what it asked for.
            let _ = job.tell.send(committed.clone());
        }
        rest
    }

    /// Takes note of what changed, here or at another hub on the same database.
    fn hear(&self, word: &Word) {
        if word.views.contains(RULES) {
            self.renew_rules();
        }
        self.news.tell(word);
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        if let Some(writer) = &self.writer {
            writer.close();
        }
    }
}

/// Hears the other hubs for as long as this one runs.
fn attend(hub: &Weak<Hub>, heard: &Receiver<Heard>) {
    for heard in heard {
        let Some(hub) = hub.upgrade() else { return };
        hub.hear(&match heard {
            Heard::Said(text) => Word::read(&text),
            Heard::Away => Word::anything(),
        });
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), HubError> {
    let spawned = thread::Builder::new().name(name.into()).spawn(work);
    spawned.map_err(|error| unavailable(&format!("no thread for the {name}: {error}")))?;
    Ok(())
}

/// Does one job: if it fails, nothing of it stands.
fn one<'w>(mut work: Work<'w>, job: &mut Job) -> Result<Work<'w>, DbError> {
    let start = work.savepoint("job")?;
    let before = std::mem::take(&mut work.changed);
    // A mistake in one caller's job is not the others' affair.
    let stands = catch_unwind(AssertUnwindSafe(|| (job.run)(&mut work))).unwrap_or(false);
    let changed = std::mem::replace(&mut work.changed, before);
    if stands {
        work.changed.extend(changed);
    } else {
        work.take_back(&start)?;
    }
    work.release(&start)?;
    Ok(work)
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
    result.unwrap_or_else(|| Err(mistake()))
}

/// What callers are told of a commit that did not come about: the database's own words are for the hub's log.
fn uncommitted(error: &DbError) -> Problem {
    let what = match error {
        DbError::Unknown(_) => {
            "the hub lost its database while it saved: whether it did is not known; send the same again with the same id"
        }
        DbError::Full => "the hub's disk is full: nothing was saved",
        _ => "the hub's database did not take it: nothing was saved; try again",
    };
    Problem::new(Code::Unavailable, what)
}

fn mistake() -> HubError {
    Problem::new(Code::Internal, "nothing was done; the hub's log says more").into()
}

fn unavailable(why: &str) -> HubError {
    Problem::new(Code::Unavailable, why).into()
}
