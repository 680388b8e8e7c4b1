//! Leads that reps take from a queue themselves (F52). One write at a time decides: of two who ask at once, each gets another
//! lead, or is told that there is none.

use super::db::{Scope, Tx, Value};
use super::error::HubError;
use super::gate::{self, Action};
use super::leads::{self, Case, Facts};
use super::people;
use super::roster;
use super::rules::TeamRules;
use super::sync;
use super::work::Work;
use crate::handoff::event::{Event, EventKind};
use crate::handoff::routing::Queue;
use crate::handoff::state::Stage;
use crate::wire::Written;
use crate::wire::people::Person;
use crate::wire::problem::{Code, Problem};
use crate::wire::sync::LeadState;
use crate::wire::team::OpenQueue;

/// What waits in a queue: nobody has it, and somebody can still do something with it.
const WAITS: &str = "queue = ?1 AND owner IS NULL AND merged_into IS NULL
    AND stage IN ('routed', 'assigned', 'accepted', 'attempted', 'connected', 'deferred')";

/// Gives a lead that waits in a queue to the one who asks: this one, or the one that came first. Returns it as it is then.
///
/// # Errors
/// No such queue is open to them; nothing waits in it, or this lead does not; they have as many as they may.
pub fn claim(
    work: &mut Work<'_>,
    scope: &Scope,
    queue: &str,
    lead: Option<i64>,
) -> Result<Written<LeadState>, HubError> {
    gate::check(scope, Action::Claim)?;
    let rules = work.rules;
    let closed = || HubError::not_found("there is no such queue that is open to you");
    let person = person(work.tx, scope)?.ok_or_else(closed)?;
    let open = open(rules, &person).find(|open| open.name == queue).ok_or_else(closed)?;
    let held = held(work.tx, &person.id, queue)?;
    if let Some(most) = open.claim.as_ref().and_then(|claim| claim.most).filter(|&most| held >= most) {
        let what =
            format!("you have {held} open leads from the queue {queue}, and {most} is the most: answer one of them");
        return Err(refused(&what));
    }
    // Not of the roster, in which managers are not.
    let has = roster::loads(work.tx, work.now)?.remove(&person.id).unwrap_or_default().open;
    if let Some(cap) = person.takes.open_cap.filter(|&cap| has >= cap) {
        return Err(refused(&format!("you have {has} open leads, and {cap} is the most: answer one of them")));
    }
    let mut case = next(work, queue, lead)?;
    work.give(&mut case, &person.id)?;
    let what = match case.handoff.stage {
        Stage::Routed => EventKind::Assigned { to: person.id.clone() },
        _ => EventKind::Rerouted { to: person.id.clone(), why: format!("claimed from the queue {queue}") },
    };
    let event = Event::new(uuid::Uuid::now_v7(), 0, work.now, gate::actor(scope), what);
    work.record(&mut case, event, Some(&serde_json::json!({ "claimed_from": queue })))?;
    case.facts.claimed_from = Some(queue.to_owned());
    case.lead.assigned_at = Some(work.now);
    case.lead.owner.clone_from(&case.owner);
    case.leaving = Some(format!("{} claimed it from the queue {queue}", person.id));
    let trail = leads::trail(work.tx, case.id)?;
    work.save(&mut case, &trail)?;
    work.write_log()?;
    sync::state(work.tx, &Scope::System, case.id)
}

/// The lead that is asked for, if it waits there; else the one that came first.
fn next(work: &mut Work<'_>, queue: &str, lead: Option<i64>) -> Result<Case, HubError> {
    let rows = match lead {
        Some(lead) => {
            let sql = format!("SELECT id FROM lead WHERE {WAITS} AND id = ?2");
            work.tx.query(&sql, &[queue.into(), lead.into()])?
        }
        None => work.tx.query(&format!("SELECT id FROM lead WHERE {WAITS} ORDER BY id LIMIT 1"), &[queue.into()])?,
    };
    let Some(row) = rows.first() else {
        return Err(refused(&match lead {
            Some(lead) => {
                format!("the lead {lead} does not wait in the queue {queue}; somebody else may have taken it")
            }
            None => format!("nothing waits in the queue {queue}"),
        }));
    };
    leads::load(work.tx, row.int(0)?, &Scope::System)
}

/// The queues from which one may take leads, in the order of the policy.
pub fn open_to(tx: &mut dyn Tx, rules: &TeamRules, scope: &Scope) -> Result<Vec<OpenQueue>, HubError> {
    gate::check(scope, Action::Claim)?;
    let Some(person) = person(tx, scope)? else { return Ok(Vec::new()) };
    let told = open(rules, &person).map(|queue| {
        let rows = tx.query(&format!("SELECT count(*) FROM lead WHERE {WAITS}"), &[queue.name.as_str().into()])?;
        Ok(OpenQueue {
            name: queue.name.clone(),
            waiting: rows.first().map(|row| row.int(0)).transpose()?.unwrap_or_default(),
            held: held(tx, &person.id, &queue.name)?,
            most: queue.claim.as_ref().and_then(|claim| claim.most),
        })
    });
    told.collect()
}

fn person(tx: &mut dyn Tx, scope: &Scope) -> Result<Option<Person>, HubError> {
    match scope {
        Scope::System => Ok(None),
        Scope::Person { id, .. } => people::find(tx, id),
    }
}

fn open<'r>(rules: &'r TeamRules, person: &'r Person) -> impl Iterator<Item = &'r Queue> {
    let is_open =
        |queue: &&Queue| queue.claim.as_ref().is_some_and(|claim| claim.is_open_to(&person.id, person.team.as_deref()));
    rules.config.routing.queues.iter().filter(is_open)
}

/// How many open leads somebody has that they took from this queue.
fn held(tx: &mut dyn Tx, person: &str, queue: &str) -> Result<u32, HubError> {
    let sql = "SELECT facts FROM lead WHERE owner = ?1 AND merged_into IS NULL
        AND stage IN ('assigned', 'accepted', 'attempted', 'connected', 'deferred')";
    let mut held = 0;
    for row in tx.query(sql, &[Value::from(person)])? {
        let facts: Facts = serde_json::from_str(row.text(0)?)?;
        held += u32::from(facts.claimed_from.as_deref() == Some(queue));
    }
    Ok(held)
}

fn refused(why: &str) -> HubError {
    Problem::new(Code::Refused, why).into()
}
