//! What a source tells at once, taken in as one.

use std::sync::mpsc::{channel, sync_channel};
use std::thread;

use rusqlite::{Connection, params};

use super::ready::Ready;
use super::tally::Shift;
use super::{Ctx, Received, Store, StoreError, alerts, anew, receive, theirs, word};
use crate::handoff::Time;
use crate::handoff::arrival::{Arrival, LeftOut, Word};

/// So many leads are made ready at once, and so many handfuls may wait to be written.
const HANDFUL: usize = 64;
const WAITING: usize = 4;

/// What a source tells at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// Leads that are new or different there; where the source is a hub, with its word on them.
    pub leads: Vec<(Arrival, Option<Word>)>,
    /// Leads that are no longer there for us: their ids there, why in words, and since when as far as that is told.
    pub gone: Vec<(String, String, Option<Time>)>,
    /// Leads that it told of and that cannot be read here.
    pub left_out: Vec<LeftOut>,
    /// The place up to which it tells; nothing where that is not known by this.
    pub next: Option<String>,
}

impl Store {
    /// Takes in what this source tells: all of it or nothing.
    pub fn take_in(&mut self, source: &str, batch: Batch, ctx: &Ctx<'_>) -> Result<Vec<Received>, StoreError> {
        let tx = self.begin()?;
        let mut shift = Shift::default();
        let received = put(&tx, source, batch, ctx, &mut shift)?;
        shift.save(&tx)?;
        tx.commit()?;
        Ok(received)
    }
}

pub(super) fn put(
    conn: &Connection,
    source: &str,
    Batch { leads, gone, left_out, next }: Batch,
    ctx: &Ctx<'_>,
    shift: &mut Shift,
) -> Result<Vec<Received>, StoreError> {
    let mut received = Vec::with_capacity(leads.len());
    let me = theirs::account(conn)?;
    ready_ahead(leads, me.as_deref(), ctx, |ready| {
        received.push(match &ready.said {
            Some(said) => word::adopt(conn, ready, said, ctx, shift)?,
            None => receive::put(conn, ready, ctx, shift)?,
        });
        Ok(())
    })?;
    for (external_id, why, at) in gone {
        word::withdraw(conn, source, &external_id, (&why, at), ctx, shift)?;
        alerts::forget_pointers(conn, source, &external_id)?;
    }
    anew::leave_out(conn, source, &left_out)?;
    conn.prepare_cached(
        "INSERT INTO source (name, takes_writes, cursor) VALUES (?1, 0, ?2)
         ON CONFLICT (name) DO UPDATE SET cursor = coalesce(excluded.cursor, cursor)",
    )?
    .execute(params![source, next])?;
    Ok(received)
}

/// Makes leads ready on a thread of their own, while `write` writes those before. `me` is who is signed in to their hub.
fn ready_ahead(
    leads: Vec<(Arrival, Option<Word>)>,
    me: Option<&str>,
    ctx: &Ctx<'_>,
    mut write: impl FnMut(&Ready) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel(WAITING);
        let (spent, back) = channel::<Vec<Ready>>();
        scope.spawn(move || {
            let mut leads = leads.into_iter();
            while leads.len() > 0 {
                let mut handful = back.try_recv().unwrap_or_default();
                handful.clear();
                let ready = leads.by_ref().take(HANDFUL).try_for_each(|(arrival, word)| -> Result<(), StoreError> {
                    handful.push(match word {
                        Some(word) => Ready::of_word(arrival, word, me, ctx)?,
                        None => Ready::new(&arrival, ctx)?,
                    });
                    Ok(())
                });
                // Where the writing failed nobody listens any more.
                let Ok(()) = sender.send(ready.map(|()| handful)) else { return };
            }
        });
        for handful in receiver {
            let handful = handful?;
            handful.iter().try_for_each(&mut write)?;
            // Whoever made it drops it: memory is quickest given back where it was taken. It may be gone.
            let _ = spent.send(handful);
        }
        Ok(())
    })
}
