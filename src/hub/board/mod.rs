//! The team's board: who has what in hand, what waits, what is late (F94). Its figures are kept with the leads (`marks`)
//! and read by index, so that a board costs what there are people and queues, and not what there are leads; of what may
//! be long, so much is counted, and the rest is read page by page (`lists`).

mod lists;
mod marks;

use std::collections::BTreeMap;

use chrono::Duration;

use super::absence::feeds;
use super::db::{Scope, Tx, Value};
use super::error::HubError;
use super::gate;
use super::leads::{ms, time};
use super::people;
use super::roster;
use super::rules::TeamRules;
use crate::handoff::Time;
use crate::handoff::escalation::Cause;
use crate::handoff::event::Role;
use crate::handoff::roster::Responder;
use crate::handoff::routing::{Monitor, presence};
use crate::handoff::state::Stage;
use crate::wire::board::{Board, BoardPerson, BoardQueue, BoardTeam, MOST_COUNTED, NextDue, Waiting};
use crate::wire::people::Person;

pub use lists::{incidents, leads, place};
pub use marks::Marks;

/// So far back the board counts breaches, in hours.
const INCIDENT_HOURS: i64 = 24;

/// What one person's share of the board is read with: a lead's owner, now, and until when something is soon due.
const FIGURES: &str = "SELECT
    (SELECT count(*) FROM (SELECT 1 AS one FROM lead WHERE lead.owner = ?1 AND lead.due_at <= ?2 AND {seen}
        LIMIT 1000) AS late),
    (SELECT count(*) FROM (SELECT 1 AS one FROM lead WHERE lead.owner = ?1 AND lead.due_at > ?2 AND lead.due_at <= ?3
        AND lead.due_what <> 'deferral' AND {seen} LIMIT 1000) AS soon),
    (SELECT min(lead.waits_since) FROM lead WHERE lead.owner = ?1 AND lead.waits_since IS NOT NULL AND {seen})";

/// The board as `scope` sees it, without the queues, what waits for its data and what CRMs refused: these are read by the hub
/// itself, see [`queues`], [`completion`] and [`super::bridge::status::refused`].
pub fn board(tx: &mut dyn Tx, rules: &TeamRules, scope: &Scope, now: Time) -> Result<Board, HubError> {
    let within = rules.config.policy.sla.due_within;
    let mut teams: BTreeMap<Option<String>, BoardTeam> = BTreeMap::new();
    for (name, manager) in managers(tx, scope)? {
        teams.insert(Some(name.clone()), BoardTeam { name: Some(name), manager, people: Vec::new() });
    }
    let mut loads = roster::loads(tx, now)?;
    let mut seen = Vec::new();
    for person in people::all(tx)? {
        let load = loads.remove(&person.id).unwrap_or_default();
        // Who left is shown for as long as something is theirs.
        let holds_leads = load.open > 0;
        let takes_leads = person.is_active && person.role == Role::Rep;
        let is_seen = gate::sees(scope, Some(&person.id), person.team.as_deref());
        if !is_seen || !(takes_leads || holds_leads) {
            continue;
        }
        seen.push((person.clone(), roster::responder(person, load, rules)));
    }
    let (seen, mut responders): (Vec<Person>, Vec<Responder>) = seen.into_iter().unzip();
    // Whom routing takes for away is away here, too.
    feeds::tell(tx, &mut responders, now)?;
    for (person, responder) in seen.into_iter().zip(&responders) {
        let team = person.team.clone();
        let row = of_person(tx, rules, scope, person, responder, now)?;
        let empty = || BoardTeam { name: team.clone(), manager: None, people: Vec::new() };
        teams.entry(team.clone()).or_insert_with(empty).people.push(row);
    }
    let nobodys = teams.remove(&None);
    let teams = teams.into_values().chain(nobodys).collect();
    let own = own_teams(tx, scope)?;
    let idle = of_teams(tx, &own, "idle_at", "lead.idle_at <= ?1", now)?;
    let incidents = causes(tx, scope, now)?;
    let (completion, refused) = (Waiting::default(), BTreeMap::new());
    Ok(Board { now, teams, queues: Vec::new(), completion, idle, incidents, refused, soon_within: within })
}

