//! The calendars of people as the hub keeps them: where they are, when each is read again, and what was last known by it.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::Duration;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::{Span, Times};
use crate::handoff::Time;
use crate::handoff::roster::{Away, Responder};
use crate::hub::db::{Tx, Value};
use crate::hub::error::HubError;
use crate::hub::leads::{ms, time};
use crate::hub::outgoing::Address;
use crate::hub::people;
use crate::hub::work::Work;
use crate::wire::people::{Feed, FeedKind, FeedState, Feeds};

/// The most calendars of a person.
const MOST: usize = 8;

/// The longest address, in bytes.
const LONGEST: usize = 2_000;

/// What is known by a calendar, as milliseconds: from, to, from, to, …
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    away: Vec<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    busy: Vec<i64>,
}

impl Kept {
    fn of(times: &Times) -> Self {
        let flat = |spans: &[Span]| spans.iter().flat_map(|(from, to)| [ms(*from), ms(*to)]).collect();
        Self { away: flat(&times.away), busy: flat(&times.busy) }
    }

    fn times(&self) -> Times {
        let spans = |flat: &[i64]| flat.chunks_exact(2).map(|pair| (time(pair[0]), time(pair[1]))).collect();
        Times { away: spans(&self.away), busy: spans(&self.busy) }
    }
}

/// A calendar whose time has come.
#[derive(Clone)]
pub struct Due {
    /// Whose.
    pub person: String,
    /// Where it is: an address may be a secret.
    pub place: String,
    /// What its events mean.
    pub kind: FeedKind,
    /// The person's zone.
    pub zone: Tz,
}

/// Where a calendar is, for people: an address without all that may be secret in it.
pub fn shown(place: &str) -> String {
    match place.split_once("://") {
        Some((scheme, rest)) => {
            let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
            format!("{scheme}://{}/…", authority.rsplit('@').next().unwrap_or_default())
        }
        None => place.to_owned(),
    }
}

fn check(feeds: &Feeds) -> Result<(), HubError> {
    if feeds.feeds.len() > MOST {
        return Err(HubError::invalid("/feeds", format!("a person has at most {MOST} calendars")));
    }
    for (number, Feed { place, .. }) in feeds.feeds.iter().enumerate() {
        let is_address = place.contains("://");
        if is_address {
            Address::parse(place).map_err(|why| HubError::invalid(format!("/feeds/{number}/place"), why))?;
        }
        let is_plain = place.len() <= LONGEST && !place.chars().any(char::is_control);
        if !is_plain || !(is_address || Path::new(place).is_absolute()) {
            let what = "a calendar is an address, https://…, or the whole path of a file on the hub's machine";
            return Err(HubError::invalid(format!("/feeds/{number}/place"), what));
        }
    }
    Ok(())
}

/// Sets the calendars of a person. What is known by those that stay is kept.
///
/// # Errors
/// There is no such person; too many; one that is neither an address nor a path.
pub fn set(work: &mut Work<'_>, person: &str, feeds: &Feeds) -> Result<Vec<FeedState>, HubError> {
    check(feeds)?;
    must_be_there(work.tx, person)?;
    for old in places(work.tx, person)? {
        if !feeds.feeds.iter().any(|feed| feed.place == old) {
            work.tx.execute("DELETE FROM feed WHERE person = ?1 AND place = ?2", &[person.into(), old.into()])?;
        }
    }
    for feed in &feeds.feeds {
        work.tx.execute(
            "INSERT INTO feed (person, place, kind, next_at, times) VALUES (?1, ?2, ?3, ?4, '{}')
             ON CONFLICT (person, place) DO UPDATE SET kind = excluded.kind, next_at = excluded.next_at",
            &[person.into(), feed.place.as_str().into(), feed.kind.code().into(), ms(work.now).into()],
        )?;
    }
    people::changed(work.tx)?;
    work.forget_roster();
    of(work.tx, person)
}

fn must_be_there(tx: &mut dyn Tx, person: &str) -> Result<(), HubError> {
    match people::find(tx, person)? {
        Some(_) => Ok(()),
        None => Err(HubError::not_found(format!("there is no person “{person}”"))),
    }
}

fn places(tx: &mut dyn Tx, person: &str) -> Result<Vec<String>, HubError> {
    let rows = tx.query("SELECT place FROM feed WHERE person = ?1 ORDER BY place", &[person.into()])?;
    rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
}

