//! Reading a hub from the start: it no longer knows the place up to which it was read, as after its database was put back
//! to a copy. What it had taken may be gone there, and is offered once more; leads that it does not tell of again are gone
//! as well (reliability, row 10).

use chrono::Duration;
use rusqlite::{Connection, params};

use super::ready::Ready;
use super::tally::Shift;
use super::{Ctx, Store, StoreError, alerts, outbox, record, word};
use crate::handoff::lead::{Lead, LeadId};

/// For so long what a hub has taken is kept to be offered once more.
const KEPT_DAYS: i64 = 30;

/// The version of a lead that its hub has not told of since it is read from the start. Nothing of it is sent until then.
const UNTOLD: i64 = -1;
/// The same of one that had been taken away before: where the hub does not tell of it, it stays as it was.
const UNTOLD_AWAY: i64 = -2;

/// The note that a source is being read from the start, with the source's name behind it.
const NOTE: &str = "anew:";

impl Store {
    /// This source no longer knows the place up to which it was read.
    pub fn begin_again(&mut self, source: &str, ctx: &Ctx<'_>) -> Result<(), StoreError> {
        let tx = self.begin()?;
        let mut shift = Shift::default();
        outbox::offer_again(&tx, source, ctx.at() - Duration::days(KEPT_DAYS), ctx.at(), &mut shift)?;
        shift.save(&tx)?;
        tx.prepare_cached(
            "UPDATE lead_record SET version = CASE version WHEN 0 THEN ?3 ELSE ?2 END
             WHERE version >= 0 AND lead IN (SELECT id FROM lead WHERE source = ?1)",
        )?
        .execute(params![source, UNTOLD, UNTOLD_AWAY])?;
        alerts::forget(&tx, source)?;
        tx.prepare_cached("UPDATE source SET cursor = NULL WHERE name = ?1")?.execute([source])?;
        tx.prepare_cached("INSERT INTO meta (name, value) VALUES (?1 || ?2, '') ON CONFLICT (name) DO NOTHING")?
            .execute([NOTE, source])?;
        Ok(tx.commit()?)
    }

    /// This source was read to its end. If that was from the start, what it did not tell of is no longer there. Says
    /// whether it was.
    pub fn end_again(&mut self, source: &str, ctx: &Ctx<'_>) -> Result<bool, StoreError> {
        let is_noted = "SELECT 1 FROM meta WHERE name = ?1 || ?2";
        if !self.conn.prepare_cached(is_noted)?.exists([NOTE, source])? {
            return Ok(false);
        }
        let tx = self.begin()?;
        let mut shift = Shift::default();
        let untold: Vec<String> = tx
            .prepare_cached(
                "SELECT external_id FROM lead JOIN lead_record ON lead_record.lead = lead.id
                 WHERE source = ?1 AND version = ?2",
            )?
            .query_map(params![source, UNTOLD], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for external_id in untold {
            word::withdraw(&tx, source, &external_id, "no longer there", ctx, &mut shift)?;
        }
        tx.prepare_cached(
            "UPDATE lead_record SET version = 0 WHERE version = ?2 AND lead IN (SELECT id FROM lead WHERE source = ?1)",
        )?
        .execute(params![source, UNTOLD_AWAY])?;
        shift.save(&tx)?;
        tx.prepare_cached("DELETE FROM meta WHERE name = ?1 || ?2")?.execute([NOTE, source])?;
        tx.commit()?;
        Ok(true)
    }
}

/// It was taken away before, and whatever may be known of it stays as it is.
pub(super) fn is_away(version: Option<i64>) -> bool {
    matches!(version, Some(0 | UNTOLD_AWAY))
}

/// The hub forgot the lead of this number, and gave the number to another one since.
pub(super) fn is_another(conn: &Connection, id: LeadId, ready: &Ready) -> Result<bool, StoreError> {
    if record::version(conn, id)?.is_none_or(|version| version >= 0) {
        return Ok(false);
    }
    let came: Lead = serde_json::from_str(&ready.record)?;
    Ok(record::must_load(conn, id)?.lead.created_at != came.created_at)
}

/// Makes room for that other one: what was known stays, as something that its hub has no number for.
pub(super) fn put_aside(conn: &Connection, id: LeadId, ctx: &Ctx<'_>, shift: &mut Shift) -> Result<(), StoreError> {
    let key = record::must_load(conn, id)?.lead.key;
    let aside = format!("{}~{id}", key.external_id);
    conn.prepare_cached("UPDATE lead SET external_id = ?2 WHERE id = ?1")?.execute(params![id.0, aside])?;
    word::withdraw(conn, &key.source, &aside, "the hub was put back to an older copy, and forgot it", ctx, shift)
}
