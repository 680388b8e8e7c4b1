//! A lead's way from the door to a desk: trigger, pre-flight, routing, assignment (R8). Each stage is an event that says
//! by whom, when, by which version of the policy and on what it was decided (R124).

use super::acknowledged;
use super::bridge;
use super::clockwork;
use super::enrich::job;
use super::error::HubError;
use super::leads::{self, Case};
use super::orders;
use super::people;
use super::work::Work;
use crate::handoff::Time;
use crate::handoff::activity::Activity;
use crate::handoff::calendar::Calendar;
use crate::handoff::dedup::{self, Certainty, Match};
use crate::handoff::event::EventKind;
use crate::handoff::lead::{Lead, PreflightItem, Routing, Trigger};
use crate::handoff::preflight::{self, Facts};
use crate::handoff::qualify;
use crate::handoff::roster::Responder;
use crate::handoff::routing::{self, Decision, RoutingPolicy, Target};
use crate::handoff::scoring::rescore;
use crate::handoff::state::Stage;

/// Up to so many people the log says of each why they did not get a lead.
const MOST_TOLD: usize = 50;

/// Takes a lead as far as it comes now, after something about it changed. It is not written back yet.
pub fn advance(work: &mut Work<'_>, case: &mut Case, trail: &[Activity]) -> Result<(), HubError> {
    let before = score(work, case, trail)?;
    if matches!(case.handoff.stage, Stage::Captured | Stage::Scored | Stage::Recycled)
        && let Some(trigger) = trigger(work, case, trail, before)
    {
        case.lead.trigger = Some(trigger.clone());
        work.happen(case, EventKind::BecameMql { trigger })?;
        case.lead.mql_at = Some(work.now);
    }
    if matches!(case.handoff.stage, Stage::Mql | Stage::DataCompletion) {
        if case.handoff.stage == Stage::DataCompletion {
            bridge::recognise(work, case)?;
        }
        check(work, case, trail)?;
    }
    if case.handoff.stage == Stage::Ready && !route_there(work, case)? {
        route(work, case, &[])?;
    }
    Ok(())
}

/// Scores a lead anew; if that changed anything, it is an event. Returns the total before.
fn score(work: &mut Work<'_>, case: &mut Case, trail: &[Activity]) -> Result<Option<i32>, HubError> {
    let before = case.lead.score.clone();
    rescore(&mut case.lead, trail, &work.rules.config.scoring, work.now);
    let total = before.as_ref().map(|score| score.total);
    let Some(score) = case.lead.score.clone() else { return Ok(total) };
    let parts = |score: &crate::handoff::score::Score| (score.total, score.fit, score.intent, score.behavior);
    if before.as_ref().map(parts) != Some(parts(&score)) {
        let by_axis = [score.fit, score.intent, score.behavior].map(Option::unwrap_or_default);
        let what = EventKind::Scored { total: score.total, parts: Some(by_axis), model: score.model };
        work.decide(case, what, Some(&score.parts))?;
    }
    Ok(total)
}

fn trigger(work: &Work<'_>, case: &Case, trail: &[Activity], before: Option<i32>) -> Option<Trigger> {
    let rules = &work.rules.config.qualify;
    qualify::trigger(&case.lead, trail, case.lead.score.as_ref(), before, rules, case.facts.cycle_since, work.now)
}

/// Checks the nine items (R34). What fails waits in data completion and is told once for what is missing (R35).
fn check(work: &mut Work<'_>, case: &mut Case, trail: &[Activity]) -> Result<(), HubError> {
    let facts = Facts {
        enrichment_attempted: !case.facts.looked_up.is_empty(),
        route: Some(match &case.facts.owner_there {
            Some(there) => there.rule(),
            None => choose(work, case, &[])?.rule,
        }),
        duplicate: duplicates(work, case)?.into_iter().next().map(|(_, found)| found),
        waived: case.facts.waivers(),
    };
    let items = preflight::check(&case.lead, trail, &facts, &work.rules.config.preflight);
    let failed = |items: &[PreflightItem]| {
        items.iter().filter(|item| !item.passed).map(|item| item.item.clone()).collect::<Vec<_>>()
    };
    let missing = failed(&items);
    let is_told = case.handoff.stage == Stage::DataCompletion && failed(&case.lead.preflight) == missing;
    case.lead.preflight = items;
    if missing.is_empty() {
        work.decide(case, EventKind::PreflightPassed, Some(&case.lead.preflight.clone()))?;
    } else if !is_told {
        work.decide(case, EventKind::PreflightFailed { missing }, Some(&case.lead.preflight.clone()))?;
    }
    let items = case.lead.preflight.clone();
    job::request(work, case, &items)
}

/// The leads that may be the same person as this one, and why, the certain ones first (F37).
pub(super) fn duplicates(work: &mut Work<'_>, case: &mut Case) -> Result<Vec<(Case, Match)>, HubError> {
    let keys = dedup::Keys::of(&case.lead);
    let candidates = match case.alike.take() {
        Some((asked, alike)) if asked == keys => alike,
        _ => leads::with_keys(work.tx, &keys, case.id)?,
    };
    case.alike = case.is_new.then(|| (keys, candidates.clone()));
    let is_other = |other: &Case| !case.facts.distinct.contains(&other.id);
    let same = |other: Case| dedup::same(&case.lead, &other.lead).map(|found| (other, found));
    let mut found: Vec<_> = candidates.into_iter().filter(is_other).filter_map(same).collect();
    found.sort_by_key(|(other, found)| (found.certainty != Certainty::Certain, other.id));
    Ok(found)
}

