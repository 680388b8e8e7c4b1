//! Reading a hub from the start: it no longer knows the place up to which it was read, as after its database was put back
//! to a copy. What it had taken may be gone there, and is offered once more; leads that it does not tell of again are gone
//! as well (reliability, row 10).

use std::collections::BTreeSet;

use chrono::Duration;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::ready::Ready;
use super::tally::Shift;
use super::{Ctx, Store, StoreError, alerts, ms, outbox, record, word};
use crate::handoff::Time;
use crate::handoff::arrival::LeftOut;
use crate::handoff::lead::{Lead, LeadId};
use crate::handoff::outbox::OutboxState;

/// For so long what a hub has taken is kept to be offered once more.
const KEPT_DAYS: i64 = 30;

/// The version of a lead that its hub has not told of since it is read from the start. Nothing of it is sent until then.
const UNTOLD: i64 = -1;
/// The same of one that had been taken away before: where the hub does not tell of it, it stays as it was.
pub(super) const UNTOLD_AWAY: i64 = -2;

/// The note that a source is being read from the start, with the source's name behind it.
const NOTE: &str = "anew:";

/// The version of the program that could not read all of what a source told stands under this, with the source's name
/// behind it.
const LEFT_OUT: &str = "left out:";

/// The version of this program.
const PROGRAM: &str = env!("CARGO_PKG_VERSION");

impl Store {
    /// This source no longer knows the place up to which it was read.
    pub fn begin_again(&mut self, source: &str, ctx: &Ctx<'_>) -> Result<(), StoreError> {
        let tx = self.begin()?;
        let mut shift = Shift::default();
        offer_again(&tx, source, ctx.at() - Duration::days(KEPT_DAYS), ctx.at(), &mut shift)?;
        shift.save(&tx)?;
        alerts::forget(&tx, source)?;
        from_start(&tx, source)?;
        Ok(tx.commit()?)
    }

