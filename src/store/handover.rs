//! Reading records in bulk, for an export: the way out for dispositions on leads whose source takes none back.
//!
//! This is no way past the gate: a lead that may not be read yet leaves with its summary. What can still be undone is
//! not handed over, and a lead is written as it stood before it. If it happens all the same that something was handed
//! over and undone meanwhile, its undoing goes out with the next export.

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::outbox;
use super::record::{self, Held};
use super::{Store, StoreError, desk, ms};
use crate::handoff::Time;
use crate::handoff::dossier::Dossier;
use crate::handoff::event::{Event, EventKind};
use crate::handoff::lead::{Lead, LeadId};
use crate::handoff::machine;
use crate::handoff::refusal::Refusal;
use crate::handoff::state::Handoff;

/// A lead as an export writes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Exported {
    /// Its number.
    pub id: LeadId,
    /// The record, or no more than its summary.
    pub lead: Lead,
    /// The record is whole: the gate lets it be read.
    pub is_whole: bool,
    /// What was done with it; with `pending` only what can no longer be undone.
    pub handoff: Handoff,
    /// With `pending`, the dispositions that are handed over, the oldest first.
    pub handed: Vec<Event>,
}

/// The dispositions that no export has handed over yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pending {
    /// Those that can no longer be undone: the next export takes them.
    pub ripe: usize,
    /// Those that can still be undone.
    pub undoable: usize,
    /// When the last of these can no longer be undone.
    pub ripe_at: Option<Time>,
}

impl Store {
    /// What is to be handed over at `now`, and what will be later.
    pub fn pending(&self, now: Time) -> Result<Pending, StoreError> {
        let look = self.look()?;
        let mut statement = look.prepare_cached(
            "SELECT count(*) FILTER (WHERE not_before <= ?1), count(*) FILTER (WHERE not_before > ?1),
                    max(not_before) FILTER (WHERE not_before > ?1)
             FROM outbox WHERE state = 'local'",
        )?;
        Ok(statement.query_row([ms(now)], |row| {
            let ripe_at: Option<i64> = row.get(2)?;
            let count = |column| row.get(column).map(isize::unsigned_abs);
            Ok(Pending { ripe: count(0)?, undoable: count(1)?, ripe_at: ripe_at.map(super::time) })
        })?)
    }

    /// Up to `most` leads after this number as they stand at `now`, in the order of their numbers. If `pending`, only
    /// those with dispositions that were not handed over yet and can no longer be undone.
    pub fn export_page(
        &self,
        after: LeadId,
        most: usize,
        pending: bool,
        now: Time,
    ) -> Result<Vec<Exported>, StoreError> {
        let look = self.look()?;
        let mut statement = look.prepare_cached(
            "SELECT id FROM lead WHERE id > ?1 AND (?3 IS NULL OR EXISTS (
                 SELECT 1 FROM outbox WHERE outbox.lead = lead.id AND state = 'local' AND not_before <= ?3))
             ORDER BY id LIMIT ?2",
        )?;
        let ripe = pending.then_some(ms(now));
        let ids = statement.query_map(params![after.0, super::at_most(most), ripe], |row| row.get(0))?;
        let ids: Vec<i64> = ids.collect::<Result<_, _>>()?;
        let desk = desk::load(&look)?;
        let mut page = Vec::with_capacity(ids.len());
        for id in ids {
            let held = record::must_load(&look, LeadId(id))?;
            let stands = held.handoff.at(now).into_owned();
            let is_whole = desk.may_read(held.id, &stands).is_ok();
            let (handoff, handed) = if pending { settled(&look, &held, now)? } else { (stands, Vec::new()) };
            let lead = if is_whole { held.lead } else { held.lead.in_brief() };
            page.push(Exported { id: held.id, lead, is_whole, handoff, handed });
        }
        Ok(page)
    }

    /// What happened to a lead's handoff, the oldest first. It tells what was done, not who they are.
    pub fn events(&self, id: LeadId) -> Result<Vec<Event>, StoreError> {
        record::events(&self.conn, id)
    }

    /// Notes that these were handed over: they are not exported as pending again. What was undone between reading and
    /// this is to be taken back there: its undoing is pending from now on.
    pub fn mark_exported(&mut self, ops: &[Uuid], now: Time) -> Result<(), StoreError> {
        let tx = self.begin()?;
        for &op in ops {
            let mark = "UPDATE outbox SET state = 'sent' WHERE op = ?1 AND state = 'local'";
            if tx.prepare_cached(mark)?.execute([op.as_bytes()])? == 1 {
                continue;
            }
            let mut undone = tx.prepare_cached("SELECT lead FROM outbox WHERE op = ?1 AND state = 'cancelled'")?;
            let Some(lead) = undone.query_map([op.as_bytes()], |row| row.get(0).map(LeadId))?.next().transpose()?
            else {
                continue;
            };
            let events = record::events(&tx, lead)?;
            let undoing = events.iter().find(|event| matches!(event.what, EventKind::Undone { event } if event == op));
            undoing.map_or(Ok(()), |event| outbox::put_local(&tx, lead, event, now))?;
        }
        Ok(tx.commit()?)
    }

    /// A lead with everything as its last event left it, whatever the gate says: for checks of the file, never for the rep's eyes.
    pub fn inspect(&self, id: LeadId) -> Result<Dossier, StoreError> {
        let look = self.look()?;
        let held = record::must_load(&look, id)?;
        record::whole(&look, held)
    }

    /// Where a lead stands by its events alone, folded anew: what its kept state must equal. For checks of the file.
    pub fn replayed(&self, id: LeadId) -> Result<Result<Handoff, Refusal>, StoreError> {
        let look = self.look()?;
        let held = record::must_load(&look, id)?;
        let events = record::events(&look, id)?;
        Ok(machine::replay(record::arrived(&look, &held)?, &events))
    }
}

/// The handoff without what can still be undone, and what is ripe to be handed over.
fn settled(conn: &Connection, held: &Held, now: Time) -> Result<(Handoff, Vec<Event>), StoreError> {
    let mut statement =
        conn.prepare_cached("SELECT op, not_before <= ?2 FROM outbox WHERE lead = ?1 AND state = 'local'")?;
    let ops = statement
        .query_map(params![held.id.0, ms(now)], |row| Ok((Uuid::from_bytes(row.get(0)?), row.get::<_, bool>(1)?)))?;
    let ops: Vec<(Uuid, bool)> = ops.collect::<Result<_, _>>()?;
    let mut events = record::events(conn, held.id)?;
    let is = |event: &Event, ripe: bool| ops.contains(&(event.id, ripe));
    let handoff = match events.iter().position(|event| is(event, false)) {
        None => held.handoff.at(now).into_owned(),
        Some(first) => {
            let damaged = |refusal| StoreError::Damaged(format!("the events of {}: {refusal}", held.id));
            machine::replay(record::arrived(conn, held)?, &events[..first]).map_err(damaged)?
        }
    };
    events.retain(|event| is(event, true));
    Ok((handoff, events))
}
