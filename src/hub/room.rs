//! How much is kept of what one lead did: whoever reads it all waits for what others posted.

use std::collections::BTreeSet;

use super::db::{Tx, Value};
use super::error::HubError;
use super::leads::ms;
use crate::handoff::activity::Activity;

/// The most that is kept of what one lead did, in activities.
const MOST: i64 = 2_000;

/// The same in characters, as they are kept.
const LONGEST: i64 = 1024 * 1024;

/// From this strength on a signal is one for which somebody calls: of those there is room for as many again.
const STRONG: u8 = 5;

/// What became of an activity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is kept.
    New,
    /// It was known, and is no other now.
    Known,
    /// There was no room for it.
    LeftOut,
}

/// How much of what a lead did is kept.
pub struct Room {
    lead: i64,
    many: i64,
    long: i64,
    known: Option<BTreeSet<String>>,
}

impl Room {
    /// What is kept of this lead.
    ///
    /// # Errors
    /// The database's; so with [`Room::put`].
    pub fn of(tx: &mut dyn Tx, lead: i64) -> Result<Self, HubError> {
        let sql = "SELECT count(*), CAST(coalesce(sum(length(body)), 0) AS BIGINT) FROM activity WHERE lead = ?1";
        let rows = tx.query(sql, &[lead.into()])?;
        let Some(row) = rows.first() else { return Ok(Self { lead, many: 0, long: 0, known: None }) };
        Ok(Self { lead, many: row.int(0)?, long: row.int(1)?, known: None })
    }

    /// Keeps an activity, unless it is known or there is no room for it. What is known takes up no more.
    pub fn put(&mut self, tx: &mut dyn Tx, activity: &Activity) -> Result<Put, HubError> {
        let more = if activity.kind.strength() >= STRONG { 2 } else { 1 };
        if self.many >= more * MOST || self.long >= more * LONGEST {
            let is_known = self.known(tx)?.contains(&activity.external_id);
            return Ok(if is_known { Put::Known } else { Put::LeftOut });
        }
        let body = serde_json::to_string(activity)?;
        if !insert(tx, self.lead, activity, &body)? {
            return Ok(Put::Known);
        }
        self.many += 1;
        self.long = self.long.saturating_add(i64::try_from(body.chars().count()).unwrap_or(i64::MAX));
        if let Some(known) = &mut self.known {
            known.insert(activity.external_id.clone());
        }
        Ok(Put::New)
    }

    /// What is kept, by id: asked for once, however much more is posted.
    fn known(&mut self, tx: &mut dyn Tx) -> Result<&BTreeSet<String>, HubError> {
        if self.known.is_none() {
            let rows = tx.query("SELECT external_id FROM activity WHERE lead = ?1", &[self.lead.into()])?;
            let ids = rows.iter().map(|row| Ok(row.text(0)?.to_owned()));
            self.known = Some(ids.collect::<Result<_, HubError>>()?);
        }
        Ok(self.known.get_or_insert_default())
    }
}

/// Keeps an activity of the hub's own, whatever there is already, unless it is known.
pub fn put(tx: &mut dyn Tx, lead: i64, activity: &Activity) -> Result<(), HubError> {
    insert(tx, lead, activity, &serde_json::to_string(activity)?).map(drop)
}

fn insert(tx: &mut dyn Tx, lead: i64, activity: &Activity, body: &str) -> Result<bool, HubError> {
    let added = tx.execute(
        "INSERT INTO activity (lead, external_id, at, kind, body) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (lead, external_id) DO NOTHING",
        &[
            lead.into(),
            activity.external_id.as_str().into(),
            activity.at.map(ms).into(),
            activity.kind.code().into(),
            Value::from(body),
        ],
    )?;
    Ok(added > 0)
}
