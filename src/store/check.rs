//! Is the file whole: its pages, and every record, event and outbox row in it?

use rusqlite::Connection;

use super::{Store, StoreError, at_most, outbox, record};
use crate::handoff::lead::LeadId;
use crate::handoff::machine;

/// Leads, or outbox rows, that are read at once: between them others may write.
const SLICE: usize = 500;

/// Something of a lead that cannot be read, or that contradicts itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The lead.
    pub lead: LeadId,
    /// The person's name, as the lists have it.
    pub name: String,
    /// What cannot be read, and why.
    pub why: String,
}

impl Store {
    /// Looks through the pages of the whole file for damage, and returns what it found: nothing, if all is well.
    pub fn check(&self) -> Result<Vec<String>, StoreError> {
        let mut statement = self.conn.prepare("PRAGMA quick_check")?;
        let mut found: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        found.retain(|line| line != "ok");
        let mut keys = self.conn.prepare("PRAGMA foreign_key_check")?;
        let mut rows = keys.query([])?;
        while let Some(row) = rows.next()? {
            found.push(format!("a row of “{}” names a lead that is not there", row.get::<_, String>(0)?));
        }
        Ok(found)
    }

    /// Reads every lead with its trail and its events, and every row of the outbox, and returns what cannot be read. A
    /// whole page may hold a text that is none of ours: only reading it tells.
    pub fn unreadable(&self) -> Result<Vec<Unreadable>, StoreError> {
        let mut found = Vec::new();
        let mut last = i64::MIN;
        loop {
            let tx = self.look()?;
            let sql = "SELECT id, name FROM lead WHERE id > ?1 ORDER BY id LIMIT ?2";
            let leads: Vec<(i64, String)> = tx
                .prepare_cached(sql)?
                .query_map((last, at_most(SLICE)), |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<Result<_, _>>()?;
            let Some((end, _)) = leads.last() else { break };
            last = *end;
            for (id, name) in leads {
                let lead = LeadId(id);
                found.extend(read(&tx, lead)?.map(|why| Unreadable { lead, name, why }));
            }
        }
        found.extend(outbox::unreadable(self, SLICE)?);
        Ok(found)
    }
}

/// Why this lead cannot be read, if it cannot.
fn read(conn: &Connection, id: LeadId) -> Result<Option<String>, StoreError> {
    let said = |part: &str, error: StoreError| match error {
        StoreError::Damaged(why) => Ok(Some(format!("{part}: {why}"))),
        StoreError::Sqlite(why) => Ok(Some(format!("{part}: {why}"))),
        other => Err(other),
    };
    let held = match record::load(conn, id) {
        Ok(Some(held)) => held,
        Ok(None) => return Ok(Some("its record is missing".into())),
        Err(error) => return said("its record", error),
    };
    let arrived = match record::arrived(conn, &held) {
        Ok(arrived) => arrived,
        Err(error) => return said("how it arrived", error),
    };
    let handoff = held.handoff.clone();
    match record::whole(conn, held) {
        Err(error) => said("its events", error),
        // What its hub did with it before is told, and `arrived` where that led.
        Ok(_) => Ok(match machine::replay(arrived, &record::events(conn, id)?) {
            Ok(replayed) if replayed == handoff => None,
            Ok(_) => Some("its events and its stage contradict each other".into()),
            Err(refusal) => Some(format!("its events contradict each other: {refusal}")),
        }),
    }
}
