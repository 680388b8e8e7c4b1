//! Leads of a CRM: a source that takes dispositions and keeps no history of ours. What somebody does to the record there
//! is an event here (R119); what we wrote there ourselves is known again when it comes back, and is none.

use rusqlite::{Connection, OptionalExtension, Row, params};
use uuid::Uuid;

use super::record::{self, Held};
use super::tally::Shift;
use super::{Ctx, Store, StoreError, at_most, desk, ms};
use crate::handoff::Time;
use crate::handoff::event::{Actor, EventKind, Role};
use crate::handoff::lead::{LeadId, SourceStage};
use crate::handoff::state::Stage;

/// The detail of the lead in front is fetched again after so long.
const STALE: chrono::Duration = chrono::Duration::minutes(1);
/// What a CRM tells may be older than what was written there by so much.
const LAG: chrono::Duration = chrono::Duration::minutes(2);

/// Lets a lead follow what its CRM says now, where that is news: neither what it said before, nor what we wrote there.
pub(super) fn follow(
    conn: &Connection,
    held: &mut Held,
    before: &SourceStage,
    ctx: &Ctx<'_>,
    shift: &mut Shift,
) -> Result<(), StoreError> {
    let now = held.lead.stage.clone();
    if (&before.raw, before.canonical) == (&now.raw, now.canonical) {
        return Ok(());
    }
    let is_ours = is_ours(conn, held.id, now.raw.as_deref(), ctx.at())?;
    match now.canonical {
        Some(to) if !is_ours && to != held.handoff.at(ctx.at()).stage => moved(conn, held, to, &now, ctx, shift),
        // A word that the mapping does not know says nothing.
        _ => Ok(()),
    }
}

/// Whether we wrote this stage there ourselves: the last one that we did, or the one before it for as long as the last one
/// is on its way, or reads may lag behind it.
fn is_ours(conn: &Connection, lead: LeadId, raw: Option<&str>, now: Time) -> Result<bool, StoreError> {
    let Some(raw) = raw else { return Ok(false) };
    let mut ours = conn.prepare_cached(
        "SELECT 1 FROM lead_record WHERE lead = ?1 AND (wrote = ?2 OR wrote_before = ?2 AND (wrote_at BETWEEN ?3 AND ?4
            OR EXISTS (SELECT 1 FROM outbox WHERE outbox.lead = ?1 AND state = 'waiting' AND steps IS NOT NULL)))",
    )?;
    Ok(ours.exists(params![lead.0, raw, ms(now - LAG), ms(now)])?)
}

/// Its CRM has a lead again that had left.
pub(super) fn come_back(
    conn: &Connection,
    held: &mut Held,
    ctx: &Ctx<'_>,
    shift: &mut Shift,
) -> Result<(), StoreError> {
    let now = held.lead.stage.clone();
    let to = now.canonical.unwrap_or_default();
    if to == held.handoff.stage { Ok(()) } else { moved(conn, held, to, &now, ctx, shift) }
}

/// A lead left its CRM, or this rep there: what was done here stays, and nothing is owed to it any more.
pub(super) fn depart(
    conn: &Connection,
    mut held: Held,
    (why, at): (&str, Option<Time>),
    ctx: &Ctx<'_>,
    shift: &mut Shift,
) -> Result<(), StoreError> {
    if held.handoff.stage.is_closed() {
        return Ok(());
    }
    held.lead.stage.reason = Some(why.to_owned());
    record::put_lead(conn, &held)?;
    let now = SourceStage { reason: Some(why.to_owned()), since: at, ..SourceStage::default() };
    moved(conn, &mut held, Stage::Recycled, &now, ctx, shift)?;
    // From here on it stands as what was taken away.
    conn.prepare_cached("UPDATE lead_record SET version = 0, updated_at = ?2 WHERE lead = ?1")?
        .execute(params![held.id.0, ms(ctx.at())])?;
    record::stand(conn, &held, ctx, shift)?;
    desk::follow(conn, &held, ctx)
}

fn moved(
    conn: &Connection,
    held: &mut Held,
    to: Stage,
    now: &SourceStage,
    ctx: &Ctx<'_>,
    shift: &mut Shift,
) -> Result<(), StoreError> {
    let actor = Actor { role: Role::System, name: held.lead.key.source.clone() };
    let what = EventKind::MovedAtSource {
        to,
        raw: now.raw.clone(),
        why: now.reason.clone(),
        until: now.until.filter(|_| to == Stage::Deferred),
    };
    // Nothing is refused to a source.
    let _ = record::append(conn, held, vec![what], &actor, ctx)?;
    // What we wrote before is no longer what stands there.
    conn.prepare_cached("UPDATE lead_record SET wrote = NULL, wrote_before = NULL WHERE lead = ?1")?
        .execute([held.id.0])?;
    record::keep(conn, held, ctx, shift)
}

/// From here on the stage that a disposition sets there may be what is told of the lead, and is our own word.
pub(super) fn claim(conn: &Connection, op: Uuid, now: Time) -> Result<(), StoreError> {
    let sql = "UPDATE lead_record SET wrote_before = wrote, wrote = sets, wrote_at = ?2 FROM outbox
         WHERE op = ?1 AND outbox.lead = lead_record.lead AND sets_by >= done";
    conn.prepare_cached(sql)?.execute(params![op.as_bytes(), ms(now)])?;
    Ok(())
}

