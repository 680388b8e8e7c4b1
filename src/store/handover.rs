//! Reading whole records in bulk, for an export: the way out for dispositions on leads whose source takes none back.
//!
//! This is not a way to work leads: it shows no trail, and the gate has nothing to say about it.

use rusqlite::params;
use uuid::Uuid;

use super::record;
use super::{Store, StoreError, time};
use crate::handoff::Time;
use crate::handoff::dossier::Dossier;
use crate::handoff::lead::{Lead, LeadId};
use crate::handoff::machine;
use crate::handoff::refusal::Refusal;
use crate::handoff::state::Handoff;

/// A lead as an export writes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Exported {
    /// Its number.
    pub id: LeadId,
    /// The record.
    pub lead: Lead,
    /// What was done with it.
    pub handoff: Handoff,
}

impl Store {
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
        let ids = statement
            .query_map(params![after.0, super::at_most(most), pending.then_some(super::ms(now))], |row| row.get(0))?;
        let ids: Vec<i64> = ids.collect::<Result<_, _>>()?;
        let mut page = Vec::with_capacity(ids.len());
        for id in ids {
            let held = record::must_load(&look, LeadId(id))?;
            page.push(Exported { id: held.id, lead: held.lead, handoff: held.handoff.at(now).into_owned() });
        }
        Ok(page)
    }

    /// The dispositions that an export with `pending` at `now` hands over.
    pub fn export_pending(&self, now: Time) -> Result<Vec<Uuid>, StoreError> {
        let mut statement =
            self.conn.prepare_cached("SELECT op FROM outbox WHERE state = 'local' AND not_before <= ?1 ORDER BY n")?;
        let ops = statement.query_map([super::ms(now)], |row| row.get::<_, [u8; 16]>(0).map(Uuid::from_bytes))?;
        Ok(ops.collect::<Result<_, _>>()?)
    }

    /// Notes that these were handed over: they are not exported as pending again.
    pub fn mark_exported(&mut self, ops: &[Uuid]) -> Result<(), StoreError> {
        let tx = self.begin()?;
        let mut statement = tx.prepare_cached("UPDATE outbox SET state = 'sent' WHERE op = ?1 AND state = 'local'")?;
        for op in ops {
            statement.execute([op.as_bytes()])?;
        }
        drop(statement);
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

    /// When a lead came in first.
    pub fn received_at(&self, id: LeadId) -> Result<Time, StoreError> {
        let mut statement = self.conn.prepare_cached("SELECT received_at FROM lead_record WHERE lead = ?1")?;
        Ok(time(statement.query_row([id.0], |row| row.get(0))?))
    }
}
