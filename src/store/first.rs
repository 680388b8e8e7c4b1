//! The first leads of a file, which are many: one transaction, indices made at the end, and no WAL, into which all would be
//! written once more.

use std::time::{Duration, Instant};

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::take::{self, Batch};
use super::tally::Shift;
use super::turn::{Held, Turn};
use super::{Ctx, Store, StoreError, open};

/// Pages kept in memory during a load, in KiB (negative, as SQLite has it): those that are written again and again
/// have room in it.
pub(super) const LOAD_CACHE: i64 = -24_000;
/// What the full text gathers in memory in a load, and usually (FTS5's own default).
pub(super) const HASH_BYTES: i64 = 8 << 20;
pub(super) const USUAL_HASH_BYTES: i64 = 1 << 20;
/// For so long others may be kept out of a file that is filled for the first time: over a slow line the rest comes little
/// by little.
const PATIENCE: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 15 });

/// A file that nobody else has open, set to be loaded for the first time.
pub(super) struct Sole<'a> {
    conn: &'a Connection,
    /// Whoever opens the file meanwhile waits for this.
    _alone: Option<Held<'a>>,
}

impl<'a> Sole<'a> {
    /// Nothing if there are leads already, or if somebody else has the file open.
    pub(super) fn begin(conn: &'a Connection, turn: Option<&'a Turn>) -> Result<Option<Self>, StoreError> {
        if !is_empty(conn)? {
            return Ok(None);
        }
        let alone = turn.map(Turn::alone);
        conn.busy_timeout(Duration::ZERO)?;
        let mode = conn.pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get::<_, String>(0));
        conn.busy_timeout(open::BUSY)?;
        match mode.map_err(StoreError::from) {
            Ok(mode) if mode == "wal" => Ok(None),
            Err(StoreError::Busy) => Ok(None),
            Err(error) => Err(error),
            Ok(_) => {
                let sole = Self { conn, _alone: alone };
                // A commit is the journal's removal here, which has to last as well.
                conn.pragma_update(None, "synchronous", "EXTRA")?;
                conn.pragma_update(None, "cache_size", LOAD_CACHE)?;
                Ok(Some(sole))
            }
        }
    }
}

impl Drop for Sole<'_> {
    /// Back to the WAL. Where that cannot be done now the file is no less safe, and who opens it next does it.
    fn drop(&mut self) {
        let _ = self.conn.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
        let _ = self.conn.pragma_update(None, "cache_size", open::CACHE);
    }
}

/// A transaction that takes very many leads in. What is not [ended](Self::end) leaves nothing behind.
pub(super) struct Bulk<'a> {
    pub(super) tx: Transaction<'a>,
    pub(super) shift: Shift,
    /// There were no leads before.
    pub(super) is_first: bool,
    /// What makes the indices again that were dropped meanwhile.
    indices: Vec<String>,
}

impl<'a> Bulk<'a> {
    /// It keeps everybody out: without a WAL no reader may come in between, the file is written to before the end.
    pub(super) fn begin(conn: &'a Connection) -> Result<Self, StoreError> {
        let tx = Transaction::new_unchecked(conn, TransactionBehavior::Exclusive)?;
        let is_first = is_empty(&tx)?;
        let indices = if is_first { put_aside_indices(&tx)? } else { Vec::new() };
        gather_words(&tx, HASH_BYTES)?;
        Ok(Self { tx, shift: Shift::default(), is_first, indices })
    }

    pub(super) fn end(self) -> Result<(), StoreError> {
        self.shift.save(&self.tx)?;
        gather_words(&self.tx, USUAL_HASH_BYTES)?;
        self.indices.iter().try_for_each(|index| self.tx.execute_batch(index))?;
        Ok(self.tx.commit()?)
    }
}

/// An empty file that a source fills, batch by batch. Nothing is kept before the [end](Self::end).
pub struct Filling<'a> {
    // Dropped in this order: what is not ended is taken back first.
    bulk: Bulk<'a>,
    _sole: Sole<'a>,
    begun: Instant,
}

impl Store {
    /// Begins to fill a file without leads that nobody else has open; nothing if it is none.
    pub fn fill(&mut self) -> Result<Option<Filling<'_>>, StoreError> {
        if self.pretends {
            return Ok(None);
        }
        let Some(sole) = Sole::begin(&self.conn, self.turn.as_ref())? else { return Ok(None) };
        Ok(Some(Filling { bulk: Bulk::begin(&self.conn)?, _sole: sole, begun: Instant::now() }))
    }
}

impl Filling<'_> {
    /// Takes in what this source tells.
    pub fn take_in(&mut self, source: &str, batch: Batch, ctx: &Ctx<'_>) -> Result<(), StoreError> {
        take::put(&self.bulk.tx, source, batch, ctx, &mut self.bulk.shift).map(drop)
    }

    /// For how long others may still be kept out.
    pub fn left(&self) -> Duration {
        PATIENCE.saturating_sub(self.begun.elapsed())
    }

    /// Keeps what was taken in.
    pub fn end(self) -> Result<(), StoreError> {
        self.bulk.end()
    }
}

pub(super) fn is_empty(conn: &Connection) -> Result<bool, StoreError> {
    Ok(!conn.prepare_cached("SELECT 1 FROM lead LIMIT 1")?.exists([])?)
}

/// How much the full text gathers in memory before it writes: much in a load, so that there is less to merge.
pub(super) fn gather_words(tx: &Transaction<'_>, bytes: i64) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT INTO lead_words (lead_words, rank) VALUES ('hashsize', ?1)")?.execute([bytes])?;
    Ok(())
}

/// Drops the indices that a first load does not need, and returns how to make them again. It is much quicker to
/// make them in one go at the end.
fn put_aside_indices(tx: &Transaction<'_>) -> Result<Vec<String>, StoreError> {
    let mut statement = tx.prepare(
        "SELECT name, sql FROM sqlite_schema
         WHERE type = 'index' AND tbl_name = 'lead' AND name <> 'lead_key' AND sql IS NOT NULL",
    )?;
    let found = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let found: Vec<(String, String)> = found.collect::<Result<_, _>>()?;
    for (name, _) in &found {
        tx.execute_batch(&format!("DROP INDEX {name}"))?;
    }
    Ok(found.into_iter().map(|(_, sql)| sql).collect())
}