/// A disposition was refused: unless the step that sets its stage there took hold before, whoever sets that stage there is
/// somebody else.
pub(super) fn disclaim(conn: &Connection, op: Uuid) -> Result<(), StoreError> {
    let sql = "UPDATE lead_record SET wrote = wrote_before, wrote_before = NULL FROM outbox
         WHERE op = ?1 AND outbox.lead = lead_record.lead AND sets_by >= done AND wrote = sets";
    conn.prepare_cached(sql)?.execute([op.as_bytes()])?;
    Ok(())
}

impl Store {
    /// Keeps how a disposition is written, before any of it is: whatever changes meanwhile, it goes on as it was begun.
    /// `sets` is the stage that it sets there, if it does, and the number of the step that does.
    pub fn begin_steps(
        &mut self,
        op: Uuid,
        steps: &str,
        sets: Option<(usize, &str)>,
        now: Time,
    ) -> Result<(), StoreError> {
        let tx = self.begin()?;
        let (by, stage) = sets.map(|(number, stage)| (at_most(number), stage)).unzip();
        tx.prepare_cached("UPDATE outbox SET steps = ?2, done = 0, sets = ?3, sets_by = ?4 WHERE op = ?1")?
            .execute(params![op.as_bytes(), steps, stage, by])?;
        claim(&tx, op, now)?;
        Ok(tx.commit()?)
    }

    /// The next step of a disposition is begun now: from here on it may be there, whatever becomes of us.
    pub fn note_try(&mut self, op: Uuid, at: Time) -> Result<(), StoreError> {
        let tx = self.begin()?;
        tx.prepare_cached("UPDATE outbox SET tried_at = ?2 WHERE op = ?1")?.execute(params![op.as_bytes(), ms(at)])?;
        Ok(tx.commit()?)
    }

    /// So many steps of a disposition took hold; the next one was not begun yet.
    pub fn note_steps(&mut self, op: Uuid, done: usize) -> Result<(), StoreError> {
        let tx = self.begin()?;
        tx.prepare_cached("UPDATE outbox SET done = ?2, tried_at = NULL WHERE op = ?1")?
            .execute(params![op.as_bytes(), at_most(done)])?;
        Ok(tx.commit()?)
    }

    /// The ids there of this source's leads that are open here.
    pub fn open_at(&self, source: &str) -> Result<Vec<String>, StoreError> {
        let mut open = self.conn.prepare_cached(
            "SELECT external_id FROM lead WHERE source = ?1 AND tab < 5
             AND (SELECT version FROM lead_record WHERE lead_record.lead = lead.id) IS NULL ORDER BY id",
        )?;
        let open = open.query_map([source], |row| row.get(0))?;
        Ok(open.collect::<Result<_, _>>()?)
    }

    /// The next `limit` of this source's leads that were taken away since a time, behind this one by their numbers here. Each
    /// with its id there.
    pub fn left_since(
        &self,
        source: &str,
        since: Time,
        behind: Option<LeadId>,
        limit: usize,
    ) -> Result<Vec<(LeadId, String)>, StoreError> {
        let mut left = self.conn.prepare_cached(
            "SELECT lead.id, external_id FROM lead_record INDEXED BY lead_left JOIN lead ON lead.id = lead_record.lead
             WHERE version = 0 AND lead_record.lead > coalesce(?3, 0) AND updated_at >= ?2 AND source = ?1
             ORDER BY lead_record.lead LIMIT ?4",
        )?;
        let row = |row: &Row<'_>| Ok((LeadId(row.get(0)?), row.get(1)?));
        let left = left.query_map(params![source, ms(since), behind.map(|lead| lead.0), at_most(limit)], row)?;
        Ok(left.collect::<Result<_, _>>()?)
    }

    /// The ids there of this source's leads whose whole trail is to be fetched: the one in front, where that was long ago,
    /// then, up to so many, those whose turn comes next and that changed since.
    pub fn wants_detail(&self, source: &str, now: Time, ahead: usize) -> Result<Vec<String>, StoreError> {
        let look = self.look()?;
        let mut wanted = Vec::new();
        if let Some(LeadId(front)) = desk::load(&look)?.current() {
            let mut stale = look.prepare_cached(
                "SELECT external_id FROM lead JOIN lead_record ON lead_record.lead = lead.id
                 WHERE lead.id = ?1 AND source = ?2 AND coalesce(detailed_at, 0) NOT BETWEEN ?3 AND ?4",
            )?;
            let stale = stale.query_row(params![front, source, ms(now - STALE), ms(now)], |row| row.get(0));
            wanted.extend(stale.optional()?);
        }
        if ahead == 0 {
            return Ok(wanted);
        }
        let mut next = look.prepare_cached(
            "SELECT external_id FROM lead INDEXED BY lead_turn JOIN lead_record ON lead_record.lead = lead.id
             WHERE turn IS NOT NULL AND source = ?1 AND detailed_at IS NULL ORDER BY turn, sort, rank, id LIMIT ?2",
        )?;
        for id in next.query_map(params![source, at_most(ahead)], |row| row.get::<_, String>(0))? {
            let id = id?;
            if !wanted.contains(&id) {
                wanted.push(id);
            }
        }
        Ok(wanted)
    }

    /// The whole trail of a lead was fetched, or is not to be had.
    pub fn note_detail(&mut self, source: &str, external_id: &str, at: Time) -> Result<(), StoreError> {
        let tx = self.begin()?;
        let sql = "UPDATE lead_record SET detailed_at = ?3
             WHERE lead = (SELECT id FROM lead WHERE external_id = ?1 AND source = ?2)";
        tx.prepare_cached(sql)?.execute(params![external_id, source, ms(at)])?;
        Ok(tx.commit()?)
    }
}
