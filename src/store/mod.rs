//! The rep's SQLite file. One writer at a time; the gate and every disposition are decided inside its transactions.
//!
//! Several processes may hold the file open: a window of the app, another one, a command line. Each write is one
//! `BEGIN IMMEDIATE` transaction that reads what it decides upon, so none of them gets past what another one did.
//! Reading never waits for a writer (WAL). A [`Store`] belongs to one thread; open another one for another thread.
//!
//! | File | What it does |
//! |---|---|
//! | `open` | folder, file, permissions, version, backup |
//! | `rows` | the narrow row of a lead: what a list shows and how it is ordered |
//! | `record` | the whole record, the trail, the events |
//! | `desk` | the gate: who is engaged, who is next |
//! | `act`, `undo`, `wake` | what changes a handoff: a rep, a rep's second thoughts, time |
//! | `receive`, `ready`, `load` | what comes from a source, a little or very much of it |
//! | `list`, `search` | windows of a list, search as you type |
//! | `scan`, `clause` | how both walk, and the filter as SQL |
//! | `outbox` | dispositions on their way back |
//! | `tally` | counts that are kept |

mod act;
mod clause;
mod desk;
mod error;
mod handover;
mod list;
mod load;
mod migrations;
mod open;
mod outbox;
mod ready;
mod receive;
mod record;
mod rows;
mod scan;
mod search;
mod tally;
mod undo;
mod wake;

#[cfg(test)]
mod tests;

use chrono::{NaiveDate, SubsecRound, TimeZone};
use chrono_tz::Tz;
use rusqlite::{Connection, InterruptHandle, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::handoff::Time;
use crate::handoff::event::Actor;
use crate::handoff::lead::LeadId;
use crate::handoff::policy::Policy;
use crate::handoff::refusal::Refusal;
use crate::handoff::summary::Summary;

pub use act::Acted;
pub use error::StoreError;
pub use handover::Exported;
pub use list::{From, Page, PageQuery};
pub use load::{Load, Loaded, Loader};
pub use open::lock_file;
pub use outbox::{OutboxItem, OutboxState};
pub use receive::Received;
pub use scan::Key;
pub use undo::Undone;

/// The file's name within the data folder.
pub const FILE: &str = "leadbox.db";

/// The rep's file, open.
pub struct Store {
    conn: Connection,
}

/// Under what a write is decided: when, by which rules, by whom, and in which zone a day begins.
#[derive(Clone, Copy, Debug)]
pub struct Ctx<'a> {
    /// Now. The store keeps whole milliseconds.
    pub now: Time,
    /// The team's rules.
    pub policy: &'a Policy,
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
    fn begin(&mut self) -> Result<Transaction<'_>, StoreError> {
        Ok(self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?)
    }

    /// A transaction for reading several things as they stand at one moment.
    fn look(&self) -> Result<Transaction<'_>, StoreError> {
        Ok(self.conn.unchecked_transaction()?)
    }

    /// What a list shows of this lead; nothing if there is none.
    pub fn summary(&self, id: LeadId) -> Result<Option<Summary>, StoreError> {
        rows::summary(&self.conn, id)
    }

    /// The lead that a person named: `L-12`, `12`, its id in its source, or `source:id`.
    pub fn find(&self, text: &str) -> Result<Option<LeadId>, StoreError> {
        let text = text.trim();
        if let Ok(id) = text.parse::<LeadId>() {
            let mut statement = self.conn.prepare_cached("SELECT 1 FROM lead WHERE id = ?1")?;
            if statement.exists([id.0])? {
                return Ok(Some(id));
            }
        }
        let mut by_id = self.conn.prepare_cached("SELECT id FROM lead WHERE external_id = ?1 ORDER BY id LIMIT 1")?;
        if let Some(id) = by_id.query_row([text], |row| row.get(0)).optional()? {
            return Ok(Some(LeadId(id)));
        }
        let Some((source, external_id)) = text.split_once(':') else { return Ok(None) };
        let mut by_key = self.conn.prepare_cached("SELECT id FROM lead WHERE external_id = ?1 AND source = ?2")?;
        Ok(by_key.query_row([external_id, source], |row| row.get(0)).optional()?.map(LeadId))
    }

    /// A number that changes when another process, or another connection, wrote to the file.
    pub fn data_version(&self) -> Result<i64, StoreError> {
        Ok(self.conn.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?)
    }

    /// From any thread: stops what this store is reading, which then fails with [`StoreError::Interrupted`].
    pub fn interrupt_handle(&self) -> InterruptHandle {
        self.conn.get_interrupt_handle()
    }

    /// Makes a source known, and whether it takes dispositions back. Where it does not, what is done with its leads
    /// stays here until it is exported.
    pub fn register_source(&mut self, name: &str, takes_writes: bool) -> Result<(), StoreError> {
        self.conn.execute(
            "INSERT INTO source (name, takes_writes) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET takes_writes = excluded.takes_writes
             WHERE takes_writes <> excluded.takes_writes",
            params![name, takes_writes],
        )?;
        Ok(())
    }

    /// What this source wants to hear at the next pull, in its own form.
    pub fn cursor(&self, source: &str) -> Result<Option<String>, StoreError> {
        let mut statement = self.conn.prepare_cached("SELECT cursor FROM source WHERE name = ?1")?;
        Ok(statement.query_row([source], |row| row.get(0)).optional()?.flatten())
    }

    /// Remembers it, after everything up to it was received.
    pub fn set_cursor(&mut self, source: &str, cursor: &str) -> Result<(), StoreError> {
        self.conn.execute(
            "INSERT INTO source (name, takes_writes, cursor) VALUES (?1, 0, ?2)
             ON CONFLICT (name) DO UPDATE SET cursor = excluded.cursor",
            [source, cursor],
        )?;
        Ok(())
    }
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
