//! Receiving very many leads: the caller reads and prepares them while a thread of its own writes them.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::time::{Duration, Instant};

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::first::{Bulk, HASH_BYTES, LOAD_CACHE, Sole, USUAL_HASH_BYTES, gather_words, is_empty};
use super::ready::Ready;
use super::receive::{Received, put, put_new};
use super::tally::Shift;
use super::turn::Turn;
use super::{Ctx, Store, StoreError};
use crate::handoff::arrival::Arrival;
use crate::handoff::scoring::rescore;

/// So long a transaction takes leads in; then other windows can write.
const BATCH: Duration = Duration::from_millis(if cfg!(test) { 20 } else { 1000 });
/// So many leads are handed to the writer at once, and so many handfuls may wait for it.
const HANDFUL: usize = 256;
const WAITING: usize = 4;
/// How a lead is taken in: one that is probably new, or any.
type Put = fn(&Connection, &Ready, &Ctx<'_>, &mut Shift) -> Result<Received, StoreError>;

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
    /// What was written and can be dropped.
    back: Receiver<Vec<Ready>>,
}

impl Loader<'_> {
    /// Receives a lead. It is written soon, not yet when this returns.
    pub fn push(&mut self, arrival: &Arrival) -> Result<(), StoreError> {
        self.hand_on(Ready::new(arrival, self.ctx)?)
    }

    /// The same, where the arrival itself may be given the model's score, which is quicker.
    pub fn push_mut(&mut self, arrival: &mut Arrival) -> Result<(), StoreError> {
        rescore(&mut arrival.lead, &arrival.trail, self.ctx.scoring, self.ctx.at());
        self.hand_on(Ready::of_scored(arrival, self.ctx)?)
    }

    /// Receives a lead that is a copy of what Leadbox knew, as an export is: if it is known, it is left as it is.
    pub fn push_copy(&mut self, arrival: &Arrival) -> Result<(), StoreError> {
        self.hand_on(Ready { is_copy: true, ..Ready::new(arrival, self.ctx)? })
    }

    fn hand_on(&mut self, ready: Ready) -> Result<(), StoreError> {
        self.handful.push(ready);
        if self.handful.len() == HANDFUL {
            let mut spent = self.back.try_recv().unwrap_or_default();
            spent.clear();
            let handful = std::mem::replace(&mut self.handful, spent);
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
        let (spent, back) = channel();
        let (conn, turn) = (&mut self.conn, self.turn.as_ref());
        std::thread::scope(|scope| {
            let writer = scope.spawn(move || write(conn, turn, how, ctx, (&receiver, &spent)));
            let mut loader = Loader { ctx, handful: Vec::with_capacity(HANDFUL), writer: sender, back };
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
fn write(
    conn: &Connection,
    turn: Option<&Turn>,
    how: Load,
    ctx: &Ctx<'_>,
    (receiver, spent): (&Receiver<Word>, &Sender<Vec<Ready>>),
) -> Result<Loaded, StoreError> {
    conn.pragma_update(None, "cache_size", LOAD_CACHE)?;
    let sole = Sole::begin(conn, turn)?;
    let loaded = match how {
        Load::Batches if sole.is_none() => write_batches(conn, turn, ctx, (receiver, spent)),
        _ => {
            let _alone = sole.is_none().then(|| turn.map(Turn::alone));
            write_whole(conn, how, ctx, (receiver, spent))
        }
    };
    drop(sole);
    conn.pragma_update(None, "cache_size", super::open::CACHE)?;
    loaded
}

/// Commits again and again, so that others never wait for long.
fn write_batches(
    conn: &Connection,
    turn: Option<&Turn>,
    ctx: &Ctx<'_>,
    (receiver, spent): (&Receiver<Word>, &Sender<Vec<Ready>>),
) -> Result<Loaded, StoreError> {
    let (mut loaded, mut known) = (Loaded::default(), None);
    // What came before it broke off is kept. Nothing is held while nothing comes.
    while let Ok(Word::Write(first)) = receiver.recv() {
        // Whoever waits comes first.
        drop(turn.map(Turn::alone));
        let tx = Transaction::new_unchecked(conn, TransactionBehavior::Immediate)?;
        let put_it: Put = match known {
            Some(usual) => usual,
            None => *known.insert(if is_empty(&tx)? { put_new } else { put }),
        };
        gather_words(&tx, HASH_BYTES)?;
        let (mut shift, end) = (Shift::default(), Instant::now() + BATCH);
        let mut next = Some(first);
        let mut is_done = false;
        while let Some(handful) = next.take() {
            loaded.put(&tx, put_it, &handful, ctx, &mut shift)?;
            // Whoever made it drops it: memory is quickest given back where it was taken. It may be gone.
            let _ = spent.send(handful);
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            match receiver.recv_timeout(left) {
                Ok(Word::Write(handful)) => next = Some(handful),
                Ok(Word::Done) | Err(RecvTimeoutError::Disconnected) => is_done = true,
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
        shift.save(&tx)?;
        gather_words(&tx, USUAL_HASH_BYTES)?;
        tx.commit()?;
        if is_done {
            break;
        }
    }
    Ok(loaded)
}

/// Commits once: all if all went well, else nothing or, in a first load, what came. Others wait meanwhile, and are told
/// why.
fn write_whole(
    conn: &Connection,
    how: Load,
    ctx: &Ctx<'_>,
    (receiver, spent): (&Receiver<Word>, &Sender<Vec<Ready>>),
) -> Result<Loaded, StoreError> {
    let mut bulk = Bulk::begin(conn)?;
    let put_it: Put = if bulk.is_first { put_new } else { put };
    let mut loaded = Loaded::default();
    let mut is_done = false;
    while let Ok(word) = receiver.recv() {
        match word {
            Word::Write(handful) => {
                loaded.put(&bulk.tx, put_it, &handful, ctx, &mut bulk.shift)?;
                let _ = spent.send(handful);
            }
            Word::Done => {
                is_done = true;
                break;
            }
        }
    }
    if !is_done && how == Load::Whole {
        return Ok(Loaded::default());
    }
    bulk.end()?;
    Ok(loaded)
}

impl Loaded {
    fn put(
        &mut self,
        tx: &Transaction<'_>,
        put_it: Put,
        handful: &[Ready],
        ctx: &Ctx<'_>,
        shift: &mut Shift,
    ) -> Result<(), StoreError> {
        for ready in handful {
            match put_it(tx, ready, ctx, shift)? {
                Received::Added(_) => self.added += 1,
                Received::Updated(_) => self.updated += 1,
                Received::Unchanged(_) => self.unchanged += 1,
            }
        }
        Ok(())
    }
}
