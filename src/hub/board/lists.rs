//! What the board's figures are made of, page by page: a person's leads, a queue's, those in data completion, those that
//! nobody touched, and the breaches.

use super::marks::{COMPLETION, DEFERRAL, Marks};
use super::{own_teams, waiting_teams};
use crate::handoff::Time;
use crate::handoff::clocks::clocks;
use crate::handoff::escalation::Incident;
use crate::handoff::event::Role;
use crate::handoff::lead::Lead;
use crate::handoff::preflight::Item;
use crate::handoff::sla::Mode;
use crate::handoff::state::Stage;
use crate::hub::db::{Row, Scope, Tx, Value};
use crate::hub::error::HubError;
use crate::hub::gate;
use crate::hub::leads::{COLUMNS, Case, ms, read, time};
use crate::hub::rules::TeamRules;
use crate::wire::board::{BoardLead, BoardLeads, Idle, IncidentLine, Incidents, MissingItem, Of};

/// A place in a list: what it is sorted by, and the number of the row there.
pub type Place = (i64, i64);

/// Reads a place that a page ended with.
///
/// # Errors
/// It is none.
pub fn place(cursor: &str) -> Result<Place, HubError> {
    let parts = cursor.split_once('.').and_then(|(key, id)| Some((key.parse().ok()?, id.parse().ok()?)));
    parts.ok_or_else(|| HubError::invalid("after", "this is no place in a list of the board's"))
}

fn cursor((key, id): Place) -> String {
    format!("{key}.{id}")
}

/// A page of the leads that are asked for, as `scope` sees them. Those of a queue and those that wait for their data are to be
/// asked for on the hub's own behalf: a manager watches what is no team's.
pub fn leads(
    tx: &mut dyn Tx,
    rules: &TeamRules,
    scope: &Scope,
    of: &Of,
    (after, limit): (Option<Place>, i64),
    now: Time,
) -> Result<BoardLeads, HubError> {
    let after = after.unwrap_or((i64::MIN, 0));
    let mut found = match of {
        Of::Rep(id) => cases(tx, scope, ("due_at", "lead.owner = ?4", vec![id.into()], gate::seen), after, limit + 1)?,
        Of::Queue(name) => {
            let waiting = "lead.owner IS NULL AND lead.queue = ?4";
            let of_queue = ("waits_since", waiting, vec![name.into()], gate::seen_waiting as Seen);
            cases(tx, scope, of_queue, after, limit + 1)?
        }
        Of::Completion | Of::Idle => {
            let (teams, key, more, bound, seen): (_, _, _, Value, Seen) = match of {
                Of::Idle => (own_teams(tx, scope)?, "idle_at", "lead.idle_at <= ?4", ms(now).into(), gate::seen),
                _ => {
                    let stage = Stage::DataCompletion.code().into();
                    (waiting_teams(tx, scope)?, "waits_since", "lead.stage = ?4", stage, gate::seen_waiting)
                }
            };
            let mut found = Vec::new();
            for team in teams {
                let team_is = if team.is_some() { "lead.team = ?5" } else { "lead.team IS NULL" };
                let own = std::iter::once(bound.clone()).chain(team.map(Value::from)).collect();
                let condition = format!("{more} AND {team_is}");
                found.extend(cases(tx, scope, (key, &condition, own, seen), after, limit + 1)?);
            }
            found
        }
    };
    found.sort_by_key(|(place, _)| *place);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let next = (found.len() > limit).then(|| found.get(limit.saturating_sub(1)).map(|(place, _)| cursor(*place)));
    let leads = found.into_iter().take(limit).map(|(_, case)| lead(&case, rules, now)).collect();
    Ok(BoardLeads { leads, next: next.flatten() })
}

/// Which leads one sees, as the gate says it.
type Seen = fn(&Scope, usize) -> (String, Vec<Value>);

/// The leads that meet a condition with its own parameters, numbered from 4, in the order of a kept column.
fn cases(
    tx: &mut dyn Tx,
    scope: &Scope,
    (key, condition, own, seen): (&str, &str, Vec<Value>, Seen),
    (from, id): Place,
    limit: i64,
) -> Result<Vec<(Place, Case)>, HubError> {
    let (seen, params) = seen(scope, 4 + own.len());
    let sql = format!(
        "SELECT {COLUMNS}, lead.{key} FROM lead
         WHERE {condition} AND lead.{key} >= ?1 AND (lead.{key} > ?1 OR lead.id > ?2) AND {seen}
         ORDER BY lead.{key}, lead.id LIMIT ?3"
    );
    let params: Vec<Value> = [from.into(), id.into(), limit.into()].into_iter().chain(own).chain(params).collect();
    let rows = tx.query(&sql, &params)?;
    let place = |row: &Row| {
        let case = read(row)?;
        Ok(((row.int(10)?, case.id), case))
    };
    rows.iter().map(place).collect()
}