    /// Reads this source from the start where this is another program than the one that left something out: it may be able
    /// to read that. Says whether it was so.
    pub fn begin_to_read_more(&mut self, source: &str) -> Result<bool, StoreError> {
        let is_noted = "SELECT 1 FROM meta WHERE name = ?1 || ?2 AND value <> ?3";
        if !self.conn.prepare_cached(is_noted)?.exists([LEFT_OUT, source, PROGRAM])? {
            return Ok(false);
        }
        let tx = self.begin()?;
        from_start(&tx, source)?;
        tx.commit()?;
        Ok(true)
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
            word::withdraw(&tx, source, &external_id, ("no longer there", None), ctx, &mut shift)?;
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

    /// Offers once more what this source had taken, and does not tell of although it was read to its end since: it was put
    /// back to a copy. What stands in `already` was offered before; returns what is now. What no longer fits where the
    /// source says that the lead stands is not known by this.
    pub fn offer_lost(&mut self, source: &str, already: &BTreeSet<Uuid>, now: Time) -> Result<Vec<Uuid>, StoreError> {
        let mut lost = taken_and_untold(&self.conn, source, now - Duration::days(KEPT_DAYS))?;
        lost.retain(|op| !already.contains(op));
        if lost.is_empty() {
            return Ok(lost);
        }
        let tx = self.begin()?;
        let mut shift = Shift::default();
        for &op in &lost {
            if outbox::state(&tx, op)? == Some(OutboxState::Sent) {
                outbox::change(&tx, op, OutboxState::Sent, OutboxState::Waiting, &mut shift)?;
                let when = "UPDATE outbox SET not_before = ?2 WHERE op = ?1";
                tx.prepare_cached(when)?.execute(params![op.as_bytes(), ms(now)])?;
            }
        }
        shift.save(&tx)?;
        tx.commit()?;
        Ok(lost)
    }
}

/// Offers what this source had taken since a time once more: it forgot where one had read, and may have forgotten more.
fn offer_again(conn: &Connection, source: &str, since: Time, now: Time, shift: &mut Shift) -> Result<(), StoreError> {
    // Only a hub is to have what we sent; a CRM may be read from the start for reasons of ours, and keeps no such thing.
    let theirs = "IN (SELECT id FROM lead JOIN history ON history.lead = lead.id WHERE source = ?1)";
    // A contact that was kept as a fact may be forgotten as well.
    let kept = format!("UPDATE outbox SET state = 'sent' WHERE state = 'kept' AND made_at > ?2 AND lead {theirs}");
    let kept = conn.prepare_cached(&kept)?.execute(params![source, ms(since)])?;
    shift.parked(-i64::try_from(kept).unwrap_or(i64::MAX));
    let again = format!(
        "UPDATE outbox SET state = 'waiting', not_before = ?3 WHERE state = 'sent' AND made_at > ?2 AND lead {theirs}"
    );
    let offered = conn.prepare_cached(&again)?.execute(params![source, ms(since), ms(now)])?;
    shift.sending(i64::try_from(offered).unwrap_or(i64::MAX));
    Ok(())
}

/// What this source took since a time, of leads that it tells of, and what is folded over its word all the same.
fn taken_and_untold(conn: &Connection, source: &str, since: Time) -> Result<Vec<Uuid>, StoreError> {
    // Few were taken of late; of all that ever happened here there may be very much.
    let mut taken = conn.prepare_cached(
        "SELECT op FROM outbox INDEXED BY outbox_sent CROSS JOIN event ON event.id = op
            JOIN lead ON lead.id = outbox.lead JOIN lead_record ON lead_record.lead = outbox.lead
         WHERE state = 'sent' AND made_at > ?2 AND source = ?1 AND version > 0 ORDER BY n",
    )?;
    let taken = taken.query_map(params![source, ms(since)], |row| row.get(0).map(Uuid::from_bytes))?;
    Ok(taken.collect::<Result<_, _>>()?)
}

/// What is known of this source's leads waits to be told of again.
fn from_start(conn: &Connection, source: &str) -> Result<(), StoreError> {
    conn.prepare_cached(
        "UPDATE lead_record SET version = CASE version WHEN 0 THEN ?3 ELSE ?2 END
         WHERE version >= 0 AND lead IN (SELECT id FROM lead WHERE source = ?1)",
    )?
    .execute(params![source, UNTOLD, UNTOLD_AWAY])?;
    conn.prepare_cached("UPDATE source SET cursor = NULL WHERE name = ?1")?.execute([source])?;
    conn.prepare_cached("DELETE FROM meta WHERE name = ?1 || ?2")?.execute([LEFT_OUT, source])?;
    conn.prepare_cached("INSERT INTO meta (name, value) VALUES (?1 || ?2, '') ON CONFLICT (name) DO NOTHING")?
        .execute([NOTE, source])?;
    Ok(())
}

/// This source told of leads that cannot be read here. They stay as they are known, and are there all the same: what is
/// done with them goes on. Another lead of the same number is not that lead.
pub(super) fn leave_out(conn: &Connection, source: &str, left_out: &[LeftOut]) -> Result<(), StoreError> {
    for LeftOut { external_id, version, created_at } in left_out {
        let known = "SELECT lead.id FROM lead JOIN lead_record ON lead_record.lead = lead.id
                     WHERE external_id = ?1 AND source = ?2 AND version = ?3";
        let known = conn
            .prepare_cached(known)?
            .query_row(params![external_id, source, UNTOLD], |row| row.get(0).map(LeadId))
            .optional()?;
        let Some(id) = known else { continue };
        let born = match record::must_load(conn, id) {
            Err(StoreError::Damaged(_)) => None,
            held => held?.lead.created_at,
        };
        if created_at.is_none() || born.is_none() || *created_at == born {
            let told = "UPDATE lead_record SET version = ?2 WHERE lead = ?1";
            conn.prepare_cached(told)?.execute([id.0, (*version).max(1)])?;
        }
    }
    if !left_out.is_empty() {
        conn.prepare_cached(
            "INSERT INTO meta (name, value) VALUES (?1 || ?2, ?3)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )?
        .execute([LEFT_OUT, source, PROGRAM])?;
    }
    Ok(())
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
    match record::must_load(conn, id) {
        Ok(held) => Ok(held.lead.created_at != came.created_at),
        // What cannot be read is written anew.
        Err(StoreError::Damaged(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes room for that other one: what was known stays, as something that its hub has no number for.
pub(super) fn put_aside(conn: &Connection, id: LeadId, ctx: &Ctx<'_>, shift: &mut Shift) -> Result<(), StoreError> {
    let key = record::must_load(conn, id)?.lead.key;
    let aside = format!("{}~{id}", key.external_id);
    conn.prepare_cached("UPDATE lead SET external_id = ?2 WHERE id = ?1")?.execute(params![id.0, aside])?;
    word::withdraw(
        conn,
        &key.source,
        &aside,
        ("the hub was put back to an older copy, and forgot it", None),
        ctx,
        shift,
    )
}
