//! The hub's word on leads: what laptops are told of them. It is made of what stands in the database, unread, and with
//! two questions for many leads of a page: a rep's first day asks for everything at once.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::db::{Row, Tx, Value};
use super::error::HubError;
use super::leads::time;
use crate::handoff::Time;
use crate::handoff::unread::Unread;
use crate::wire::sync::LeadState;

const COLUMNS: &str = "lead.id, lead.version, lead.owner, lead.queue, lead.record, lead.handoff";

/// The leads of which this condition on the table `lead` holds, with what follows it (order, limit), up to about so many
/// bytes, and at least one of them; and whether more of them are there.
pub(super) fn of(
    tx: &mut dyn Tx,
    condition: &str,
    params: &[Value],
    most: usize,
) -> Result<(Vec<LeadState>, bool), HubError> {
    let rows = tx.query(&format!("SELECT {COLUMNS} FROM lead WHERE {condition}"), params)?;
    let (mut told, mut bytes, mut next) = (Vec::with_capacity(rows.len()), 0, FIRST);
    // What a lead weighs shows when it is read: first a few, then as many as are likely to fit.
    while told.len() < rows.len() && (told.is_empty() || bytes < most) {
        let some = &rows[told.len()..rows.len().min(told.len() + next)];
        for state in states(tx, some)? {
            bytes += state.lead.json().len() + state.trail.json().len() + state.history.json().len();
            told.push(state);
            if bytes >= most {
                break;
            }
        }
        next = (most.saturating_sub(bytes) / (bytes / told.len().max(1)).max(1)).clamp(1, 4 * next);
    }
    let is_cut = told.len() < rows.len();
    Ok((told, is_cut))
}

/// The most of what happened to one lead that is told, in events, the newest. All of it stays in the log.
const MOST_EVENTS: i64 = 1_000;

/// About the most that is told of what one lead did, and of what happened to it, in bytes each: a page has at least one lead,
/// and no laptop takes a page of any size.
const LONGEST: usize = 4 * 1024 * 1024;

/// So many leads are read before it is known what they weigh.
const FIRST: usize = 32;

fn states(tx: &mut dyn Tx, rows: &[Row]) -> Result<Vec<LeadState>, HubError> {
    let ids: Vec<i64> = rows.iter().map(|row| row.int(0)).collect::<Result<_, _>>()?;
    // One that does not say so tells all that it has.
    let seq = |handoff: &str| serde_json::from_str::<Counted>(handoff).map_or(0, |counted| counted.seq);
    let counted = |row: &Row| Ok::<_, HubError>((row.int(0)?, seq(row.text(5)?)));
    let counted: Vec<(i64, i64)> = rows.iter().map(counted).collect::<Result<_, _>>()?;
    let (mut trails, mut histories) = (trails(tx, &ids)?, histories(tx, &counted)?);
    let whole = |list: Option<String>| Ok::<_, HubError>(list.map_or_else(|| "[]".to_owned(), |list| list + "]"));
    let state = |row: &Row| {
        let id = row.int(0)?;
        Ok(LeadState {
            id,
            version: row.int(1)?,
            owner: row.opt_text(2)?.map(str::to_owned),
            queue: row.opt_text(3)?.map(str::to_owned),
            lead: Unread::new(row.text(4)?.to_owned())?,
            handoff: Unread::new(row.text(5)?.to_owned())?,
            trail: Unread::new(whole(trails.remove(&id))?)?,
            history: Unread::new(whole(histories.remove(&id))?)?,
        })
    };
    rows.iter().map(state).collect()
}

/// The numbers as SQL has them in `IN (…)`.
fn listed(ids: &[i64]) -> String {
    let mut list = String::new();
    for id in ids {
        let _ = write!(list, "{}{id}", if list.is_empty() { "" } else { "," });
    }
    list
}

/// Adds to the list of a lead, which lacks its end yet.
fn add(lists: &mut HashMap<i64, String>, lead: i64) -> &mut String {
    let list = lists.entry(lead).or_default();
    list.push(if list.is_empty() { '[' } else { ',' });
    list
}

/// What they did, the newest first, up to [`LONGEST`].
fn trails(tx: &mut dyn Tx, ids: &[i64]) -> Result<HashMap<i64, String>, HubError> {
    let sql = format!("SELECT lead, body FROM activity WHERE lead IN ({}) ORDER BY at DESC, external_id", listed(ids));
    let mut lists: HashMap<i64, String> = HashMap::with_capacity(ids.len());
    for row in tx.query(&sql, &[])? {
        let lead = row.int(0)?;
        if lists.get(&lead).is_none_or(|list| list.len() < LONGEST) {
            add(&mut lists, lead).push_str(row.text(1)?);
        }
    }
    Ok(lists)
}

/// An event of the log, as [`crate::handoff::event::Event`] is written.
#[derive(Serialize)]
struct Entry<'a> {
    id: uuid::Uuid,
    seq: i64,
    at: Time,
    actor: &'a RawValue,
    what: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    closes: Option<&'a RawValue>,
}

/// How many events a lead has, as its handoff says.
#[derive(Deserialize)]
struct Counted {
    seq: i64,
}

/// What happened to these leads, each with how many events it has: the newest [`MOST_EVENTS`] of each, up to
/// [`LONGEST`], the oldest first.
fn histories(tx: &mut dyn Tx, leads: &[(i64, i64)]) -> Result<HashMap<i64, String>, HubError> {
    let (short, long): (Vec<_>, Vec<_>) = leads.iter().partition(|(_, many)| *many <= MOST_EVENTS);
    let short: Vec<i64> = short.into_iter().map(|(lead, _)| lead).collect();
    let mut lists = HashMap::with_capacity(leads.len());
    if !short.is_empty() {
        history(tx, &format!("lead IN ({})", listed(&short)), &mut lists)?;
    }
    for (lead, many) in long {
        history(tx, &format!("lead = {lead} AND seq > {}", many - MOST_EVENTS), &mut lists)?;
    }
    Ok(lists.into_iter().map(|(lead, told)| (lead, newest(&told))).collect())
}

/// The last of these, up to [`LONGEST`] bytes, as a list that lacks its end yet.
fn newest(told: &[String]) -> String {
    let mut long = 0;
    let fits = told.iter().rev().take_while(|entry| {
        let fits = long < LONGEST;
        long += entry.len();
        fits
    });
    format!("[{}", told[told.len() - fits.count()..].join(","))
}

fn history(tx: &mut dyn Tx, of: &str, lists: &mut HashMap<i64, Vec<String>>) -> Result<(), HubError> {
    let sql = format!("SELECT lead, id, seq, at, actor, what, closes FROM log WHERE {of} ORDER BY n");
    for row in tx.query(&sql, &[])? {
        let entry = Entry {
            id: uuid::Uuid::from_bytes(row.array(1)?),
            seq: row.int(2)?,
            at: time(row.int(3)?),
            actor: serde_json::from_str(row.text(4)?)?,
            what: serde_json::from_str(row.text(5)?)?,
            closes: row.opt_text(6)?.map(serde_json::from_str).transpose()?,
        };
        lists.entry(row.int(0)?).or_default().push(serde_json::to_string(&entry)?);
    }
    Ok(())
}
