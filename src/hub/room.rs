//! How much is kept of what one lead did: whoever reads it all waits for what others posted.

use std::collections::BTreeSet;

use super::db::{Tx, Value, insert_all};
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

/// What is kept of what a lead did, and for how much more there is room.
pub struct Room {
    lead: i64,
    many: i64,
    long: i64,
    known: BTreeSet<String>,
    trail: Vec<Activity>,
    /// What is new, with its text; not written yet.
    new: Vec<(Activity, String)>,
}

impl Room {
    /// Of a lead of which nothing is kept yet.
    pub fn empty(lead: i64) -> Self {
        Self { lead, many: 0, long: 0, known: BTreeSet::new(), trail: Vec::new(), new: Vec::new() }
    }

    /// What is kept of this lead.
    ///
    /// # Errors
    /// The database's.
    pub fn of(tx: &mut dyn Tx, lead: i64) -> Result<Self, HubError> {
        let mut room = Self::empty(lead);
        let sql = "SELECT external_id, body FROM activity WHERE lead = ?1 ORDER BY at DESC, external_id";
        for row in tx.query(sql, &[lead.into()])? {
            let (id, body) = (row.text(0)?, row.text(1)?);
            room.count(id, body);
            room.trail.push(serde_json::from_str(body)?);
        }
        Ok(room)
    }

    fn count(&mut self, id: &str, body: &str) {
        self.many += 1;
        self.long = self.long.saturating_add(i64::try_from(body.chars().count()).unwrap_or(i64::MAX));
        self.known.insert(id.to_owned());
    }

    /// Takes an activity in, unless it is known or there is no room for it. What is known takes up no more.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn put(&mut self, activity: Activity) -> Result<Put, HubError> {
        if self.known.contains(&activity.external_id) {
            return Ok(Put::Known);
        }
        let more = if activity.kind.strength() >= STRONG { 2 } else { 1 };
        if self.many >= more * MOST || self.long >= more * LONGEST {
            return Ok(Put::LeftOut);
        }
        let body = serde_json::to_string(&activity)?;
        self.count(&activity.external_id, &body);
        self.new.push((activity, body));
        Ok(Put::New)
    }

    /// Writes what is new; returns all that they did, the newest first.
    ///
    /// # Errors
    /// The database's.
    pub fn keep(self, tx: &mut dyn Tx) -> Result<Vec<Activity>, HubError> {
        let Self { lead, mut trail, new, .. } = self;
        if new.is_empty() {
            return Ok(trail);
        }
        insert_all(tx, INTO, new.iter().map(|(activity, body)| row(lead, activity, body)).collect(), "")?;
        trail.extend(new.into_iter().map(|(activity, _)| activity));
        // As the database has them in order.
        trail.sort_by(|one, other| (other.at.map(ms), &one.external_id).cmp(&(one.at.map(ms), &other.external_id)));
        Ok(trail)
    }
}

const INTO: &str = "activity (lead, external_id, at, kind, body)";

fn row(lead: i64, activity: &Activity, body: &str) -> Vec<Value> {
    let (id, at, kind) = (activity.external_id.as_str(), activity.at.map(ms), activity.kind.code());
    vec![lead.into(), id.into(), at.into(), kind.into(), body.into()]
}

/// Keeps an activity of the hub's own, whatever there is already, unless it is known.
pub fn put(tx: &mut dyn Tx, lead: i64, activity: &Activity) -> Result<(), HubError> {
    let row = row(lead, activity, &serde_json::to_string(activity)?);
    insert_all(tx, INTO, vec![row], "ON CONFLICT (lead, external_id) DO NOTHING")?;
    Ok(())
}
