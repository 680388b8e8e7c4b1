//! Both sides of an act on which a hub decided otherwise, and what a person does about it (F115, N12).

use rusqlite::Connection;
use uuid::Uuid;

use super::tally::Shift;
use super::{Acted, Ctx, Stop, Store, StoreError, act, outbox, record, settle, undo};
use crate::handoff::lead::LeadId;
use crate::handoff::outbox::OutboxState;
use crate::handoff::reconcile::{HubSide, again, steps};
use crate::handoff::refusal::Refusal;

impl Store {
    /// What its source has of a lead that `rep` acted on; nothing for leads of sources that take nothing back.
    pub fn hub_side(&self, lead: LeadId, rep: &str) -> Result<Option<HubSide>, StoreError> {
        let look = self.look()?;
        side(&look, lead, rep)
    }

    /// A person has read what came of this: it stays in the outbox with its reason, and needs nobody any more. Says
    /// whether there was anything to be read.
    pub fn acknowledge(&mut self, op: Uuid) -> Result<bool, StoreError> {
        let tx = self.begin()?;
        let mut shift = Shift::default();
        let is_done = outbox::acknowledge(&tx, op, &mut shift)?;
        shift.save(&tx)?;
        tx.commit()?;
        Ok(is_done)
    }

    /// Does what the hub refused once more, on the lead as it stands now: another act, which the gate and the machine
    /// judge like any other. With it what was refused is acknowledged.
    ///
    /// # Errors
    /// A refusal, and then nothing was changed.
    pub fn redo(&mut self, op: Uuid, ctx: &Ctx<'_>) -> Result<Result<Acted, Refusal>, StoreError> {
        let tx = self.begin()?;
        let done = || -> Result<Acted, Stop> {
            let gone = || Stop::Refused(Refusal::Missing("this cannot be done again: the hub has decided on it since"));
            let (lead, event) = outbox::find(&tx, op)?.ok_or_else(gone)?;
            let state = outbox::state(&tx, op)?.unwrap_or(OutboxState::Cancelled);
            let hub = side(&tx, lead, &ctx.actor.name)?.ok_or_else(gone)?;
            let act = again(&event, state, &hub).ok_or_else(gone)?;
            let mut shift = Shift::default();
            outbox::acknowledge(&tx, op, &mut shift)?;
            shift.save(&tx)?;
            let acted = act::decide(&tx, lead, &act, ctx)?;
            undo::remember_redone(&tx, op)?;
            Ok(acted)
        };
        let done = settle(done())?;
        if done.is_ok() {
            tx.commit()?;
        }
        Ok(done)
    }
}

fn side(conn: &Connection, lead: LeadId, rep: &str) -> Result<Option<HubSide>, StoreError> {
    let version = record::version(conn, lead)?;
    let held = record::must_load(conn, lead)?;
    if version.is_none() && !record::takes_writes(conn, &held.lead.key.source)? {
        return Ok(None);
    }
    let is_here = version != Some(0);
    let judges = conn.prepare_cached("SELECT 1 FROM history WHERE lead = ?1")?.exists([lead.0])?;
    let stage = match version {
        Some(_) => record::arrived(conn, &held)?.stage,
        None => held.lead.stage.canonical.unwrap_or_default(),
    };
    let told = if judges { record::history(conn, lead)? } else { record::events(conn, lead)? };
    Ok(Some(HubSide {
        is_here,
        judges,
        stage,
        owner: held.lead.owner.filter(|_| is_here),
        left: held.lead.stage.reason.filter(|_| !is_here),
        steps: if is_here { steps(&told, rep) } else { Vec::new() },
    }))
}
