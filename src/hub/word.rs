//! The hub's word on leads: what laptops are told of them. It is made of what stands in the database, unread, and with
//! two questions for many leads of a page: a rep's first day asks for everything at once.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::db::{Row, Tx, Value};
use super::error::HubError;
use super::leads::time;

const COLUMNS: &str = "lead.id, lead.version, lead.owner, lead.queue, lead.record, lead.handoff";

/// What is told of some leads.
#[derive(Default)]
pub(super) struct Told {
    /// Each as a [`crate::wire::sync::LeadState`] in JSON, with commas between them.
    pub(super) leads: String,
    /// How many they are.
    pub(super) count: usize,
    /// The version of the last one.
    pub(super) last: Option<i64>,
    /// There are more of them.
    pub(super) is_cut: bool,
}

/// The leads of which this condition on the table `lead` holds, with what follows it (order, limit), up to about so many
/// bytes, and at least one of them.
pub(super) fn of(tx: &mut dyn Tx, condition: &str, params: &[Value], most: usize) -> Result<Told, HubError> {
    let rows = tx.query(&format!("SELECT {COLUMNS} FROM lead WHERE {condition}"), params)?;
    let (mut told, mut next) = (Told::default(), FIRST);
    // What a lead weighs shows when it is read: first a few, then as many as are likely to fit.
    while told.count < rows.len() && (told.count == 0 || told.leads.len() < most) {
        write_some(tx, &rows[told.count..rows.len().min(told.count + next)], most, &mut told)?;
        next = (most.saturating_sub(told.leads.len()) / (told.leads.len() / told.count).max(1)).clamp(1, 4 * next);
    }
    told.is_cut = told.count < rows.len();
    Ok(told)
}

/// So many leads are read before it is known what they weigh.
const FIRST: usize = 32;

/// Adds these leads while they are not too much.
fn write_some(tx: &mut dyn Tx, rows: &[Row], most: usize, told: &mut Told) -> Result<(), HubError> {
    let ids: Vec<i64> = rows.iter().map(|row| row.int(0)).collect::<Result<_, _>>()?;
    let (mut trails, mut histories) = (trails(tx, &ids)?, histories(tx, &ids)?);
    for row in rows {
        let (id, version) = (row.int(0)?, row.int(1)?);
        let (owner, queue) = (serde_json::to_string(&row.opt_text(2)?)?, serde_json::to_string(&row.opt_text(3)?)?);
        let (lead, handoff) = (row.text(4)?, row.text(5)?);
        let (trail, history) = (trails.remove(&id).unwrap_or_default(), histories.remove(&id).unwrap_or_default());
        let comma = if told.leads.is_empty() { "" } else { "," };
        told.leads.reserve(256 + lead.len() + handoff.len() + trail.len() + history.len());
        let _ = write!(
            told.leads,
            r#"{comma}{{"id":{id},"version":{version},"owner":{owner},"queue":{queue},"lead":{lead},"trail":[{trail}],"handoff":{handoff},"history":[{history}]}}"#
        );
        (told.count, told.last) = (told.count + 1, Some(version));
        if told.leads.len() >= most {
            break;
        }
    }
    Ok(())
}

/// The numbers as SQL has them in `IN (…)`.
fn listed(ids: &[i64]) -> String {
    let mut list = String::new();
    for id in ids {
        let _ = write!(list, "{}{id}", if list.is_empty() { "" } else { "," });
    }
    list
}

/// The list of a lead, to add something to it.
fn add(lists: &mut HashMap<i64, String>, lead: i64) -> &mut String {
    let list = lists.entry(lead).or_default();
    if !list.is_empty() {
        list.push(',');
    }
    list
}

/// What they did, the newest first.
fn trails(tx: &mut dyn Tx, ids: &[i64]) -> Result<HashMap<i64, String>, HubError> {
    let sql = format!("SELECT lead, body FROM activity WHERE lead IN ({}) ORDER BY at DESC, external_id", listed(ids));
    let mut lists = HashMap::with_capacity(ids.len());
    for row in tx.query(&sql, &[])? {
        add(&mut lists, row.int(0)?).push_str(row.text(1)?);
    }
    Ok(lists)
}

/// What happened to them, the oldest first: each as [`crate::handoff::event::Event`] is written.
fn histories(tx: &mut dyn Tx, ids: &[i64]) -> Result<HashMap<i64, String>, HubError> {
    let sql =
        format!("SELECT lead, id, seq, at, actor, what, closes FROM log WHERE lead IN ({}) ORDER BY n", listed(ids));
    let mut lists = HashMap::with_capacity(ids.len());
    for row in tx.query(&sql, &[])? {
        let list = add(&mut lists, row.int(0)?);
        let (id, seq) = (uuid::Uuid::from_bytes(row.array(1)?), row.int(2)?);
        let at = serde_json::to_string(&time(row.int(3)?))?;
        let (actor, what) = (row.text(4)?, row.text(5)?);
        let _ = write!(list, r#"{{"id":"{id}","seq":{seq},"at":{at},"actor":{actor},"what":{what}"#);
        if let Some(closes) = row.opt_text(6)? {
            let _ = write!(list, r#","closes":{closes}"#);
        }
        list.push('}');
    }
    Ok(lists)
}
