//! Routing of the past with other rules (F51): reads from the log what happened to whom in a period, page by page, and has
//! [`Replay`] decide anew.

use std::collections::{BTreeMap, btree_map};

use chrono::{Days, NaiveTime};

use super::db::{Scope, Tx};
use super::error::HubError;
use super::gate;
use super::leads::{ms, time};
use super::log;
use super::roster;
use super::rules::TeamRules;
use crate::handoff::Time;
use crate::handoff::event::{Actor, EventKind};
use crate::handoff::lead::Lead;
use crate::handoff::roster::{Load, Responder};
use crate::handoff::routing::{Happened, Held, Replay, Replayed, Side, Went};
use crate::wire::problem::{Code, Problem};
use crate::wire::route::{Diff, Place, Simulation, Sum};

/// The longest period, in days.
pub const MOST_DAYS: u64 = 92;

/// The most entries of the log in it.
const MOST_ENTRIES: i64 = 500_000;

/// The most leads that were routed in it.
const MOST_LEADS: usize = 20_000;

/// Entries that are read at once.
const PAGE: i64 = 500;

/// The most leads that are told one by one.
const MOST_TOLD: usize = 1_000;

/// Decides anew about the leads that were routed since the beginning of that day, by the rules in force and by those that are
/// tried. Told is of those that `seen_by` sees.
///
/// # Errors
/// The period begins in the future, or is too long.
pub fn run(
    tx: &mut dyn Tx,
    rules: &TeamRules,
    tried: &TeamRules,
    since: Time,
    now: Time,
    seen_by: &Scope,
) -> Result<Simulation, HubError> {
    let since = since.with_time(NaiveTime::MIN).single().unwrap_or(since);
    if since > now {
        return Err(HubError::invalid("/since", "the period has not begun yet: it is about leads of the past"));
    }
    if now.checked_sub_days(Days::new(MOST_DAYS)).is_none_or(|most| since < most) {
        let what = format!("a simulation goes back {MOST_DAYS} days at the most; ask for a later beginning");
        return Err(HubError::invalid("/since", what));
    }
    let head = log::head(tx)?.n;
    let first = first_since(tx, head, since)?;
    if head - first > MOST_ENTRIES {
        return Err(too_much(&format!("{} entries of the log", head - first)));
    }
    let period = Period { first, last: head };
    let (before, delta) = what_was(tx, period)?;
    let sides = [rules, tried].map(|rules| {
        let roster = roster_then(tx, rules, now, &delta)?;
        let config = &rules.config;
        Ok::<_, HubError>(Side::new(&config.routing, &config.policy.calendar, roster, before.clone()))
    });
    let [old, new] = sides;
    let mut replay = Replay::new(old?, new?, before);
    period.walk(tx, |tx, entry| {
        let asks_record = matches!(entry.happened, Happened::Routed { .. } | Happened::Given { again: true, .. });
        let lead = if asks_record { record(tx, entry.lead)? } else { None };
        replay.happened(entry.at, entry.lead, &entry.happened, lead.as_ref().map(|(lead, ..)| lead));
        Ok(())
    })?;
    replay.pass(now);
    told(tx, replay.finish(), since, seen_by)
}

fn too_much(what: &str) -> HubError {
    let what = format!("there are {what} in this period, more than a simulation takes; ask for a later beginning");
    Problem::new(Code::Refused, what).at("/since").into()
}

/// The number of the last entry before that time. Numbers have no gaps, and grow with time.
fn first_since(tx: &mut dyn Tx, head: i64, since: Time) -> Result<i64, HubError> {
    let (mut before, mut after) = (0, head + 1);
    while after - before > 1 {
        let middle = i64::midpoint(before, after);
        let rows = tx.query("SELECT received_at FROM log WHERE n = ?1", &[middle.into()])?;
        let is_before = rows.first().map(|row| row.int(0)).transpose()?.is_some_and(|at| at < ms(since));
        if is_before { before = middle } else { after = middle }
    }
    Ok(before)
}

/// One entry that bears on who has what in hand.
struct Entry {
    lead: i64,
    at: Time,
    happened: Happened,
}

/// The entries after the first number, up to and including the last.
#[derive(Clone, Copy)]
struct Period {
    first: i64,
    last: i64,
}

impl Period {
    /// Goes through it in pages.
    fn walk(
        self,
        tx: &mut dyn Tx,
        mut each: impl FnMut(&mut dyn Tx, Entry) -> Result<(), HubError>,
    ) -> Result<(), HubError> {
        let mut after = self.first;
        loop {
            let rows = tx.query(
                "SELECT n, lead, received_at, actor, what FROM log WHERE n > ?1 AND n <= ?2 ORDER BY n LIMIT ?3",
                &[after.into(), self.last.into(), PAGE.into()],
            )?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.int(0)?;
            for row in &rows {
                let Some(lead) = row.opt_int(1)? else { continue };
                if let Some(happened) = happened(row.text(3)?, row.text(4)?)? {
                    each(tx, Entry { lead, at: time(row.int(2)?), happened })?;
                }
            }
        }
    }
}

fn happened(actor: &str, what: &str) -> Result<Option<Happened>, HubError> {
    let (actor, what): (Actor, EventKind) = (serde_json::from_str(actor)?, serde_json::from_str(what)?);
    Ok(Happened::of(&what, actor.role))
}

