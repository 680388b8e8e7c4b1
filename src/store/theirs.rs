//! Whose leads are whose: one who directs a team has all of its leads here, and answers their own only. It holds for a
//! hub's leads, and while one is signed in there; leads from files have owners of any name.

use rusqlite::{Connection, OptionalExtension};

use super::record::{self, Held};
use super::{Store, StoreError, wake};
use crate::handoff::lead::LeadId;
use crate::handoff::refusal::Refusal;
use crate::handoff::summary::Tab;

/// The name under which it is kept who is signed in.
const ACCOUNT: &str = "account";

impl Store {
    /// Says as whom of a hub's people one is signed in, or that nobody is.
    pub fn set_account(&mut self, person: Option<&str>) -> Result<(), StoreError> {
        if account(&self.conn)?.as_deref() == person {
            return Ok(());
        }
        let tx = self.begin()?;
        tx.execute("DELETE FROM meta WHERE name = ?1", [ACCOUNT])?;
        if let Some(person) = person {
            tx.execute("INSERT INTO meta (name, value) VALUES (?1, ?2)", [ACCOUNT, person])?;
        }
        // Whose turn it is follows from that.
        wake::stand_all_again(&tx)?;
        Ok(tx.commit()?)
    }

    /// A hub's lead that is with somebody else.
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

/// Why nothing can be done about a lead: it is with somebody else. What was taken away says so by itself.
pub(super) fn refusal(conn: &Connection, held: &Held) -> Result<Option<Refusal>, StoreError> {
    let is_there = record::version(conn, held.id)?.is_some_and(|version| version > 0);
    let owner = if is_there { other(conn, held.lead.owner.as_deref())? } else { None };
    Ok(owner.map(|owner| Refusal::Theirs { lead: held.id, owner }))
}

/// The owner of a hub's lead, if that is not the one who is signed in.
pub(super) fn other(conn: &Connection, owner: Option<&str>) -> Result<Option<String>, StoreError> {
    let Some(me) = account(conn)? else { return Ok(None) };
    Ok(owner.filter(|&owner| owner != me).map(str::to_owned))
}

/// How many leads that nobody answered yet are one's own to answer; nothing where nobody is signed in: then all are.
pub(super) fn new_own(conn: &Connection) -> Result<Option<u32>, StoreError> {
    if account(conn)?.is_none() {
        return Ok(None);
    }
    let sql = "SELECT count(*) FROM lead INDEXED BY lead_turn WHERE turn IS NOT NULL AND tab = ?1";
    Ok(Some(conn.prepare_cached(sql)?.query_row([Tab::New as i64], |row| row.get(0))?))
}