/// The calendars of a person, and what is known by them.
pub fn of(tx: &mut dyn Tx, person: &str) -> Result<Vec<FeedState>, HubError> {
    must_be_there(tx, person)?;
    let rows = tx.query(
        "SELECT place, kind, read_at, failed, times FROM feed WHERE person = ?1 ORDER BY place",
        &[person.into()],
    )?;
    let one = |row: &crate::hub::db::Row| {
        let times = serde_json::from_str::<Kept>(row.text(4)?)?.times();
        Ok(FeedState {
            place: shown(row.text(0)?),
            kind: FeedKind::from_code(row.text(1)?).unwrap_or_default(),
            read_at: row.opt_int(2)?.map(time),
            failed: row.opt_text(3)?.map(str::to_owned),
            away: times.away.len(),
            busy: times.busy.len(),
        })
    };
    rows.iter().map(one).collect()
}

/// Takes the calendars whose time has come: until the next one, nobody else reads them.
pub fn take_due(work: &mut Work<'_>, most: i64) -> Result<Vec<Due>, HubError> {
    let rows = work.tx.query(
        "SELECT person, place, kind FROM feed WHERE next_at <= ?1 ORDER BY next_at, person, place LIMIT ?2",
        &[ms(work.now).into(), most.into()],
    )?;
    let next = work.now + Duration::seconds(i64::from(work.rules.config.routing.feeds.every));
    let mut due = Vec::new();
    for row in &rows {
        let (person, place) = (row.text(0)?.to_owned(), row.text(1)?.to_owned());
        work.tx.execute(
            "UPDATE feed SET next_at = ?3 WHERE person = ?1 AND place = ?2",
            &[person.as_str().into(), place.as_str().into(), ms(next).into()],
        )?;
        let zone = zone_of(work, &person)?;
        due.push(Due { person, place, kind: FeedKind::from_code(row.text(2)?).unwrap_or_default(), zone });
    }
    Ok(due)
}

/// The zone of a person's working hours, or else the team's.
fn zone_of(work: &mut Work<'_>, person: &str) -> Result<Tz, HubError> {
    let config = &work.rules.config;
    let own = people::find(work.tx, person)?.and_then(|person| person.takes.calendar);
    let calendar = own.and_then(|name| config.calendars.get(&name)).unwrap_or(&config.policy.calendar);
    Ok(calendar.zone())
}

/// Keeps what a calendar said; what it said before stands where it could not be read.
pub fn answered(work: &mut Work<'_>, due: &Due, answer: &Result<Times, String>) -> Result<(), HubError> {
    let (person, place) = (Value::from(due.person.as_str()), Value::from(due.place.as_str()));
    match answer {
        Ok(times) => {
            let kept = Value::Text(serde_json::to_string(&Kept::of(times))?);
            work.tx.execute(
                "UPDATE feed SET times = ?3, read_at = ?4, failed = NULL WHERE person = ?1 AND place = ?2",
                &[person, place, kept, ms(work.now).into()],
            )?;
            people::changed(work.tx)?;
            work.forget_roster();
        }
        Err(why) => {
            let sql = "UPDATE feed SET failed = ?3 WHERE person = ?1 AND place = ?2";
            work.tx.execute(sql, &[person, place, why.as_str().into()])?;
        }
    }
    Ok(())
}

/// Tells the roster who is away or busy.
pub fn tell(tx: &mut dyn Tx, roster: &mut [Responder], now: Time) -> Result<(), HubError> {
    let rows = tx.query("SELECT person, times FROM feed WHERE read_at IS NOT NULL", &[])?;
    let mut known: BTreeMap<&str, Vec<Times>> = BTreeMap::new();
    for row in &rows {
        known.entry(row.text(0)?).or_default().push(serde_json::from_str::<Kept>(row.text(1)?)?.times());
    }
    for person in roster {
        for times in known.remove(person.id.as_str()).into_iter().flatten() {
            let away = times.away.into_iter().filter(|(_, to)| *to > now);
            person.away.extend(away.map(|(from, to)| Away { from, to: Some(to), why: "by their calendar".into() }));
            person.busy.extend(times.busy.into_iter().filter(|(_, to)| *to > now));
        }
    }
    Ok(())
}
