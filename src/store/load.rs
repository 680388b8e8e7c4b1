//! Receiving very many leads: the caller reads and prepares them while a thread of its own writes them.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::ready::Ready;
use super::receive::{Received, put, put_new};
use super::tally::Shift;
use super::{Ctx, Store, StoreError};
use crate::handoff::arrival::Arrival;

/// So many leads go in with one transaction, so that other windows can write in between.
const BATCH: usize = 2000;
/// So many leads are handed to the writer at once, and so many handfuls may wait for it.
const HANDFUL: usize = 256;
const WAITING: usize = 4;
/// Pages kept in memory during a load, in KiB (negative, as SQLite has it): so that they are written once.
const LOAD_CACHE: i64 = -65_536;
/// What the full text gathers in memory in a first load, and usually (FTS5's own default).
const HASH_BYTES: i64 = 16 << 20;
const USUAL_HASH_BYTES: i64 = 1 << 20;

/// What is kept when a load breaks off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// What was received up to there.
    Batches,
    /// Nothing.
    Whole,
}

/// What became of the leads of a load.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// They are new.
    pub added: usize,
    /// They were known, and something about them is new.
    pub updated: usize,
    /// They were known like this.
    pub unchanged: usize,
}

enum Word {
    Write(Vec<Ready>),
    /// There are no more, and all is well.
    Done,
}

/// Takes leads in, see [`Store::load`].
pub struct Loader<'a> {
    ctx: &'a Ctx<'a>,
    handful: Vec<Ready>,
    writer: SyncSender<Word>,
}

impl Loader<'_> {
    /// Receives a lead. It is written soon, not yet when this returns.
    pub fn push(&mut self, arrival: &Arrival) -> Result<(), StoreError> {
        self.handful.push(Ready::new(arrival, self.ctx)?);
        if self.handful.len() == HANDFUL {
            let handful = std::mem::replace(&mut self.handful, Vec::with_capacity(HANDFUL));
            return self.tell(Word::Write(handful));
        }
        Ok(())
    }

    fn tell(&self, word: Word) -> Result<(), StoreError> {
        // The writer went away: `load` says why.
        self.writer.send(word).map_err(|_| StoreError::Interrupted)
    }
}

impl Store {
    /// Receives as many leads as `fill` pushes, quickly. If `fill` fails or the writing does, so does this; `how` says
    /// what is kept then.
    pub fn load<T, E: From<StoreError>>(
        &mut self,
        how: Load,
        ctx: &Ctx<'_>,
        fill: impl FnOnce(&mut Loader<'_>) -> Result<T, E>,
    ) -> Result<(T, Loaded), E> {
        let (sender, receiver) = sync_channel(WAITING);
        let conn = &mut self.conn;
        std::thread::scope(|scope| {
            let writer = scope.spawn(move || write(conn, how, ctx, &receiver));
            let mut loader = Loader { ctx, handful: Vec::with_capacity(HANDFUL), writer: sender };
            let filled = fill(&mut loader).and_then(|filled| {
                let rest = std::mem::take(&mut loader.handful);
                loader.tell(Word::Write(rest)).and_then(|()| loader.tell(Word::Done))?;
                Ok(filled)
            });
            drop(loader);
            match writer.join() {
                Ok(written) => {
                    let written = written?;
                    Ok((filled?, written))
                }
                Err(panic) => std::panic::resume_unwind(panic),
            }
        })
    }
}

/// Writes what comes until there is no more.
fn write(conn: &mut Connection, how: Load, ctx: &Ctx<'_>, receiver: &Receiver<Word>) -> Result<Loaded, StoreError> {
    conn.pragma_update(None, "cache_size", LOAD_CACHE)?;
    let loaded = write_all(conn, how, ctx, receiver);
    conn.pragma_update(None, "cache_size", super::open::CACHE)?;
    loaded
}

fn write_all(conn: &mut Connection, how: Load, ctx: &Ctx<'_>, receiver: &Receiver<Word>) -> Result<Loaded, StoreError> {
    let mut tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let is_first = !tx.prepare("SELECT 1 FROM lead LIMIT 1")?.exists([])?;
    let indices = if is_first { put_aside_indices(&tx)? } else { Vec::new() };
    if is_first {
        gather_words(&tx, HASH_BYTES)?;
    }
    let (put, is_whole): (fn(&Connection, &Ready, &Ctx<'_>, &mut Shift) -> _, _) =
        if is_first { (put_new, true) } else { (put, how == Load::Whole) };
    let (mut shift, mut size, mut loaded, mut is_done) = (Shift::default(), 0, Loaded::default(), false);
    for word in receiver {
        let handful = match word {
            Word::Write(handful) => handful,
            Word::Done => {
                is_done = true;
                break;
            }
        };
        for ready in &handful {
            match put(&tx, ready, ctx, &mut shift)? {
                Received::Added(_) => loaded.added += 1,
                Received::Updated(_) => loaded.updated += 1,
                Received::Unchanged(_) => loaded.unchanged += 1,
            }
        }
        size += handful.len();
        if size >= BATCH && !is_whole {
            std::mem::take(&mut shift).save(&tx)?;
            tx.commit()?;
            size = 0;
            tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        }
    }
    if !is_done && how == Load::Whole {
        return Ok(Loaded::default());
    }
    shift.save(&tx)?;
    indices.iter().try_for_each(|index| tx.execute_batch(index))?;
    if is_first {
        gather_words(&tx, USUAL_HASH_BYTES)?;
    }
    tx.commit()?;
    Ok(loaded)
}

/// How much the full text gathers in memory before it writes: much in a first load, so that there is less to merge.
fn gather_words(tx: &Transaction<'_>, bytes: i64) -> Result<(), StoreError> {
    tx.execute("INSERT INTO lead_words (lead_words, rank) VALUES ('hashsize', ?1)", [bytes])?;
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
