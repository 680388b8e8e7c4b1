//! A hub's word on leads: it replaces what was known of them, and what was done here and has not reached the hub yet is
//! folded over it. Nothing of that is lost: what no longer fits is the hub's to judge.

use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::ready::{Ready, Said, distinct};
use super::record::{self, Held};
use super::rows::{self, Face};
use super::tally::Shift;
use super::{Ctx, Received, Store, StoreError, anew, desk, ms, outbox, receive, remote, undo};
use crate::handoff::Time;
use crate::handoff::event::{Event, EventKind, RecycleCause, Role};
use crate::handoff::lead::LeadId;
use crate::handoff::machine;
use crate::handoff::outbox::OutboxState;
use crate::handoff::state::{Handoff, Stage};

impl Store {
    /// The source refused it: it waits for a person. Where a hub says how a lead stands, it is no longer shown as done.
    pub fn refuse(&mut self, op: Uuid, why: &str, ctx: &Ctx<'_>) -> Result<(), StoreError> {
        let tx = self.begin()?;
        let mut shift = Shift::default();
        let found = outbox::find(&tx, op)?;
        // What a contact implied is told with the contact: by itself it is nothing to be looked at.
        let is_implied = |event: &Event| matches!(event.what, EventKind::Accepted { implicit: true });
        let to = match &found {
            Some((_, event)) if is_implied(event) => OutboxState::Cancelled,
            _ => OutboxState::Parked,
        };
        outbox::settle(&tx, op, to, None, Some(why), &mut shift)?;
        if let Some((id, _)) = found {
            fold_again(&tx, id, ctx, &mut shift)?;
        }
        shift.save(&tx)?;
        Ok(tx.commit()?)
    }
}

/// Folds what was done here anew over what the hub said last, if it is a hub that speaks of the lead.
fn fold_again(conn: &Connection, id: LeadId, ctx: &Ctx<'_>, shift: &mut Shift) -> Result<(), StoreError> {
    if record::version(conn, id)?.is_none_or(|version| version <= 0) {
        return Ok(());
    }
    let mut held = record::must_load(conn, id)?;
    held.handoff = fold(conn, id, record::arrived(conn, &held)?, &|| record::history(conn, id), shift)?;
    let mut statement = conn.prepare_cached("UPDATE lead_record SET handoff = ?2 WHERE lead = ?1")?;
    statement.execute(params![id.0, serde_json::to_string(&held.handoff)?])?;
    record::stand(conn, &held, ctx, shift)?;
    desk::follow(conn, &held, ctx)
}

fn find(conn: &Connection, source: &str, external_id: &str) -> Result<Option<LeadId>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT id FROM lead WHERE external_id = ?1 AND source = ?2")?;
    Ok(statement.query_row([external_id, source], |row| row.get(0).map(LeadId)).optional()?)
}

/// Takes in what a hub says of a lead. A word that is no newer than the one that is known changes nothing.
pub(super) fn adopt(
    conn: &Connection,
    ready: &Ready,
    said: &Said,
    ctx: &Ctx<'_>,
    shift: &mut Shift,
) -> Result<Received, StoreError> {
    let id = match find(conn, &ready.key.source, &ready.key.external_id)? {
        // A new lead stands as its word says.
        None => return receive::put_new(conn, ready, ctx, shift),
        Some(id) if record::version(conn, id)?.is_some_and(|known| known >= said.version) => {
            return Ok(Received::Unchanged(id));
        }
        Some(id) if anew::is_another(conn, id, ready)? => {
            anew::put_aside(conn, id, ctx, shift)?;
            return receive::put_new(conn, ready, ctx, shift);
        }
        Some(id) => id,
    };
    renew(conn, id, ready, ctx)?;
    let ours = fold(conn, id, said.handoff.clone(), &|| Ok(record::read(&said.history)?.0), shift)?;
    let mut statement = conn.prepare_cached(
        "UPDATE lead_record SET arrived = ?2, handoff = ?3, version = ?4, updated_at = ?5 WHERE lead = ?1",
    )?;
    statement.execute(params![id.0, said.arrived, serde_json::to_string(&ours)?, said.version, ms(ctx.at())])?;
    record::put_history(conn, id, &said.history)?;
    let held = record::must_load(conn, id)?;
    record::stand(conn, &held, ctx, shift)?;
    desk::follow(conn, &held, ctx)?;
    Ok(Received::Updated(id))
}

/// Writes a known lead's record anew.
fn renew(conn: &Connection, id: LeadId, ready: &Ready, ctx: &Ctx<'_>) -> Result<(), StoreError> {
    for activity in &ready.trail {
        record::put_activity(conn, id, activity)?;
    }
    let before: String =
        conn.prepare_cached("SELECT words FROM lead_record WHERE lead = ?1")?.query_row([id.0], |row| row.get(0))?;
    if before != ready.words {
        receive::forget_words(conn, id, &before)?;
        receive::put_words(conn, id, &distinct(&ready.words))?;
    }
    let mut statement = conn
        .prepare_cached("UPDATE lead_record SET hash = ?2, updated_at = ?3, words = ?4, record = ?5 WHERE lead = ?1")?;
    statement.execute(params![id.0, ready.hash, ms(ctx.at()), ready.words, ready.record])?;
    rows::update_face(conn, id, &ready.face)
}