/// What waits for its data, of the leads that `scope` sees and, for a manager, of those that are no team's yet. To be asked on
/// the hub's own behalf.
pub fn completion(tx: &mut dyn Tx, scope: &Scope, now: Time) -> Result<Waiting, HubError> {
    let stage = format!("lead.stage = '{}' AND lead.waits_since IS NOT NULL", Stage::DataCompletion.code());
    let teams = waiting_teams(tx, scope)?;
    of_teams(tx, &teams, "waits_since", &stage, now)
}

/// How many leads of these teams meet a condition, and since when the oldest of them by `key` does.
fn of_teams(
    tx: &mut dyn Tx,
    teams: &[Option<String>],
    key: &str,
    condition: &str,
    now: Time,
) -> Result<Waiting, HubError> {
    let mut all = Waiting::default();
    for team in teams {
        let team = team.as_deref();
        all = both(all, waiting(tx, key, &team_is(team, condition), team, now)?);
    }
    Ok(all)
}

fn of_person(
    tx: &mut dyn Tx,
    rules: &TeamRules,
    scope: &Scope,
    person: Person,
    responder: &Responder,
    now: Time,
) -> Result<BoardPerson, HubError> {
    let soon = now + Duration::seconds(i64::from(rules.config.policy.sla.due_within));
    let count = |n: i64| u32::try_from(n).unwrap_or(0);
    let (seen, params) = gate::seen(scope, 4);
    let params: Vec<Value> =
        [person.id.as_str().into(), ms(now).into(), ms(soon).into()].into_iter().chain(params).collect();
    let figures = tx.query(&FIGURES.replace("{seen}", &seen), &params)?;
    let figures = figures.first().map(|row| Ok::<_, HubError>((row.int(0)?, row.int(1)?, row.opt_int(2)?)));
    let (over, soon, oldest) = figures.transpose()?.unwrap_or_default();
    let (seen, params) = gate::seen(scope, 3);
    let params: Vec<Value> = [person.id.as_str().into(), ms(now).into()].into_iter().chain(params).collect();
    let next = tx.query(
        &format!(
            "SELECT lead.due_at, lead.due_what FROM lead
             WHERE lead.owner = ?1 AND lead.due_at > ?2 AND {seen} ORDER BY lead.due_at, lead.id LIMIT 1"
        ),
        &params,
    )?;
    let next = next.first().map(|row| {
        Ok::<_, HubError>(NextDue { at: time(row.int(0)?), what: row.opt_text(1)?.unwrap_or_default().to_owned() })
    });
    let Person { id, name, role, paused, .. } = person;
    Ok(BoardPerson {
        id,
        name,
        role,
        paused,
        open: responder.load.open,
        open_cap: responder.open_cap,
        today: responder.load.today,
        daily_cap: responder.daily_cap,
        acknowledges: responder.load.median_ack_seconds,
        over: count(over),
        soon: count(soon),
        next: next.transpose()?,
        oldest: oldest.map(time),
        presence: presence(responder, &rules.config.policy.calendar, now),
    })
}

/// The teams whose leads one sees, and `None` for leads that are no team's where one sees these too: each is read by the
/// index that begins with the team.
fn own_teams(tx: &mut dyn Tx, scope: &Scope) -> Result<Vec<Option<String>>, HubError> {
    if let Scope::Person { role: Role::Manager | Role::Rep, teams, .. } = scope {
        return Ok(teams.iter().cloned().map(Some).collect());
    }
    let rows = tx.query("SELECT name FROM team ORDER BY name", &[])?;
    let names = rows.iter().map(|row| Ok(Some(row.text(0)?.to_owned())));
    names.chain([Ok(None)]).collect()
}

/// The same for what waits before it is a team's: a manager is shown what is no team's yet, too.
fn waiting_teams(tx: &mut dyn Tx, scope: &Scope) -> Result<Vec<Option<String>>, HubError> {
    let mut teams = own_teams(tx, scope)?;
    if matches!(scope, Scope::Person { role: Role::Manager, .. }) {
        teams.push(None);
    }
    Ok(teams)
}

