//! The rep's SQLite file. One writer at a time; the gate and every disposition are decided inside its transactions.
//!
//! Several processes may hold the file open: a window of the app, another one, a command line. Each write is one
//! `BEGIN IMMEDIATE` transaction that reads what it decides upon, so none of them gets past what another one did.
//! Reading never waits for a writer (WAL). A [`Store`] belongs to one thread; open another one for another thread.
//!
//! | File | What it does |
//! |---|---|
//! | `open`, `migrations` | folder, file, permissions, version, backup |
//! | `check` | whether the file is whole, and all that is in it can be read |
//! | `rows` | the narrow row of a lead: what a list shows and how it is ordered |
//! | `record` | the whole record, the trail, the events |
//! | `desk` | the gate: who is engaged, who is next |
//! | `act`, `undo`, `wake` | what changes a handoff: a rep, a rep's second thoughts, time |
//! | `receive`, `ready` | what comes from a source |
//! | `take` | what one tells at once |
//! | `load`, `first` | very much of it, and the first of it |
//! | `merge` | what a source that spoke of a part of a lead leaves of the rest |
//! | `list`, `search` | windows of a list, search as you type |
//! | `scan`, `clause` | how both walk, and the filter as SQL |
//! | `word`, `anew` | a hub's word on its leads; reading a hub from the start that forgot something |
//! | `outbox` | dispositions on their way back |
//! | `remote` | what a CRM says of a lead that was acted on here, and what was written there |
//! | `handover` | records in bulk, for an export |
//! | `reconcile` | both sides of an act on which a hub decided otherwise |
//! | `alerts` | what the rep is to decide, as the hub told it |
//! | `calendars` | those that the clocks ran on |
//! | `clock` | by how much the machine's clock is off |
//! | `theirs` | whose leads are whose, where one is signed in to a hub |
//! | `tally` | counts that are kept |
//! | `turn` | who may write when many leads come in |
//! | `error` | what can go wrong, in sentences that say what to do |

mod act;
mod alerts;
mod anew;
mod calendars;
mod check;
mod clause;
mod clock;
mod desk;
mod divergence;
mod error;
mod first;
mod handover;
mod list;
mod load;
mod merge;
mod migrations;
mod open;
mod outbox;
mod ready;
mod receive;
mod reconcile;
mod record;
mod remote;
mod rows;
mod scan;
mod search;
mod take;
mod tally;
mod theirs;
mod turn;
mod twins;
mod undo;
mod wake;
mod word;

#[cfg(test)]
mod tests;

use std::time::Duration;

use chrono::{NaiveDate, SubsecRound, TimeZone};
use chrono_tz::Tz;
use rusqlite::{Connection, InterruptHandle, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::handoff::Time;
use crate::handoff::event::Actor;
use crate::handoff::lead::LeadId;
use crate::handoff::policy::Policy;
use crate::handoff::refusal::Refusal;
use crate::handoff::scoring::Models;
use crate::handoff::summary::Summary;

pub use act::Acted;
pub use alerts::OpenAlert;
pub use check::Unreadable;
pub use error::StoreError;
pub use first::Filling;
pub use handover::{Exported, Pending};
pub use list::{From, Page, PageQuery};
pub use load::{Load, Loaded, Loader};
pub use open::{SENDER, lock_file};
pub use outbox::OutboxItem;
pub use receive::Received;
pub use scan::Key;
pub use take::Batch;
pub use undo::Undone;

use turn::Turn;

/// The file's name within the data folder.
pub const FILE: &str = "leadbox.db";

/// What a person should know when a write waits, see [`Store::when_waiting`].
pub const WAITING: &str = "many leads are being taken in at once; waiting until that is done";

/// So long waits a write that can as well come later.
const SOON: Duration = Duration::from_millis(250);

/// The rep's file, open.
pub struct Store {
    conn: Connection,
    /// Where leads stand is kept aside, see [`Store::pretend`].
    pretends: bool,
    /// The file's version when it was opened, or last looked at for the writes of others.
    version: i64,
    /// Nothing in memory, where nobody else can write.
    turn: Option<Turn>,
}

/// Under what a write is decided: when, by which rules and models, by whom, and in which zone a day begins.
#[derive(Clone, Copy, Debug)]
pub struct Ctx<'a> {
    /// Now. The store keeps whole milliseconds.
    pub now: Time,
    /// By how much that is ahead of what the machine's own clock shows: nothing where nobody knows better.
    pub ahead: chrono::Duration,
    /// The team's rules.
    pub policy: &'a Policy,
    /// By what leads are scored that come without a score.
    pub scoring: &'a Models,
    /// Who acts.
    pub actor: &'a Actor,
    /// The rep's zone, for "today".
    pub zone: Tz,
}