/// Folds what was done here, and what the hub does not have yet, over where the hub says that the lead stands; returns
/// where that leads. What does
/// not fit there is not shown as done any more. It goes to the hub all the same, which alone judges it: a contact is kept
/// there as a fact, and what is refused comes back with its reason.
fn fold(
    conn: &Connection,
    id: LeadId,
    there: Handoff,
    history: &dyn Fn() -> Result<Vec<Event>, StoreError>,
    shift: &mut Shift,
) -> Result<Handoff, StoreError> {
    let mut made = record::events(conn, id)?;
    // What is on its way may have been taken out before, when it did not fit.
    let mut all = outbox::open_events(conn, id)?;
    all.retain(|event| made.iter().all(|other| other.id != event.id));
    let numbered = all.len();
    all.append(&mut made);
    if all.is_empty() {
        return Ok(there);
    }
    conn.prepare_cached("DELETE FROM event WHERE lead = ?1")?.execute([id.0])?;
    let undone: Vec<Uuid> = all.iter().filter_map(undoes).collect();
    let history = history()?;
    let (mut state, mut is_ahead, mut renumbered) = (there, false, Vec::new());
    for (n, event) in all.into_iter().enumerate() {
        if let Some(told) = history.iter().find(|told| told.id == event.id) {
            outbox::is_there(conn, event.id, matches!(told.what, EventKind::ContactKept(_)), shift)?;
            continue;
        }
        let is_refused = matches!(outbox::state(conn, event.id)?, Some(OutboxState::Parked | OutboxState::Cancelled));
        // What follows from what the hub has, the hub says.
        let is_said = event.actor.role == Role::System && !is_ahead;
        if undone.contains(&event.id) || undoes(&event).is_some() || is_refused || is_said {
            continue;
        }
        let before = event.seq;
        let event = Event { seq: state.seq + 1, ..event };
        if let Ok(next) = machine::apply(&state, &event) {
            record::insert_event(conn, id, &event)?;
            is_ahead |= !event.what.is_private();
            if n >= numbered {
                renumbered.push((before, event.seq));
            }
            state = next;
        }
    }
    undo::renumber(conn, id, &renumbered)?;
    Ok(state)
}

fn undoes(event: &Event) -> Option<Uuid> {
    if let EventKind::Undone { event } = event.what { Some(event) } else { None }
}

/// A lead is no longer this rep's, for this reason and since then: what is known of it stays, as a summary, and nothing is owed to it.
pub(super) fn withdraw(
    conn: &Connection,
    source: &str,
    external_id: &str,
    (why, at): (&str, Option<Time>),
    ctx: &Ctx<'_>,
    shift: &mut Shift,
) -> Result<(), StoreError> {
    let Some(id) = find(conn, source, external_id)? else { return Ok(()) };
    if anew::is_away(record::version(conn, id)?) {
        conn.prepare_cached("UPDATE lead_record SET version = 0 WHERE lead = ?1")?.execute([id.0])?;
        return Ok(());
    }
    let held = match record::must_load(conn, id) {
        Ok(held) => held,
        // `doctor` tells of it; it holds nothing else back.
        Err(StoreError::Damaged(_)) => {
            conn.prepare_cached("UPDATE lead_record SET version = 0 WHERE lead = ?1")?.execute([id.0])?;
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    if record::version(conn, id)?.is_none() && record::takes_writes(conn, source)? {
        return remote::depart(conn, held, (why, at), ctx, shift);
    }
    let Held { mut lead, handoff, received_at, updated_at, .. } = held;
    lead.stage.reason = Some(why.to_owned());
    let handoff = Handoff {
        stage: Stage::Recycled,
        recycled: Some(RecycleCause::Elsewhere),
        deferral: None,
        deferred_from: None,
        snoozed_until: None,
        // It may be heard of days later.
        closed_at: Some(at.map_or(ctx.at(), |at| at.min(ctx.at()))),
        closed_at_source: true,
        ..handoff
    };
    let json = serde_json::to_string(&handoff)?;
    conn.prepare_cached("DELETE FROM event WHERE lead = ?1")?.execute([id.0])?;
    undo::renumber(conn, id, &[])?;
    // Whatever the hub says of it next is news.
    conn.prepare_cached(
        "UPDATE lead_record SET record = ?2, arrived = ?3, handoff = ?3, version = 0, updated_at = ?4 WHERE lead = ?1",
    )?
    .execute(params![id.0, serde_json::to_string(&lead)?, json, ms(ctx.at())])?;
    rows::update_face(conn, id, &Face::of(&lead))?;
    let held = Held { id, lead, handoff, received_at, updated_at };
    record::stand(conn, &held, ctx, shift)?;
    desk::follow(conn, &held, ctx)
}