/// The teams that one sees, with who manages them.
fn managers(tx: &mut dyn Tx, scope: &Scope) -> Result<Vec<(String, Option<String>)>, HubError> {
    let rows = tx.query("SELECT name, manager FROM team ORDER BY name", &[])?;
    let all = rows.iter().map(|row| Ok((row.text(0)?.to_owned(), row.opt_text(1)?.map(str::to_owned))));
    let all: Vec<(String, Option<String>)> = all.collect::<Result<_, HubError>>()?;
    Ok(all.into_iter().filter(|(name, _)| gate::sees(scope, None, Some(name))).collect())
}

/// A condition on leads that are this team's, after what else is asked of them: `?1` is now and `?2` the team.
fn team_is(team: Option<&str>, more: &str) -> String {
    let team = if team.is_some() { "lead.team = ?2" } else { "lead.team IS NULL" };
    format!("{more} AND {team}")
}

/// How many leads meet a condition, and since when the oldest of them by `key` does.
fn waiting(tx: &mut dyn Tx, key: &str, condition: &str, second: Option<&str>, now: Time) -> Result<Waiting, HubError> {
    let params: Vec<Value> = std::iter::once(ms(now).into()).chain(second.map(Value::from)).collect();
    let rows = tx.query(
        &format!(
            "SELECT (SELECT count(*) FROM (SELECT 1 AS one FROM lead WHERE {condition} LIMIT {MOST_COUNTED}) AS some_of),
                (SELECT lead.{key} FROM lead WHERE {condition} ORDER BY lead.{key} LIMIT 1)
             WHERE CAST(?1 AS BIGINT) IS NOT NULL"
        ),
        &params,
    )?;
    let Some(row) = rows.first() else { return Ok(Waiting::default()) };
    Ok(Waiting { count: u32::try_from(row.int(0)?).unwrap_or(0), oldest: row.opt_int(1)?.map(time) })
}

fn both(one: Waiting, other: Waiting) -> Waiting {
    let oldest = [one.oldest, other.oldest].into_iter().flatten().min();
    Waiting { count: (one.count + other.count).min(MOST_COUNTED), oldest }
}

/// The queues with how much waits in them. To be asked on the hub's own behalf: whoever may see a board sees how much that
/// is, also where the leads are not for them.
pub fn queues(tx: &mut dyn Tx, rules: &TeamRules, now: Time) -> Result<Vec<BoardQueue>, HubError> {
    let config = &rules.config;
    let monitored = config.routing.queues.iter().map(|queue| {
        let monitor = match &queue.monitor {
            Monitor::Person(id) => id.clone(),
            Monitor::Role(role) => format!("every {role}"),
        };
        (queue.name.clone(), Some(monitor))
    });
    let mut all: Vec<(String, Option<String>)> = monitored.collect();
    let last = &config.escalation.queue;
    if !all.iter().any(|(name, _)| name == last) {
        all.push((last.clone(), None));
    }
    let condition = "lead.queue = ?2 AND lead.owner IS NULL AND lead.waits_since IS NOT NULL";
    let queue = |(name, monitor): (String, Option<String>)| {
        let waiting = waiting(tx, "waits_since", condition, Some(&name), now)?;
        Ok(BoardQueue { name, monitor, waiting })
    };
    all.into_iter().map(queue).collect()
}

/// The breaches of late, by their cause.
fn causes(tx: &mut dyn Tx, scope: &Scope, now: Time) -> Result<BTreeMap<Cause, u32>, HubError> {
    let since = ms(now - Duration::hours(INCIDENT_HOURS));
    let mut found: BTreeMap<Cause, u32> = BTreeMap::new();
    for team in lists::incident_teams(scope) {
        let (team_is, params) = match &team {
            Some(team) => (" AND team = ?2", vec![since.into(), team.as_str().into()]),
            None => ("", vec![since.into()]),
        };
        let sql = format!("SELECT cause, count(*) FROM incident WHERE at >= ?1{team_is} GROUP BY cause");
        for row in tx.query(&sql, &params)? {
            let Some(cause) = Cause::from_code(row.text(0)?) else { continue };
            *found.entry(cause).or_default() += u32::try_from(row.int(1)?).unwrap_or(u32::MAX);
        }
    }
    Ok(found)
}