/// Who has which lead in hand, by their numbers.
type Hands = BTreeMap<i64, Held>;

/// Who had the leads in hand that something happens to in the period, before it; and how many open leads more each person
/// has at its end.
fn what_was(tx: &mut dyn Tx, period: Period) -> Result<(Hands, BTreeMap<String, i32>), HubError> {
    let (mut before, mut after) = (Hands::new(), Hands::new());
    let mut routed = 0;
    period.walk(tx, |tx, entry| {
        routed += usize::from(matches!(entry.happened, Happened::Routed { .. }));
        if routed > MOST_LEADS {
            return Err(too_much(&format!("more than {MOST_LEADS} leads")));
        }
        let held = match after.entry(entry.lead) {
            btree_map::Entry::Occupied(held) => held.into_mut(),
            btree_map::Entry::Vacant(new) => {
                let held = held_before(tx, entry.lead, period.first)?;
                before.insert(entry.lead, held.clone());
                new.insert(held)
            }
        };
        held.after(&entry.happened);
        Ok(())
    })?;
    let mut delta: BTreeMap<String, i32> = BTreeMap::new();
    for (held, more) in before.values().map(|held| (held, -1)).chain(after.values().map(|held| (held, 1))) {
        if let Some(person) = held.open_with() {
            *delta.entry(person.to_owned()).or_default() += more;
        }
    }
    Ok((before, delta))
}

/// Who had a lead in hand when this was the log's last entry.
fn held_before(tx: &mut dyn Tx, lead: i64, last: i64) -> Result<Held, HubError> {
    let mut held = Held::default();
    let rows =
        tx.query("SELECT actor, what FROM log WHERE lead = ?1 AND n <= ?2 ORDER BY n", &[lead.into(), last.into()])?;
    for row in &rows {
        if let Some(happened) = happened(row.text(0)?, row.text(1)?)? {
            held.after(&happened);
        }
    }
    Ok(held)
}

/// The people of today, as the rules see them, with what they had in hand before.
fn roster_then(
    tx: &mut dyn Tx,
    rules: &TeamRules,
    now: Time,
    delta: &BTreeMap<String, i32>,
) -> Result<Vec<Responder>, HubError> {
    let mut roster = roster::load(tx, rules, now)?;
    for person in &mut roster {
        let since = delta.get(&person.id).copied().unwrap_or_default();
        let Load { open, median_ack_seconds, .. } = person.load;
        // How fast somebody answers is, as their calendars are, that of today.
        person.load = Load { open: open.saturating_add_signed(-since), median_ack_seconds, ..Load::default() };
    }
    Ok(roster)
}

/// A lead's record, its owner and its team.
type Record = (Lead, Option<String>, Option<String>);

fn record(tx: &mut dyn Tx, id: i64) -> Result<Option<Record>, HubError> {
    let rows = tx.query("SELECT record, owner, team FROM lead WHERE id = ?1", &[id.into()])?;
    let Some(row) = rows.first() else { return Ok(None) };
    let words = |column| Ok::<_, HubError>(row.opt_text(column)?.map(str::to_owned));
    Ok(Some((serde_json::from_str(row.text(0)?)?, words(1)?, words(2)?)))
}

fn told(tx: &mut dyn Tx, leads: Vec<Replayed>, since: Time, seen_by: &Scope) -> Result<Simulation, HubError> {
    let mut told = Simulation {
        since,
        leads: 0,
        as_it_was: 0,
        changed: 0,
        diffs: Vec::new(),
        people: Vec::new(),
        rules: Vec::new(),
        queues: Vec::new(),
    };
    let (mut people, mut rules, mut queues) = (Sums::default(), Sums::default(), Sums::default());
    for replayed in leads {
        let Some((lead, owner, team)) = record(tx, replayed.lead)? else { continue };
        if !gate::sees(seen_by, owner.as_deref(), team.as_deref()) {
            continue;
        }
        told.leads += 1;
        told.as_it_was += usize::from(replayed.really.is_same_place(&replayed.old));
        let Replayed { at, old, new, why, .. } = replayed;
        people.add(old.to.as_deref(), new.to.as_deref());
        rules.add(Some(&old.rule), Some(&new.rule));
        queues.add(old.queue.as_deref(), new.queue.as_deref());
        if old.is_same_place(&new) && old.rule == new.rule {
            continue;
        }
        told.changed += 1;
        if told.diffs.len() < MOST_TOLD {
            let place = |Went { rule, to, queue }| Place { rule, to, queue };
            let name = lead.display_name();
            told.diffs.push(Diff { lead: replayed.lead, name, at, old: place(old), new: place(new), why });
        }
    }
    (told.people, told.rules, told.queues) = (people.finish(), rules.finish(), queues.finish());
    Ok(told)
}

/// Sums by name.
#[derive(Default)]
struct Sums(BTreeMap<String, (usize, usize)>);

impl Sums {
    fn add(&mut self, old: Option<&str>, new: Option<&str>) {
        if let Some(old) = old {
            self.0.entry(old.to_owned()).or_default().0 += 1;
        }
        if let Some(new) = new {
            self.0.entry(new.to_owned()).or_default().1 += 1;
        }
    }

    fn finish(self) -> Vec<Sum> {
        self.0.into_iter().map(|(name, (old, new))| Sum { name, old, new }).collect()
    }
}