/// Chooses where a lead goes (R62) and, if that is a person, gives it to them.
pub(super) fn route(work: &mut Work<'_>, case: &mut Case, excluding: &[String]) -> Result<(), HubError> {
    let decision = decide(work, case, excluding)?;
    let queue = match &decision.target {
        Target::Person { .. } => None,
        Target::Queue { name, .. } => Some(name.clone()),
    };
    let routed = EventKind::Routed { rule: decision.rule.clone(), queue: queue.clone() };
    work.decide(case, routed, Some(&decision))?;
    case.lead.routing = Some(Routing {
        rule: decision.rule.clone(),
        queue: queue.clone(),
        pinned: decision.pinned,
        at: Some(work.now),
    });
    match decision.target {
        Target::Person { id } => assign(work, case, &id),
        Target::Queue { .. } => {
            case.queue = queue;
            let held_until = held_until(work, case)?;
            case.facts.retry_at = Some(clockwork::retry_at(work, held_until));
            Ok(())
        }
    }
}

/// Tries again to find a person for a lead that waits for one in a queue (F48).
pub(super) fn retry(work: &mut Work<'_>, case: &mut Case) -> Result<(), HubError> {
    if case.owner.is_some() || case.handoff.stage != Stage::Routed {
        return Ok(());
    }
    let decision = decide(work, case, &[])?;
    match &decision.target {
        Target::Person { id } => {
            if let Some(routing) = &mut case.lead.routing {
                *routing =
                    Routing { rule: decision.rule.clone(), queue: None, pinned: decision.pinned, at: Some(work.now) };
            }
            assign(work, case, id)
        }
        Target::Queue { .. } => {
            let held_until = held_until(work, case)?;
            case.facts.retry_at = Some(clockwork::retry_at(work, held_until));
            Ok(())
        }
    }
}

/// Gives a lead that its owner did not answer to somebody else, or to the queue where nobody can take it (R77).
pub(super) fn reroute(work: &mut Work<'_>, case: &mut Case, why: &str) -> Result<(), HubError> {
    acknowledged::missed(work, case)?;
    let owner: Vec<String> = case.owner.iter().cloned().collect();
    let decision = decide(work, case, &owner)?;
    let to = match &decision.target {
        Target::Person { id } => {
            work.give(case, id)?;
            id.clone()
        }
        Target::Queue { name, .. } => {
            case.owner = None;
            case.queue = Some(name.clone());
            format!("the queue {name}")
        }
    };
    case.leaving = Some(format!("given to {to}: {why}"));
    work.decide(case, EventKind::Rerouted { to, why: why.to_owned() }, Some(&decision))?;
    case.lead.assigned_at = Some(work.now);
    case.lead.owner.clone_from(&case.owner);
    Ok(())
}

/// Gives a lead to whoever owns it in the CRM that it comes from, if that is one of ours: no rule takes it from them.
fn route_there(work: &mut Work<'_>, case: &mut Case) -> Result<bool, HubError> {
    let Some(there) = case.facts.owner_there.take() else { return Ok(false) };
    let Some(person) = people::find(work.tx, &there.person)?.filter(orders::takes_leads) else { return Ok(false) };
    work.decide(case, EventKind::Routed { rule: there.rule(), queue: None }, Some(&there))?;
    case.lead.routing = Some(Routing { rule: there.rule(), queue: None, pinned: true, at: Some(work.now) });
    assign(work, case, &person.id)?;
    Ok(true)
}

fn held_until(work: &mut Work<'_>, case: &Case) -> Result<Option<Time>, HubError> {
    let now = work.now;
    let config = &work.rules.config;
    let roster = work.roster()?;
    Ok(routing::held_until(&case.lead, roster, &config.routing, &config.policy.calendar, now, &[]))
}

/// Gives a routed lead to a person.
pub(super) fn assign(work: &mut Work<'_>, case: &mut Case, to: &str) -> Result<(), HubError> {
    work.give(case, to)?;
    work.happen(case, EventKind::Assigned { to: to.to_owned() })?;
    case.lead.assigned_at = Some(work.now);
    case.lead.owner = Some(to.to_owned());
    Ok(())
}

/// Where the rules send a lead now, and why: with every rule that was tried and who lost, where the team is not so large
/// that it would drown the log; `leadbox route explain` tells it for teams of any size.
fn decide(work: &mut Work<'_>, case: &Case, excluding: &[String]) -> Result<Decision, HubError> {
    if work.roster()?.len() <= MOST_TOLD { explain(work, case, excluding) } else { choose(work, case, excluding) }
}

/// Where the rules send a lead now, with all that went into it (F50).
pub fn explain(work: &mut Work<'_>, case: &Case, excluding: &[String]) -> Result<Decision, HubError> {
    asked(work, case, excluding, routing::explain)
}

/// The same decision, without saying why.
fn choose(work: &mut Work<'_>, case: &Case, excluding: &[String]) -> Result<Decision, HubError> {
    asked(work, case, excluding, routing::route)
}

fn asked(
    work: &mut Work<'_>,
    case: &Case,
    excluding: &[String],
    ask: impl FnOnce(&Lead, &[Responder], &RoutingPolicy, &Calendar, Time, &[String]) -> Decision,
) -> Result<Decision, HubError> {
    let now = work.now;
    let config = &work.rules.config;
    let roster = work.roster()?;
    Ok(ask(&case.lead, roster, &config.routing, &config.policy.calendar, now, excluding))
}
