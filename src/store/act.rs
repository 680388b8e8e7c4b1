//! A rep's act on a lead: the gate, the machine, the events, the outbox and the row, in one transaction.

use chrono::Duration;
use rusqlite::{Transaction, params};

use super::record::{self, Held};
use super::tally::{self, Shift};
use super::{Ctx, Stop, Store, StoreError, desk, ms, outbox, settle, theirs};
use crate::handoff::Time;
use crate::handoff::disposition::Act;
use crate::handoff::event::{Actor, Event, Role};
use crate::handoff::gate::Desk;
use crate::handoff::lead::LeadId;
use crate::handoff::machine;
use crate::handoff::refusal::Refusal;
use crate::handoff::state::Handoff;
use crate::handoff::summary::Counts;

/// What an act led to. It is on the disk.
#[derive(Clone, Debug, PartialEq)]
pub struct Acted {
    /// The lead.
    pub lead: LeadId,
    /// What was recorded: the act, and what followed from it.
    pub events: Vec<Event>,
    /// Where the handoff stands now.
    pub handoff: Handoff,
    /// Until when it can be undone; it is not sent before.
    pub undo_until: Time,
    /// The lead had been in front, so that the next one is due.
    pub was_engaged: bool,
    /// The desk now.
    pub desk: Desk,
    /// The counts now.
    pub counts: Counts,
}

impl Store {
    /// Does `act` on a lead, if the gate and the machine allow it. When this returns, it is on the disk.
    ///
    /// # Errors
    /// [`StoreError::NoSuchLead`]; a refusal, and then nothing was changed.
    pub fn act(&mut self, id: LeadId, act: &Act, ctx: &Ctx<'_>) -> Result<Result<Acted, Refusal>, StoreError> {
        let tx = self.begin()?;
        let acted = settle(decide(&tx, id, act, ctx))?;
        if acted.is_ok() {
            tx.commit()?;
        }
        Ok(acted)
    }
}

pub(super) fn decide(tx: &Transaction<'_>, id: LeadId, act: &Act, ctx: &Ctx<'_>) -> Result<Acted, Stop> {
    let at = ctx.at();
    let mut held = record::must_load(tx, id)?;
    if let Some(refusal) = theirs::bar(tx, &held)? {
        return Err(Stop::Refused(refusal));
    }
    let before = desk::load(tx)?;
    let after = before.after(id, act, &ctx.policy.gate, ctx.today()).map_err(Stop::Refused)?;
    let planned = machine::plan(&held.handoff, act, &held.lead, ctx.policy, at).map_err(Stop::Refused)?;
    let first_seq = held.handoff.seq + 1;
    let mut events = record::append(tx, &mut held, planned, ctx.actor, ctx)?.map_err(Stop::Refused)?;
    let follows = machine::consequences(&held.handoff, ctx.policy, at);
    events.extend(record::append(tx, &mut held, follows, &Actor::system(), ctx)?.map_err(Stop::Refused)?);

    let mut shift = Shift::default();
    let undo_until = at + Duration::seconds(i64::from(ctx.policy.undo_seconds));
    // What follows by itself, a hub says by itself.
    let is_hubs = record::version(tx, id)?.is_some();
    let told = |event: &&Event| !is_hubs || event.actor.role != Role::System;
    let told: Vec<Event> = events.iter().filter(told).cloned().collect();
    outbox::put(tx, &held, &told, undo_until, ctx, &mut shift)?;
    record::keep(tx, &held, ctx, &mut shift)?;
    shift.save(tx)?;
    desk::save(tx, &before, &after, at)?;
    let was_engaged = before.engaged.contains(&id);
    remember(tx, &held, first_seq, was_engaged, matches!(act, Act::Skip { .. }), ctx)?;
    Ok(Acted {
        lead: id,
        events,
        handoff: held.handoff.at(at).into_owned(),
        undo_until,
        was_engaged,
        desk: after,
        counts: tally::read(tx, ctx)?,
    })
}

/// Remembers the act for as long as it can be undone, and the last one beyond that, to say that it is too late.
fn remember(
    tx: &Transaction<'_>,
    held: &Held,
    first_seq: u32,
    was_engaged: bool,
    was_skip: bool,
    ctx: &Ctx<'_>,
) -> Result<(), StoreError> {
    let oldest = ctx.at() - Duration::seconds(i64::from(ctx.policy.undo_seconds));
    // With those before them, which a clock set back since may make look younger: nothing is undone out of its turn.
    tx.prepare_cached("DELETE FROM last_act WHERE n <= (SELECT max(n) FROM last_act WHERE at < ?1)")?
        .execute([ms(oldest)])?;
    let mut statement = tx.prepare_cached(
        "INSERT INTO last_act (lead, first_seq, at, was_engaged, was_skip) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    statement.execute(params![held.id.0, first_seq, ms(ctx.at()), was_engaged, was_skip])?;
    Ok(())
}
