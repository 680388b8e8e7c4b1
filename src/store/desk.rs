//! The gate, as the file keeps it: which leads are engaged, and which is next.

use rusqlite::{Connection, OptionalExtension, params};

use super::record::{self, Held};
use super::{Ctx, Stop, Store, StoreError, ms, settle, theirs};
use crate::handoff::Time;
use crate::handoff::dossier::Dossier;
use crate::handoff::event::Event;
use crate::handoff::gate::Desk;
use crate::handoff::lead::LeadId;
use crate::handoff::refusal::Refusal;
use crate::handoff::summary::Tab;

impl Store {
    /// What lies on the rep's desk.
    pub fn desk(&self) -> Result<Desk, StoreError> {
        load(&self.conn)
    }

    /// The whole context of a lead that may be read: the one in front, or an answered one while none is in front.
    ///
    /// # Errors
    /// [`StoreError::NoSuchLead`], or a refusal by the gate.
    pub fn dossier(&self, id: LeadId, ctx: &Ctx<'_>) -> Result<Result<Dossier, Refusal>, StoreError> {
        let look = self.look()?;
        let mut held = record::must_load(&look, id)?;
        let foreseen = if self.pretends { record::foresee(&mut held, ctx) } else { Vec::new() };
        let desk = load(&look)?;
        let handoff = held.handoff.at(ctx.at());
        let is_theirs = theirs::refusal(&look, &held)?.is_some();
        let away = theirs::taken_away(&look, &held)?;
        let may_read = || match is_theirs {
            true => Ok(()),
            false => desk.may_read(id, &handoff).map_err(|refusal| away.unwrap_or(refusal)),
        };
        match desk.may_turn_to(id, &ctx.policy.gate).and_then(|()| may_read()) {
            Ok(()) => {
                drop(handoff);
                let mut dossier = record::dossier(&look, held, ctx.at())?;
                dossier.events.extend(foreseen);
                Ok(Ok(dossier))
            }
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    /// What happened to a lead's handoff, the oldest first: its hub's steps, and those that were made here. What people
    /// wrote among them is for those who may read the lead.
    pub fn steps(&self, id: LeadId) -> Result<Vec<Event>, StoreError> {
        let look = self.look()?;
        record::must_load(&look, id)?;
        record::steps(&look, id)
    }

    /// Opens a lead, which from now on owes a disposition, and returns its whole context. Opening the one in front
    /// again changes nothing.
    pub fn engage(&mut self, id: LeadId, ctx: &Ctx<'_>) -> Result<Result<Dossier, Refusal>, StoreError> {
        let tx = self.begin()?;
        let opened = settle((|| {
            let held = record::must_load(&tx, id)?;
            if let Some(refusal) = theirs::bar(&tx, &held)? {
                return Err(Stop::Refused(refusal));
            }
            let desk = load(&tx)?;
            let next =
                desk.engage(id, &held.handoff.at(ctx.at()), &ctx.policy.gate, ctx.today()).map_err(Stop::Refused)?;
            save(&tx, &desk, &next, ctx.at())?;
            Ok(record::dossier(&tx, held, ctx.at())?)
        })())?;
        tx.commit()?;
        Ok(opened)
    }

    /// The lead in front again, or else the next one of the queue (of this tab), which is opened thereby. Nothing if
    /// none is left.
    pub fn engage_next(&mut self, tab: Option<Tab>, ctx: &Ctx<'_>) -> Result<Option<Dossier>, StoreError> {
        let tx = self.begin()?;
        let desk = load(&tx)?;
        let next = match desk.current() {
            None => next_candidate(&tx, tab)?,
            current => current,
        };
        let dossier = match next {
            None => None,
            Some(id) => {
                let held = record::must_load(&tx, id)?;
                if let Ok(next) = desk.engage(id, &held.handoff.at(ctx.at()), &ctx.policy.gate, ctx.today()) {
                    save(&tx, &desk, &next, ctx.at())?;
                }
                Some(record::dossier(&tx, held, ctx.at())?)
            }
        };
        tx.commit()?;
        Ok(dossier)
    }

    /// The lead that comes next in the queue (of this tab): the unanswered first, then the uncontacted, then those
    /// that were skipped; within these the one that is due first.
    pub fn next_candidate(&self, tab: Option<Tab>) -> Result<Option<LeadId>, StoreError> {
        next_candidate(&self.conn, tab)
    }
}

fn next_candidate(conn: &Connection, tab: Option<Tab>) -> Result<Option<LeadId>, StoreError> {
    // The conditions on the tab are answered by the index alone.
    let mut statement = conn.prepare_cached(match tab {
        None => "SELECT id FROM lead INDEXED BY lead_turn WHERE turn IS NOT NULL AND ?1 ORDER BY turn, sort, rank, id LIMIT 1",
        Some(Tab::Due) => {
            "SELECT id FROM lead INDEXED BY lead_turn WHERE turn IS NOT NULL AND is_due = ?1 ORDER BY turn, sort, rank, id LIMIT 1"
        }
        Some(_) => "SELECT id FROM lead INDEXED BY lead_turn WHERE turn IS NOT NULL AND tab = ?1 ORDER BY turn, sort, rank, id LIMIT 1",
    })?;
    let wanted = tab.filter(|&tab| tab != Tab::Due).map_or(1, |tab| tab as i64);
    Ok(statement.query_row([wanted], |row| row.get(0)).optional()?.map(LeadId))
}

/// The desk as it was left.
pub(super) fn load(conn: &Connection) -> Result<Desk, StoreError> {
    let mut engaged = conn.prepare_cached("SELECT lead FROM engagement ORDER BY position")?;
    let engaged = engaged.query_map([], |row| row.get(0).map(LeadId))?.collect::<Result<_, _>>()?;
    let mut withdrawn = conn.prepare_cached("SELECT lead FROM withdrawn ORDER BY lead")?;
    let withdrawn = withdrawn.query_map([], |row| row.get(0).map(LeadId))?.collect::<Result<_, _>>()?;
    let mut desk = conn.prepare_cached("SELECT loose, day, skips, skip_limit FROM desk")?;
    Ok(desk.query_row([], |row| {
        let day: Option<String> = row.get(1)?;
        Ok(Desk {
            engaged,
            loose: row.get(0)?,
            withdrawn,
            day: day.and_then(|day| day.parse().ok()),
            skips: row.get(2)?,
            limit: row.get(3)?,
        })
    })?)
}

/// Writes down what changed on the desk. Leads that stay engaged keep the time since when.
pub(super) fn save(conn: &Connection, before: &Desk, after: &Desk, at: Time) -> Result<(), StoreError> {
    if before.engaged != after.engaged {
        let mut since = conn.prepare_cached("SELECT lead, since FROM engagement")?;
        let since: Vec<(i64, i64)> =
            since.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
        conn.prepare_cached("DELETE FROM engagement")?.execute([])?;
        let mut insert = conn.prepare_cached("INSERT INTO engagement (position, lead, since) VALUES (?1, ?2, ?3)")?;
        for (position, lead) in (1_i64..).zip(&after.engaged) {
            let since = since.iter().find(|&&(id, _)| id == lead.0).map_or(ms(at), |&(_, since)| since);
            insert.execute([position, lead.0, since])?;
        }
    }
    if before.withdrawn != after.withdrawn {
        conn.prepare_cached("DELETE FROM withdrawn")?.execute([])?;
        let mut insert = conn.prepare_cached("INSERT INTO withdrawn (lead) VALUES (?1)")?;
        after.withdrawn.iter().try_for_each(|lead| insert.execute([lead.0]).map(drop))?;
    }
    let rest = |desk: &Desk| (desk.loose, desk.day, desk.skips, desk.limit);
    if rest(before) != rest(after) {
        let day = after.day.map(|day| day.to_string());
        conn.prepare_cached("UPDATE desk SET loose = ?1, day = ?2, skips = ?3, skip_limit = ?4")?.execute(params![
            after.loose,
            day,
            after.skips,
            after.limit
        ])?;
    }
    Ok(())
}

/// Writes down that some leads lie there no more; nothing else changed.
pub(super) fn take_off(conn: &Connection, before: &Desk, after: &Desk) -> Result<(), StoreError> {
    // What stays keeps the time since when it lies there.
    save(conn, before, after, Time::UNIX_EPOCH)
}

/// Lets the desk follow a lead that changed by itself, see [`Desk::after_change`], or went to somebody else.
pub(super) fn follow(conn: &Connection, held: &Held, ctx: &Ctx<'_>) -> Result<(), StoreError> {
    let before = load(conn)?;
    let after = match theirs::refusal(conn, held)? {
        Some(_) => before.without(held.id),
        None => before.after_change(held.id, &held.handoff.at(ctx.at())),
    };
    save(conn, &before, &after, ctx.at())
}
