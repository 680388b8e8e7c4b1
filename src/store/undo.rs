//! Taking back the last act, while it is still here (F8).

use chrono::Duration;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::tally::{self, Shift};
use super::{Ctx, Stop, Store, StoreError, desk, outbox, record, settle, time};
use crate::handoff::event::{Actor, EventKind};
use crate::handoff::gate::Desk;
use crate::handoff::lead::LeadId;
use crate::handoff::machine;
use crate::handoff::refusal::Refusal;
use crate::handoff::state::Handoff;
use crate::handoff::summary::Counts;

/// What taking back an act led to.
#[derive(Clone, Debug, PartialEq)]
pub struct Undone {
    /// The lead.
    pub lead: LeadId,
    /// Where its handoff stands again.
    pub handoff: Handoff,
    /// The lead is in front again.
    pub is_engaged: bool,
    /// The desk now.
    pub desk: Desk,
    /// The counts now.
    pub counts: Counts,
}

impl Store {
    /// Takes back the last act, whoever of this rep's windows made it. Again, and it takes back the one before.
    pub fn undo(&mut self, ctx: &Ctx<'_>) -> Result<Result<Undone, Refusal>, StoreError> {
        let tx = self.begin()?;
        let undone = settle(take_back(&tx, ctx))?;
        if undone.is_ok() {
            tx.commit()?;
        }
        Ok(undone)
    }

    /// Takes back the last acts as long as they were on these leads, in one transaction: a bulk act goes as it came
    /// (N13). Returns them, the last first. What can no longer be taken back stays, with what came before it.
    pub fn undo_bulk(&mut self, leads: &[LeadId], ctx: &Ctx<'_>) -> Result<Result<Vec<Undone>, Refusal>, StoreError> {
        let mut tx = self.begin()?;
        let mut all = Vec::new();
        for _ in leads {
            if !last_lead(&tx)?.is_some_and(|lead| leads.contains(&lead)) {
                break;
            }
            let one = tx.savepoint()?;
            match settle(take_back(&one, ctx))? {
                Ok(undone) => {
                    one.commit()?;
                    all.push(undone);
                }
                Err(refusal) if all.is_empty() => return Ok(Err(refusal)),
                // Dropped, so rolled back.
                Err(_) => break,
            }
        }
        if all.is_empty() {
            return Ok(Err(Refusal::NothingToUndo));
        }
        tx.commit()?;
        Ok(Ok(all))
    }
}

/// Where an act begins of which nothing is folded in: its hub says otherwise, or took the lead away.
const NOWHERE: u32 = u32::MAX;

/// The note of what an act does once more, with the act's number behind it.
const REDONE: &str = "redone:";

