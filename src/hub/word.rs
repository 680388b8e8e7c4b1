//! The hub's word on leads: what laptops are told of them. It is made of what stands in the database, unread, and with
//! two questions for many leads of a page: a rep's first day asks for everything at once.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde::Deserialize;

use super::db::{Row, Tx, Value};
use super::error::HubError;
use super::leads::time;
use crate::handoff::stamp;
use crate::wire::sync::Form;

const COLUMNS: &str = "lead.id, lead.version, lead.owner, lead.queue, lead.record, lead.handoff";

/// What is told of some leads.
#[derive(Default)]
pub(super) struct Told {
    /// Each as a [`crate::wire::sync::LeadState`] in JSON, with commas between them, or in [lines](Form::Lines).
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
pub(super) fn of(
    tx: &mut dyn Tx,
    condition: &str,
    params: &[Value],
    most: usize,
    form: Form,
) -> Result<Told, HubError> {
    let rows = tx.query(&format!("SELECT {COLUMNS} FROM lead WHERE {condition}"), params)?;
    let mut told = Told::default();
    // What they did and what happened to them is about as much as the records.
    let records: usize = rows.iter().map(|row| row.text(4).map_or(0, str::len)).sum();
    told.leads.reserve(most.min(2 * records));
    for handful in rows.chunks(HANDFUL) {
        if told.count > 0 && told.leads.len() >= most {
            break;
        }
        write_some(tx, handful, most, form, &mut told)?;
    }
    told.is_cut = told.count < rows.len();
    Ok(told)
}

/// The most of what happened to one lead that is told, in events, the newest. All of it stays in the log.
const MOST_EVENTS: i64 = 1_000;

/// About the most that is told of what one lead did, and of what happened to it, in bytes each: a page has at least one lead,
/// and no laptop takes a page of any size.
const LONGEST: usize = 4 * 1024 * 1024;

/// What so many leads did, and what happened to them, is asked for at once: enough that a database far away is not asked too
/// often, and few enough that those with the longest trails have room in memory.
const HANDFUL: usize = 16;

/// Which leads: one, as most pages have, or a handful with a place for the number of each. Statements are kept prepared by
/// their text, so these are few; and PostgreSQL plans for one as for one.
fn which(ids: &[i64]) -> &'static str {
    match ids.len() {
        1 => "= ?1",
        _ => "IN (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    }
}

/// Adds these leads while they are not too much.
fn write_some(tx: &mut dyn Tx, rows: &[Row], most: usize, form: Form, told: &mut Told) -> Result<(), HubError> {
    let ids: Vec<i64> = rows.iter().map(|row| row.int(0)).collect::<Result<_, _>>()?;
    let mut counted = Vec::with_capacity(rows.len());
    for row in rows {
        // One that does not say so tells all that it has.
        let many = serde_json::from_str::<Counted>(row.text(5)?).map_or(0, |counted| counted.seq);
        counted.push((row.int(0)?, many));
    }
    let [a, b, c, d, e] = match form {
        Form::Page => [r#","lead":"#, r#","trail":"#, r#","handoff":"#, r#","history":"#, "}"],
        Form::Lines => ["}\n", "\n", "\n", "\n", "\n"],
    };
    let (mut trails, mut histories) = (trails(tx, &ids)?, histories(tx, &counted)?);
    for row in rows {
        let (id, version) = (row.int(0)?, row.int(1)?);
        let (owner, queue) = (serde_json::to_string(&row.opt_text(2)?)?, serde_json::to_string(&row.opt_text(3)?)?);
        let (lead, handoff) = (row.text(4)?, row.text(5)?);
        let (trail, history) = (trails.remove(&id).unwrap_or_default(), histories.remove(&id).unwrap_or_default());
        let comma = if told.leads.is_empty() || form == Form::Lines { "" } else { "," };
        told.leads.reserve(256 + lead.len() + handoff.len() + trail.len() + history.len());
        let _ = write!(
            told.leads,
            r#"{comma}{{"id":{id},"version":{version},"owner":{owner},"queue":{queue}{a}{lead}{b}[{trail}]{c}{handoff}{d}[{history}]{e}"#
        );
        (told.count, told.last) = (told.count + 1, Some(version));
        if told.leads.len() >= most {
            break;
        }
    }
    Ok(())
}

/// The numbers of one lead, or of a handful; where they are fewer the last one stands for the others.
fn listed(ids: &[i64]) -> Vec<Value> {
    let places = if ids.len() == 1 { 1 } else { HANDFUL };
    let last = ids.last().copied().unwrap_or_default();
    ids.iter().copied().chain(std::iter::repeat(last)).take(places).map(Value::from).collect()
}

/// The list of a lead, to add something to it.
fn add(lists: &mut HashMap<i64, String>, lead: i64) -> &mut String {
    let list = lists.entry(lead).or_default();
    if !list.is_empty() {
        list.push(',');
    }
    list
}

/// What they did, the newest first, up to [`LONGEST`].
fn trails(tx: &mut dyn Tx, ids: &[i64]) -> Result<HashMap<i64, String>, HubError> {
    let which = which(ids);
    let sql = format!("SELECT lead, body FROM activity WHERE lead {which} ORDER BY at IS NULL, at DESC, external_id");
    let mut lists: HashMap<i64, String> = HashMap::with_capacity(ids.len());
    tx.each(&sql, &listed(ids), &mut |row| {
        let lead = row.int(0)?;
        if lists.get(&lead).is_none_or(|list| list.len() < LONGEST) {
            add(&mut lists, lead).push_str(row.text(1)?);
        }
        Ok(())
    })?;
    Ok(lists)
}

/// How many events a lead has, as its handoff says.
#[derive(Deserialize)]
struct Counted {
    seq: i64,
}

/// What happened to these leads, each with how many events it has: the newest [`MOST_EVENTS`] of each, up to about
/// [`LONGEST`], the oldest first.
fn histories(tx: &mut dyn Tx, leads: &[(i64, i64)]) -> Result<HashMap<i64, String>, HubError> {
    let (short, long): (Vec<_>, Vec<_>) = leads.iter().partition(|(_, many)| *many <= MOST_EVENTS);
    let short: Vec<i64> = short.into_iter().map(|(lead, _)| lead).collect();
    let mut lists = HashMap::with_capacity(leads.len());
    if !short.is_empty() {
        history(tx, which(&short), &listed(&short), &mut lists)?;
    }
    for (lead, many) in long {
        let newest = [lead.into(), (many - MOST_EVENTS).into()];
        history(tx, "= ?1 AND seq > ?2", &newest, &mut lists)?;
    }
    Ok(lists.into_iter().map(|(lead, list)| (lead, list.newest())).collect())
}

/// Events of a lead with commas between them, and where each begins.
#[derive(Default)]
struct History {
    events: String,
    begins: Vec<usize>,
}

impl History {
    /// The last of them, up to [`LONGEST`] bytes.
    fn newest(mut self) -> String {
        let too_long = self.events.len().saturating_sub(LONGEST);
        let from = self.begins.iter().find(|&&begin| begin >= too_long).or(self.begins.last());
        self.events.split_off(from.copied().unwrap_or_default())
    }
}

/// Reads the events of which `lead …` holds, each as [`crate::handoff::event::Event`] is written.
fn history(tx: &mut dyn Tx, lead: &str, params: &[Value], lists: &mut HashMap<i64, History>) -> Result<(), HubError> {
    let columns = "lead, id, seq, at, actor, what, closes";
    let sql = format!("SELECT {columns} FROM log WHERE lead {lead} ORDER BY lead, n");
    tx.each(&sql, params, &mut |row| {
        let History { events, begins } = lists.entry(row.int(0)?).or_default();
        if !events.is_empty() {
            events.push(',');
        }
        begins.push(events.len());
        let id = uuid::Uuid::from_bytes(row.array(1)?);
        let mut digits = uuid::Uuid::encode_buffer();
        let (id, actor, what) = (&*id.hyphenated().encode_lower(&mut digits), row.text(4)?, row.text(5)?);
        events.reserve(128 + actor.len() + what.len());
        for part in [r#"{"id":""#, id, r#"","seq":"#] {
            events.push_str(part);
        }
        let _ = write!(events, "{}", row.int(2)?);
        events.push_str(r#","at":""#);
        stamp::push(events, time(row.int(3)?));
        for part in [r#"","actor":"#, actor, r#","what":"#, what] {
            events.push_str(part);
        }
        if let Some(closes) = row.opt_text(6)? {
            events.push_str(r#","closes":"#);
            events.push_str(closes);
        }
        events.push('}');
        Ok(())
    })?;
    Ok(())
}
