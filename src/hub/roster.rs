//! Who could take a lead now: people with what they have in hand, as routing asks for them.

use std::collections::BTreeMap;

use super::absence::feeds;
use super::db::Tx;
use super::error::HubError;
use super::leads::{ms, time};
use super::people;
use super::rules::TeamRules;
use crate::handoff::Time;
use crate::handoff::event::Role;
use crate::handoff::roster::{Away, Load, Responder};
use crate::wire::people::Person;

/// So long what was read of people is believed, and never into a new day: what they were given counts by the day.
const KEPT_SECONDS: i64 = 30;

/// The roster as one commit left it, for the next one of the same hub.
pub(super) struct Kept {
    pub(super) roster: Vec<Responder>,
    pub(super) since: Time,
    /// Of which state of people and their calendars ([`people::version`]).
    pub(super) people: i64,
    /// By which rules.
    pub(super) rules: i64,
    /// Where the log ended: beyond it others may have given leads to people, or taken some.
    pub(super) head: i64,
}

impl Kept {
    /// Whether these are the people still, whatever they have in hand now.
    pub(super) fn is_so(&self, people: i64, rules: i64, now: Time) -> bool {
        let is_fresh = (now - self.since).num_seconds().abs() < KEPT_SECONDS && day(self.since) == day(now);
        is_fresh && self.people == people && self.rules == rules
    }
}

/// The same people, with what they have in hand now.
pub(super) fn renew(tx: &mut dyn Tx, mut roster: Vec<Responder>, now: Time) -> Result<Vec<Responder>, HubError> {
    let mut loads = loads(tx, now)?;
    for person in &mut roster {
        person.load = loads.remove(&person.id).unwrap_or_default();
    }
    Ok(roster)
}

/// Everybody who takes leads, with what they have in hand at `now`.
pub fn load(tx: &mut dyn Tx, rules: &TeamRules, now: Time) -> Result<Vec<Responder>, HubError> {
    let mut loads = loads(tx, now)?;
    let people = people::all(tx)?;
    let takes_leads = |person: &Person| person.is_active && person.role == Role::Rep;
    let responder = |person: Person| {
        let load = loads.remove(&person.id).unwrap_or_default();
        responder(person, load, rules)
    };
    let mut roster: Vec<Responder> = people.into_iter().filter(takes_leads).map(responder).collect();
    feeds::tell(tx, &mut roster, now)?;
    Ok(roster)
}

/// A person with what they have in hand, as routing asks for them.
pub(super) fn responder(person: Person, load: Load, rules: &TeamRules) -> Responder {
    let takes = person.takes;
    let away = |away: crate::wire::people::AwayTime| Away { from: away.from, to: away.to, why: away.why };
    Responder {
        calendar: takes.calendar.and_then(|name| rules.config.calendars.get(&name).cloned()),
        id: person.id,
        name: person.name,
        team: person.team,
        is_active: person.is_active,
        is_paused: person.paused.is_some(),
        territories: takes.territories,
        segments: takes.segments,
        skills: takes.skills,
        products: takes.products,
        accounts: takes.accounts,
        away: takes.away.into_iter().map(away).collect(),
        busy: Vec::new(),
        open_cap: takes.open_cap,
        daily_cap: takes.daily_cap,
        weight: takes.weight.unwrap_or(1),
        load,
    }
}

/// What everybody has in hand. It is kept, not counted, since every lead that is routed asks for it.
pub(super) fn loads(tx: &mut dyn Tx, now: Time) -> Result<BTreeMap<String, Load>, HubError> {
    let count = |n: i64| u32::try_from(n).unwrap_or(0);
    let today = day(now);
    let rows = tx.query("SELECT person, open_leads, day, given, last_at, median_ack FROM load", &[])?;
    rows.iter()
        .map(|row| {
            let is_today = row.opt_text(2)? == Some(today.as_str());
            let load = Load {
                open: count(row.int(1)?),
                today: if is_today { count(row.int(3)?) } else { 0 },
                last_assigned_at: row.opt_int(4)?.map(time),
                median_ack_seconds: row.opt_int(5)?,
            };
            Ok((row.text(0)?.to_owned(), load))
        })
        .collect()
}

fn day(now: Time) -> String {
    now.date_naive().to_string()
}

/// Notes that somebody holds one open lead more, or one less.
pub fn note_open(tx: &mut dyn Tx, person: &str, more: i64) -> Result<(), HubError> {
    tx.later(
        "INSERT INTO load (person, open_leads, given) VALUES (?1, ?2, 0)
         ON CONFLICT (person) DO UPDATE SET open_leads = load.open_leads + ?2",
        vec![person.into(), more.into()],
    )?;
    Ok(())
}

/// Notes that somebody was given a lead.
pub fn note_given(tx: &mut dyn Tx, person: &str, now: Time) -> Result<(), HubError> {
    tx.later(
        "INSERT INTO load (person, open_leads, day, given, last_at) VALUES (?1, 0, ?2, 1, ?3)
         ON CONFLICT (person) DO UPDATE SET day = excluded.day, last_at = excluded.last_at,
            given = CASE WHEN load.day = excluded.day THEN load.given + 1 ELSE 1 END",
        vec![person.into(), day(now).into(), ms(now).into()],
    )?;
    Ok(())
}