/// The events of a lead have other numbers now: pairs of the old and the new one, in their order. The acts that can be
/// undone are known by the number of their first event.
pub(super) fn renumber(conn: &Connection, lead: LeadId, numbers: &[(u32, u32)]) -> Result<(), StoreError> {
    let mut acts = conn.prepare_cached("SELECT n, first_seq FROM last_act WHERE lead = ?1 ORDER BY n")?;
    let acts = acts.query_map([lead.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let acts: Vec<(i64, u32)> = acts.collect::<Result<_, _>>()?;
    for (place, &(n, first)) in acts.iter().enumerate() {
        let end = acts[place + 1..].iter().map(|&(_, next)| next).find(|&next| next != NOWHERE).unwrap_or(NOWHERE);
        let now = numbers.iter().find(|&&(before, _)| (first..end).contains(&before)).map_or(NOWHERE, |&(_, now)| now);
        conn.prepare_cached("UPDATE last_act SET first_seq = ?2 WHERE n = ?1")?.execute((n, now))?;
    }
    Ok(())
}

/// On which lead the last act was.
fn last_lead(conn: &Connection) -> Result<Option<LeadId>, StoreError> {
    let mut last = conn.prepare_cached("SELECT lead FROM last_act ORDER BY n DESC LIMIT 1")?;
    Ok(last.query_row([], |row| row.get(0).map(LeadId)).optional()?)
}

/// The last act does once more what the hub had refused, which that act acknowledged.
pub(super) fn remember_redone(conn: &Connection, op: Uuid) -> Result<(), StoreError> {
    // Of acts that can no longer be taken back nothing is kept.
    conn.prepare_cached(
        "DELETE FROM meta WHERE name LIKE ?1 || '%' AND substr(name, length(?1) + 1) NOT IN (SELECT n FROM last_act)",
    )?
    .execute([REDONE])?;
    conn.prepare_cached("INSERT INTO meta (name, value) SELECT ?1 || max(n), ?2 FROM last_act")?
        .execute([REDONE, &op.to_string()])?;
    Ok(())
}

/// That act was taken back: what was refused waits for a person again.
fn needs_a_person_again(conn: &Connection, n: i64, shift: &mut Shift) -> Result<(), StoreError> {
    let mut noted = conn.prepare_cached("DELETE FROM meta WHERE name = ?1 || ?2 RETURNING value")?;
    let noted: Option<String> = noted.query_row(params![REDONE, n], |row| row.get(0)).optional()?;
    match noted.and_then(|op| op.parse().ok()) {
        Some(op) => outbox::refuse_again(conn, op, shift),
        None => Ok(()),
    }
}

fn take_back(tx: &Connection, ctx: &Ctx<'_>) -> Result<Undone, Stop> {
    let mut last = tx
        .prepare_cached("SELECT n, lead, first_seq, at, was_engaged, was_skip FROM last_act ORDER BY n DESC LIMIT 1")?;
    let last = last.query_row([], |row| {
        Ok((
            row.get::<_, i64>(0)?,
            row.get(1).map(LeadId)?,
            row.get::<_, u32>(2)?,
            time(row.get(3)?),
            row.get(4)?,
            row.get(5)?,
        ))
    });
    let Some((n, id, first_seq, made_at, was_engaged, was_skip)) = last.optional()? else {
        return Err(Stop::Refused(Refusal::NothingToUndo));
    };
    let seconds = ctx.policy.undo_seconds;
    if ctx.at() >= made_at + Duration::seconds(i64::from(seconds)) {
        return Err(Stop::Refused(Refusal::UndoTooLate { seconds }));
    }
    let mut held = record::must_load(tx, id)?;
    let was_open = was_engaged || held.handoff.at(ctx.at()).is_answered();
    let arrived = record::arrived(tx, &held)?;
    let mut events = record::events(tx, id)?;
    // What followed from the act by itself goes with it.
    let gone: Vec<_> = events
        .iter()
        .filter_map(|event| if let EventKind::Undone { event } = event.what { Some(event) } else { None })
        .collect();
    let back: Vec<_> = events
        .iter()
        .rev()
        .filter(|event| event.seq >= first_seq && !matches!(event.what, EventKind::Undone { .. }))
        .map(|event| event.id)
        .filter(|id| !gone.contains(id))
        .collect();
    let mut shift = Shift::default();
    let ops = if first_seq == NOWHERE { outbox::made_at(tx, id, made_at)? } else { back.clone() };
    if !outbox::cancel(tx, &ops, &mut shift)? {
        return Err(Stop::Refused(Refusal::UndoTooLate { seconds }));
    }
    let kinds = back.into_iter().map(|event| EventKind::Undone { event }).collect();
    let actor: &Actor = ctx.actor;
    events.extend(record::append(tx, &mut held, kinds, actor, ctx)?.map_err(Stop::Refused)?);
    held.handoff = machine::replay(arrived, &events).map_err(Stop::Refused)?;
    record::keep(tx, &held, ctx, &mut shift)?;
    // What its source said meanwhile was held back by the act that is gone.
    record::follow_source(tx, &mut held)?;
    record::stand(tx, &held, ctx, &mut shift)?;
    needs_a_person_again(tx, n, &mut shift)?;
    shift.save(tx)?;
    let handoff = held.handoff.at(ctx.at()).into_owned();
    let before = desk::load(tx)?;
    let after = before.after_undo(id, &handoff, was_open, was_skip);
    desk::save(tx, &before, &after, ctx.at())?;
    tx.prepare_cached("DELETE FROM last_act WHERE n = ?1")?.execute([n])?;
    Ok(Undone {
        lead: id,
        handoff,
        is_engaged: after.engaged.contains(&id),
        desk: after,
        counts: tally::read(tx, ctx)?,
    })
}