fn lead(case: &Case, rules: &TeamRules, now: Time) -> BoardLead {
    let (record, policy) = (&case.lead, &rules.config.policy);
    let marks = Marks::of(case, &rules.config, now);
    let handoff = case.handoff.at(now);
    let due_what = marks.due.map(|(_, what)| what);
    let mode = match due_what {
        Some(COMPLETION) => Mode::Business,
        Some(DEFERRAL) => Mode::Wall,
        what => {
            let clocks = clocks(record, &handoff, policy);
            let clock = clocks.iter().find(|clock| clock.met_at.is_none() && Some(clock.kind.code()) == what);
            clock.map_or(Mode::Business, |clock| clock.mode)
        }
    };
    let is_idle = marks.idle_at.is_some_and(|at| at <= now);
    let black_hole = i64::from(policy.sla.black_hole);
    let is_black_hole = handoff.stage == Stage::Assigned && (now - handoff.assigned_at).num_seconds() >= black_hole;
    BoardLead {
        id: case.id,
        name: record.display_name(),
        company: record.company.name.clone(),
        owner: case.owner.clone(),
        queue: case.queue.clone(),
        stage: handoff.stage,
        category: record.category,
        score: record.score.as_ref().map(|score| score.total),
        why: record.trigger.as_ref().map(|trigger| trigger.what.clone()),
        since: marks.waits_since,
        due: marks.due.map(|(at, _)| at),
        due_what: due_what.map(str::to_owned),
        mode,
        missing: if handoff.stage == Stage::DataCompletion { missing(record) } else { Vec::new() },
        idle: is_idle.then_some(if is_black_hole { Idle::BlackHole } else { Idle::SilentRejection }),
    }
}

fn missing(record: &Lead) -> Vec<MissingItem> {
    let failed = record.preflight.iter().filter(|item| !item.passed);
    failed
        .map(|item| MissingItem {
            label: Item::from_code(&item.item).map_or_else(|| item.item.clone(), |known| known.label().to_owned()),
            item: item.item.clone(),
            why: item.why.clone(),
        })
        .collect()
}

/// By which teams breaches are read; `None` for all of them at once.
pub(super) fn incident_teams(scope: &Scope) -> Vec<Option<String>> {
    match scope {
        Scope::Person { role: Role::Manager | Role::Rep, teams, .. } => teams.iter().cloned().map(Some).collect(),
        Scope::Person { .. } | Scope::System => vec![None],
    }
}

/// A page of breaches, the newest first: those of one's teams at that time, whoever has the lead now.
pub fn incidents(tx: &mut dyn Tx, scope: &Scope, after: Option<Place>, limit: i64) -> Result<Incidents, HubError> {
    let (at, id) = after.unwrap_or((i64::MAX, i64::MAX));
    let mut found: Vec<(Place, IncidentLine)> = Vec::new();
    for team in incident_teams(scope) {
        let team_is = if team.is_some() { " AND incident.team = ?4" } else { "" };
        let own: Vec<Value> = team.map(Value::from).into_iter().collect();
        let (seen, params) = gate::seen(scope, 4 + own.len());
        let sql = format!(
            "SELECT incident.at, incident.id, incident.lead, incident.body, lead.record FROM incident
             LEFT JOIN lead ON lead.id = incident.lead AND {seen}
             WHERE incident.at <= ?1 AND (incident.at < ?1 OR incident.id < ?2){team_is}
             ORDER BY incident.at DESC, incident.id DESC LIMIT ?3"
        );
        let params: Vec<Value> =
            [at.into(), id.into(), (limit + 1).into()].into_iter().chain(own).chain(params).collect();
        for row in tx.query(&sql, &params)? {
            found.push(((row.int(0)?, row.int(1)?), line(&row)?));
        }
    }
    found.sort_by_key(|(place, _)| std::cmp::Reverse(*place));
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let next = (found.len() > limit).then(|| found.get(limit.saturating_sub(1)).map(|(place, _)| cursor(*place)));
    Ok(Incidents { incidents: found.into_iter().take(limit).map(|(_, line)| line).collect(), next: next.flatten() })
}

fn line(row: &Row) -> Result<IncidentLine, HubError> {
    let body: Incident = serde_json::from_str(row.text(3)?)?;
    let record = row.opt_text(4)?.map(serde_json::from_str::<Lead>).transpose()?;
    Ok(IncidentLine {
        at: time(row.int(0)?),
        lead: row.int(2)?,
        name: record.map(|record| record.display_name()),
        cause: body.cause,
        clock: body.clock.code().to_owned(),
        window: body.window,
        owner: body.owner,
    })
}
