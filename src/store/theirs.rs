//! Whose leads are whose: one who directs a team has all of its leads here, and answers their own only. It holds for a
//! hub's leads, and while one is signed in there; leads from files have owners of any name.

use chrono::Duration;
use rusqlite::{Connection, OptionalExtension, params};

use super::record::{self, Held};
use super::{Store, StoreError, anew, at_most, clock, desk, ms, rows, wake};
use crate::handoff::Time;
use crate::handoff::lead::LeadId;
use crate::handoff::refusal::Refusal;
use crate::handoff::summary::{Deadline, Tab};

/// The name under which it is kept who is signed in.
pub(super) const ACCOUNT: &str = "account";

/// When a source was asked last stands under this, with its name behind it.
const ASKED: &str = "asked:";
/// Sooner than this it is not written anew.
const ASKED_AGAIN: Duration = Duration::minutes(1);

impl Store {
    /// Says as whom of a hub's people one is signed in, or that nobody is.
    pub fn set_account(&mut self, person: Option<&str>) -> Result<(), StoreError> {
        if account(&self.conn)?.as_deref() == person {
            return Ok(());
        }
        let tx = self.begin()?;
        // By whose clock one goes as well.
        tx.execute("DELETE FROM meta WHERE name IN (?1, ?2)", [ACCOUNT, clock::AHEAD])?;
        if let Some(person) = person {
            tx.execute("INSERT INTO meta (name, value) VALUES (?1, ?2)", [ACCOUNT, person])?;
        }
        // Whose turn it is follows from that, and what is owed.
        wake::stand_all_again(&tx)?;
        let before = desk::load(&tx)?;
        let mut after = before.clone();
        for &id in before.engaged.iter().chain(&before.withdrawn) {
            let held = match record::must_load(&tx, id) {
                // Who opens it is told.
                Err(StoreError::Damaged(_)) => continue,
                held => held?,
            };
            if refusal(&tx, &held)?.is_some() {
                after = after.without(id);
            }
        }
        desk::take_off(&tx, &before, &after)?;
        Ok(tx.commit()?)
    }

    /// The short name at the hub of the one who is signed in there; nothing where nobody is.
    pub fn account(&self) -> Result<Option<String>, StoreError> {
        account(&self.conn)
    }

    /// Notes that a source was asked and has answered, at most once a minute.
    pub fn note_asked(&mut self, source: &str, at: Time) -> Result<(), StoreError> {
        if self.asked_at(source)?.is_some_and(|known| (at - known).abs() < ASKED_AGAIN) {
            return Ok(());
        }
        let tx = self.begin()?;
        tx.execute(
            "INSERT INTO meta (name, value) VALUES (?1 || ?2, ?3) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            params![ASKED, source, at.to_rfc3339()],
        )?;
        Ok(tx.commit()?)
    }

    /// When a source was asked last and answered, to the minute; nothing if it never did.
    pub fn asked_at(&self, source: &str) -> Result<Option<Time>, StoreError> {
        let mut statement = self.conn.prepare_cached("SELECT value FROM meta WHERE name = ?1 || ?2")?;
        let known: Option<String> = statement.query_row([ASKED, source], |row| row.get(0)).optional()?;
        Ok(known.and_then(|at| at.parse().ok()))
    }

    /// One's own leads that are due next: up to so many of those that stand under `Due` and are not late yet, the first one
    /// first, each with its clock.
    pub fn due_next(&self, now: Time, most: usize) -> Result<Vec<(LeadId, Deadline)>, StoreError> {
        let look = self.look()?;
        let mut due = look.prepare_cached(
            "SELECT id FROM lead INDEXED BY lead_due WHERE is_due = 1 AND sort > ?1 AND (?2 IS NULL OR owner = ?2
                OR (SELECT version FROM lead_record WHERE lead_record.lead = lead.id) IS NULL)
             ORDER BY sort, rank, id LIMIT ?3",
        )?;
        let due = due.query_map(params![ms(now), account(&look)?, at_most(most)], |row| row.get(0).map(LeadId))?;
        let rows = rows::summaries(&look, &due.collect::<Result<Vec<_>, _>>()?)?;
        Ok(rows.into_iter().filter_map(|row| Some((row.id, row.deadline?))).collect())
    }

    /// A hub's lead that is with somebody else, or waits in a queue.
    pub fn is_theirs(&self, id: LeadId) -> Result<bool, StoreError> {
        let look = self.look()?;
        let held = record::must_load(&look, id)?;
        Ok(refusal(&look, &held)?.is_some())
    }
}

/// Who is signed in to a hub.
pub(super) fn account(conn: &Connection) -> Result<Option<String>, StoreError> {
    let mut statement = conn.prepare_cached("SELECT value FROM meta WHERE name = ?1")?;
    Ok(statement.query_row([ACCOUNT], |row| row.get(0)).optional()?)
}

/// Why nothing can be done about a lead: it is with somebody else, or with nobody. What was taken away says so by itself,
/// and so does what is closed.
pub(super) fn refusal(conn: &Connection, held: &Held) -> Result<Option<Refusal>, StoreError> {
    let version = record::version(conn, held.id)?;
    if version.is_none() || anew::is_away(version) {
        return Ok(None);
    }
    Ok(match whose(account(conn)?.as_deref(), held.lead.owner.as_deref()) {
        Whose::Own => None,
        Whose::Other(owner) => Some(Refusal::Theirs { lead: held.id, owner }),
        Whose::Nobody => held.handoff.stage.is_open().then_some(Refusal::InQueue { lead: held.id }),
    })
}

/// Why nothing can be done about a lead here, whatever it owes.
pub(super) fn bar(conn: &Connection, held: &Held) -> Result<Option<Refusal>, StoreError> {
    Ok(refusal(conn, held)?.or(taken_away(conn, held)?))
}

/// Why a lead that its hub took away can be neither opened nor answered: to whom it went and why, as the hub says it.
pub(super) fn taken_away(conn: &Connection, held: &Held) -> Result<Option<Refusal>, StoreError> {
    let is_away = anew::is_away(record::version(conn, held.id)?);
    let why = || held.lead.stage.reason.clone().unwrap_or_else(|| "it is no longer yours".into());
    Ok(is_away.then(|| Refusal::TakenAway { lead: held.id, why: why() }))
}

/// Whose a hub's lead is.
enum Whose {
    /// Of the one who is signed in; where nobody is, all are.
    Own,
    Other(String),
    /// It waits in a queue, or nobody has to answer it any more.
    Nobody,
}

fn whose(me: Option<&str>, owner: Option<&str>) -> Whose {
    match (me, owner) {
        (None, _) => Whose::Own,
        (Some(_), None) => Whose::Nobody,
        (Some(me), Some(owner)) if owner == me => Whose::Own,
        (Some(_), Some(owner)) => Whose::Other(owner.to_owned()),
    }
}

/// A hub's lead of this owner is for `me`, who is signed in there, to answer.
pub(super) fn is_own(me: Option<&str>, owner: Option<&str>) -> bool {
    matches!(whose(me, owner), Whose::Own)
}

/// How many leads that nobody answered yet are one's own to answer; nothing where nobody is signed in: then all are.
pub(super) fn new_own(conn: &Connection) -> Result<Option<u32>, StoreError> {
    if account(conn)?.is_none() {
        return Ok(None);
    }
    let sql = "SELECT count(*) FROM lead INDEXED BY lead_turn WHERE turn IS NOT NULL AND tab = ?1";
    Ok(Some(conn.prepare_cached(sql)?.query_row([Tab::New as i64], |row| row.get(0))?))
}