impl Ctx<'_> {
    /// Now, as it is kept: in whole milliseconds.
    fn at(&self) -> Time {
        self.now.trunc_subsecs(3)
    }

    /// The rep's day.
    pub fn today(&self) -> NaiveDate {
        self.now.with_timezone(&self.zone).date_naive()
    }

    /// When the rep's day began. Where the clocks skip midnight it begins with the first moment that exists.
    pub fn midnight(&self) -> Time {
        let mut start = self.today().and_time(chrono::NaiveTime::MIN);
        loop {
            match self.zone.from_local_datetime(&start).earliest() {
                Some(start) => return start.to_utc(),
                None => start += chrono::Duration::minutes(15),
            }
        }
    }
}

impl Store {
    /// A transaction for writing, when it is our turn. Waits as long as somebody else writes many leads in one go, and
    /// a few seconds for anybody else. Who pretends writes beside the file only, and keeps nobody from writing to it.
    fn begin(&mut self) -> Result<Transaction<'_>, StoreError> {
        if self.pretends {
            return Ok(self.conn.transaction_with_behavior(TransactionBehavior::Deferred)?);
        }
        let _queue = self.turn.as_ref().map(Turn::wait);
        Ok(self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?)
    }

    /// A transaction for writing what can as well be written later; nothing if somebody else is writing.
    fn begin_if_free(&mut self) -> Result<Option<Transaction<'_>>, StoreError> {
        if self.pretends {
            return self.begin().map(Some);
        }
        let queue = self.turn.as_ref().map(Turn::try_wait);
        if matches!(queue, Some(None)) {
            return Ok(None);
        }
        self.conn.busy_timeout(SOON)?;
        let begun = Transaction::new_unchecked(&self.conn, TransactionBehavior::Immediate);
        self.conn.busy_timeout(open::BUSY)?;
        match begun.map_err(StoreError::from) {
            Err(StoreError::Busy) => Ok(None),
            begun => begun.map(Some),
        }
    }

    /// What to do when a write has to wait for an import that takes all leads or none: the person should know. It is
    /// called once for each such write, before it waits.
    pub fn when_waiting(&mut self, tell: impl Fn() + Send + Sync + 'static) {
        if let Some(turn) = &mut self.turn {
            turn.tell = Box::new(tell);
        }
    }

    /// A transaction for reading several things as they stand at one moment.
    fn look(&self) -> Result<Transaction<'_>, StoreError> {
        Ok(self.conn.unchecked_transaction()?)
    }

    /// What a list shows of this lead; nothing if there is none.
    pub fn summary(&self, id: LeadId) -> Result<Option<Summary>, StoreError> {
        rows::summary(&self.conn, id)
    }

    /// The lead that a person named: `L-12`, its id in its source, `source:id`, or, where no source has it as an id,
    /// the bare number `12`.
    ///
    /// # Errors
    /// [`StoreError::Ambiguous`] if several leads go by that name.
    pub fn find(&self, text: &str) -> Result<Option<LeadId>, StoreError> {
        let text = text.trim();
        let number = text.parse::<LeadId>().ok();
        let numbered = match number {
            Some(id) if rows::summary(&self.conn, id)?.is_some() => Some(id),
            _ => None,
        };
        if numbered.is_some() && text.starts_with(['L', 'l']) {
            return Ok(numbered);
        }
        let mut found = Vec::from_iter(numbered);
        let mut named = |sql: &str, key: &[&str]| -> Result<(), StoreError> {
            let mut statement = self.conn.prepare_cached(sql)?;
            let ids = statement.query_map(rusqlite::params_from_iter(key), |row| row.get(0).map(LeadId))?;
            found.extend(ids.collect::<Result<Vec<_>, _>>()?);
            Ok(())
        };
        named("SELECT id FROM lead WHERE external_id = ?1 ORDER BY id LIMIT 9", &[text])?;
        // Sources and ids may have colons themselves.
        for (colon, _) in text.match_indices(':') {
            let key = [&text[colon + 1..], &text[..colon]];
            named("SELECT id FROM lead WHERE external_id = ?1 AND source = ?2", &key)?;
        }
        found.sort_unstable();
        found.dedup();
        if found.len() < 2 {
            return Ok(found.pop());
        }
        let summaries = rows::summaries(&self.conn, &found)?;
        let candidates =
            summaries.iter().map(|lead| format!("{} ({}:{}, {})", lead.id, lead.source, lead.external_id, lead.name));
        Err(StoreError::Ambiguous { name: text.to_owned(), candidates: candidates.collect::<Vec<_>>().join(", ") })
    }

    /// Whether another process, or another connection, wrote to the file since this was asked last, or since it was
    /// opened.
    pub fn written_outside(&mut self) -> Result<bool, StoreError> {
        let before = std::mem::replace(&mut self.version, version(&self.conn)?);
        Ok(self.version != before)
    }

    /// From any thread: stops what this store is reading, which then fails with [`StoreError::Interrupted`].
    pub fn interrupt_handle(&self) -> InterruptHandle {
        self.conn.get_interrupt_handle()
    }

    /// Makes a source known, and whether it takes dispositions back. Where it does not, what is done with its leads
    /// stays here until it is exported.
    pub fn register_source(&mut self, name: &str, takes_writes: bool) -> Result<(), StoreError> {
        let tx = self.begin()?;
        tx.execute(
            "INSERT INTO source (name, takes_writes) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET takes_writes = excluded.takes_writes
             WHERE takes_writes <> excluded.takes_writes",
            params![name, takes_writes],
        )?;
        Ok(tx.commit()?)
    }

    /// What this source wants to hear at the next pull, in its own form.
    pub fn cursor(&self, source: &str) -> Result<Option<String>, StoreError> {
        let mut statement = self.conn.prepare_cached("SELECT cursor FROM source WHERE name = ?1")?;
        Ok(statement.query_row([source], |row| row.get(0)).optional()?.flatten())
    }
}

/// A number that changes when another connection writes to the file.
fn version(conn: &Connection) -> Result<i64, StoreError> {
    Ok(conn.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?)
}

/// Milliseconds since 1970, rounded down.
fn ms(at: Time) -> i64 {
    at.timestamp_millis()
}

/// A limit as SQL wants it.
fn at_most(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// The instant that a column holds.
fn time(ms: i64) -> Time {
    Time::from_timestamp_millis(ms).unwrap_or_default()
}

/// Why a transaction is given up: the rules refuse it, or it failed.
enum Stop {
    Refused(Refusal),
    Failed(StoreError),
}

impl<E: Into<StoreError>> std::convert::From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// The rules' answer on the inside, the file's on the outside.
fn settle<T>(result: Result<T, Stop>) -> Result<Result<T, Refusal>, StoreError> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(Stop::Refused(refusal)) => Ok(Err(refusal)),
        Err(Stop::Failed(error)) => Err(error),
    }
}
