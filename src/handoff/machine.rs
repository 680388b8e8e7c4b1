//! The handoff's state machine: [`apply`] is the only place where a handoff changes state.
//!
//! The laptop and the hub run the same function. A rep's [`Act`] becomes events by [`plan`], and what numbers bring
//! about by [`consequences`]; both are then applied one by one. Time makes no events: see [`Handoff::at`].

use std::borrow::Cow;

use chrono::Duration;

use super::Time;
use super::clocks;
use super::disposition::{Act, Attempt, Channel, Deferral, NextStep, Outcome, Qualification, Rejection};
use super::event::{Event, EventKind, RecycleCause};
use super::lead::Lead;
use super::policy::{Policy, Shortfall, TouchPolicy};
use super::reason;
use super::refusal::Refusal;
use super::sla::Pause;
use super::state::{Handoff, Stage};
use super::summary::ClockKind;
use super::watch;

/// The longest snooze, in days.
const SNOOZE_DAYS: i64 = 1;

/// What a rep can do with an open lead: the end of a refusal.
const HINT_OPEN: &str = "It needs no answer from you now.";

/// Turns a rep's act at `now` into the events that record it, or refuses it. `lead` is asked for consent only.
pub fn plan(handoff: &Handoff, act: &Act, lead: &Lead, policy: &Policy, now: Time) -> Result<Vec<EventKind>, Refusal> {
    let handoff = handoff.at(now);
    let handoff = handoff.as_ref();
    let refuse = |hint| Err(Refusal::WrongStage { verb: act.verb(), stage: handoff.stage, hint });
    if !handoff.stage.is_open() {
        return refuse(HINT_OPEN);
    }
    let mut events = Vec::new();
    // Acting on a deferred lead ends the deferral first: they called back, or the rep changed plans.
    if handoff.stage == Stage::Deferred && !matches!(act, Act::Snooze { .. } | Act::Skip { .. }) {
        events.push(EventKind::Resumed);
    }
    let stage = if events.is_empty() { handoff.stage } else { handoff.deferred_from.unwrap_or_default() };
    match act {
        Act::Accept if stage == Stage::Assigned => events.push(EventKind::Accepted { implicit: false }),
        Act::Accept => return refuse("Log a contact, reject or defer it."),
        Act::Reject(rejection) => events.push(EventKind::Rejected(reason::check(&policy.reasons, rejection)?)),
        Act::Attempt(attempt) => {
            let attempt = check_attempt(handoff, attempt, lead, policy, now)?;
            if stage == Stage::Assigned {
                events.push(EventKind::Accepted { implicit: true });
            }
            events.push(EventKind::Attempted(attempt));
        }
        Act::Defer(deferral) => events.push(EventKind::Deferred(check_deferral(handoff, deferral, policy, now)?)),
        Act::Qualify(qualification) if stage == Stage::Connected => {
            events.push(EventKind::Qualified(check_qualification(qualification, now)?));
        }
        Act::Qualify(_) => return refuse("An SQL needs a conversation: log the contact with outcome “reached” first."),
        Act::Skip { reason } => {
            let reason = required(reason, "a skip needs a reason")?;
            events.push(EventKind::Skipped { reason });
        }
        Act::Snooze { until } => {
            in_future("the end of a snooze", *until, now)?;
            // A snooze has no reason and pauses nothing: longer than a day it would be silent ignoring (R87).
            if *until > now + Duration::days(SNOOZE_DAYS) {
                return Err(Refusal::Missing(
                    "a lead can be snoozed for a day at the most; defer it instead, and say why",
                ));
            }
            events.push(EventKind::Snoozed { until: *until });
        }
    }
    Ok(events)
}

/// What happens if a rep lets this happen at `at`: the hub's judgement of an event that a laptop made. It is the last of
/// the events that come back. What the laptop planned with [`plan`] comes back alone if the handoff stands where the
/// laptop took it to stand; where what went before did not get through, such as the acceptance that a contact implies,
/// it is among them.
pub fn admit(
    handoff: &Handoff,
    what: &EventKind,
    lead: &Lead,
    policy: &Policy,
    at: Time,
) -> Result<Vec<EventKind>, Refusal> {
    let standing = handoff.at(at);
    let wrong = |verb, hint| Err(Refusal::WrongStage { verb, stage: standing.stage, hint });
    let act = match what {
        EventKind::Accepted { implicit: false } => Act::Accept,
        // The contact that implies it follows by itself.
        EventKind::Accepted { implicit: true } if standing.stage == Stage::Assigned => return Ok(vec![what.clone()]),
        EventKind::Resumed if standing.stage.is_open() => return Ok(vec![what.clone()]),
        EventKind::Accepted { implicit: true } => return wrong("accept", HINT_OPEN),
        EventKind::Rejected(rejection) => Act::Reject(rejection.clone()),
        EventKind::Attempted(attempt) => Act::Attempt(attempt.clone()),
        EventKind::Deferred(deferral) => Act::Defer(deferral.clone()),
        EventKind::Qualified(qualification) => Act::Qualify(qualification.clone()),
        _ => return wrong("decide this for", "Only answers of a rep are taken."),
    };
    plan(handoff, &act, lead, policy, at)
}

fn required(text: &str, missing: &'static str) -> Result<String, Refusal> {
    let text = text.trim();
    reason::check_length(text)?;
    if text.is_empty() { Err(Refusal::Missing(missing)) } else { Ok(text.to_owned()) }
}

fn optional(text: Option<&String>) -> Result<Option<String>, Refusal> {
    let text = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    text.map(|text| reason::check_length(&text).map(|()| text)).transpose()
}

fn in_future(what: &'static str, at: Time, now: Time) -> Result<(), Refusal> {
    if at > now { Ok(()) } else { Err(Refusal::Time { what, direction: "in the future", at }) }
}

fn check_outcome(attempt: &Attempt) -> Result<(), Refusal> {
    let (channel, outcome) = (attempt.channel, attempt.outcome);
    if channel.outcomes().contains(&outcome) {
        return Ok(());
    }
    let known = channel.outcomes().iter().map(|outcome| outcome.label()).collect::<Vec<_>>().join(", ");
    Err(Refusal::Outcome { outcome: outcome.label(), channel: channel.label(), known })
}

/// A contact as it is kept for a fact, whoever holds the lead now (F115): what can come of its channel, in words that
/// are not too long, and made between `since` and `until`.
pub fn fact(attempt: &Attempt, since: Time, until: Time) -> Result<Attempt, Refusal> {
    check_outcome(attempt)?;
    let next = attempt.next.as_ref().map(|next| reason::check_length(&next.what).map(|()| next.clone()));
    Ok(Attempt {
        at: Some(attempt.at.unwrap_or(until).max(since).min(until)),
        note: optional(attempt.note.as_ref())?,
        cited: optional(attempt.cited.as_ref())?,
        consent_override: optional(attempt.consent_override.as_ref())?,
        next: next.transpose()?,
        ..attempt.clone()
    })
}

fn check_attempt(
    handoff: &Handoff,
    attempt: &Attempt,
    lead: &Lead,
    policy: &Policy,
    now: Time,
) -> Result<Attempt, Refusal> {
    check_outcome(attempt)?;
    let (channel, outcome) = (attempt.channel, attempt.outcome);
    let consent_override = optional(attempt.consent_override.as_ref())?;
    let barred = match channel {
        Channel::Phone => lead.person.do_not_call,
        Channel::Email => lead.person.do_not_email,
        Channel::Message | Channel::Linkedin | Channel::Video => false,
    };
    if barred && consent_override.is_none() {
        return Err(Refusal::DoNotContact { channel: channel.label() });
    }
    let at = attempt.at.unwrap_or(now);
    if at > now {
        return Err(Refusal::Time { what: "the time of a contact", direction: "in the past", at });
    }
    // Before it was theirs they had nobody to contact. A source whose clock is ahead must not forbid contacts now.
    let since = handoff.assigned_at.min(now);
    if at < since {
        return Err(Refusal::BeforeAssignment { at, since });
    }
    let cited = optional(attempt.cited.as_ref())?;
    if policy.touches.require_citation && cited.is_none() {
        return Err(Refusal::Missing("say which of their signals this contact referred to"));
    }
    let next = attempt.next.as_ref().map(|next| {
        in_future("the time of the next step", next.at, now)?;
        let what = required(&next.what, "a next step needs words: what will you do then?")?;
        Ok(NextStep { at: next.at, what })
    });
    let (note, next) = (optional(attempt.note.as_ref())?, next.transpose()?);
    Ok(Attempt { channel, outcome, at: Some(at), note, cited, next, consent_override })
}

fn check_deferral(handoff: &Handoff, deferral: &Deferral, policy: &Policy, now: Time) -> Result<Deferral, Refusal> {
    let why = required(&deferral.why, "a deferral needs an explanation: what did they say?")?;
    in_future("the end of a deferral", deferral.until, now)?;
    if handoff.deferrals >= policy.deferral.most {
        return Err(Refusal::DeferralsSpent { limit: policy.deferral.most });
    }
    // By days of the office, so that "in 30 days at 9:00" passes in the afternoon.
    let day = |time: Time| time.with_timezone(&policy.calendar.zone()).date_naive();
    if (day(deferral.until) - day(now)).num_days() > i64::from(policy.deferral.days) {
        return Err(Refusal::DeferralTooLong { days: policy.deferral.days });
    }
    Ok(Deferral { until: deferral.until, why })
}

fn check_qualification(given: &Qualification, now: Time) -> Result<Qualification, Refusal> {
    given.next_at.map_or(Ok(()), |at| in_future("the time of the next step", at, now))?;
    Ok(Qualification {
        problem: required(&given.problem, "an SQL needs the confirmed problem or trigger")?,
        authority: required(&given.authority, "an SQL needs the decision authority, or the way to it")?,
        next_step: required(&given.next_step, "an SQL needs the scheduled next step")?,
        next_at: given.next_at,
    })
}

/// What follows by itself from where a handoff stands at `now`, by the two rules of persistence (C15): the most touches without a connection exhaust a lead, too few in their time are a shortfall.
pub fn consequences(handoff: &Handoff, policy: &Policy, now: Time) -> Vec<EventKind> {
    let mut events = Vec::new();
    let handoff = handoff.at(now);
    let handoff = handoff.as_ref();
    let touches = handoff.touches.count;
    if handoff.stage == Stage::Attempted && touches >= policy.touches.most {
        events.push(EventKind::Recycled { cause: RecycleCause::Exhausted });
    } else if watch::touches_due(handoff, policy).is_some_and(|due| due <= now) {
        let TouchPolicy { least, days, shortfall, .. } = policy.touches;
        events.push(EventKind::Shortfall { touches, least, days });
        if shortfall == Shortfall::Recycle {
            events.push(EventKind::Recycled { cause: RecycleCause::Shortfall });
        }
    }
    events
}

/// Whether these events hold back what the source says of the lead from now on: one of them stands, and the source
/// must hear of it. What a rep did for themself alone, and what was taken back, is no answer to the source.
pub fn holds_source(events: &[Event]) -> bool {
    let undone = |event: &Event| events.iter().any(|other| other.what == EventKind::Undone { event: event.id });
    events.iter().any(|event| !event.what.is_private() && !undone(event))
}

/// Folds events that were stored before into a state. An event that was undone is left out, and so is its undoing.
pub fn replay<'a>(arrived: Handoff, events: impl IntoIterator<Item = &'a Event> + Clone) -> Result<Handoff, Refusal> {
    let undone: Vec<_> = events
        .clone()
        .into_iter()
        .filter_map(|event| if let EventKind::Undone { event } = event.what { Some(event) } else { None })
        .collect();
    events.into_iter().try_fold(arrived, |state, event| {
        if undone.contains(&event.id) {
            return Ok(Handoff { seq: event.seq, ..state });
        }
        apply(&state, event)
    })
}

/// Lets something happen that is new: applies the event and has it carry the outcome of each clock that it closes, by
/// the policy and the calendars in force now. `replay` takes the outcomes from the event.
pub fn happen(state: &Handoff, lead: &Lead, policy: &Policy, mut event: Event) -> Result<(Handoff, Event), Refusal> {
    let mut after = apply(state, &event)?;
    event.closes = clocks::closings(lead, state, &after, policy);
    after.closed.extend(event.closes.iter().cloned());
    Ok((after, event))
}

/// Applies one event: the only place where a handoff changes state. Refuses a transition that the lifecycle does
/// not have.
pub fn apply(state: &Handoff, event: &Event) -> Result<Handoff, Refusal> {
    use Stage::{
        Accepted, Assigned, Attempted, Captured, Connected, DataCompletion, Deferred, Mql, Opportunity, Ready,
        Recycled, Rejected, Routed, Scored, Sql,
    };
    let wrong = |verb| Err(Refusal::WrongStage { verb, stage: state.stage, hint: "Its history does not allow that." });
    let at = event.at;
    // What is the rep's own affair ends no deferral: the clock by which it was made may have been wrong, and the source never
    // hears of it.
    let state = &*if event.what.is_private() { Cow::Borrowed(state) } else { state.at(at) };
    let mut next = Handoff { seq: event.seq, ..state.clone() };
    match (&event.what, state.stage) {
        // Marketing's side.
        (EventKind::Captured, Captured) => {}
        (EventKind::Scored { .. }, Captured) => next.stage = Scored,
        // A later score is news about a lead, not a change of its stage (R29).
        (EventKind::Scored { .. }, _) => {}
        (EventKind::BecameMql { .. }, Captured | Scored | Recycled) => {
            next = Handoff { stage: Mql, mql_at: at, ..new_cycle(next) };
        }
        (EventKind::PreflightPassed, Mql | DataCompletion) => next.stage = Ready,
        (EventKind::PreflightFailed { .. }, Mql | DataCompletion) => next.stage = DataCompletion,
        (EventKind::Routed { .. }, Ready) => next.stage = Routed,
        (EventKind::Assigned { .. }, Routed) => {
            next.stage = Assigned;
            (next.assigned_at, next.held_since) = (at, at);
        }
        // The rep's side.
        (EventKind::Accepted { implicit }, Assigned) => {
            next.stage = Accepted;
            next.accepted_at = Some(at);
            next.accepted_implicitly = *implicit;
            next.answered_at.get_or_insert(at);
        }
        (EventKind::Attempted(attempt), Accepted | Attempted | Connected) => record_attempt(&mut next, attempt, at),
        (EventKind::Rejected(rejection), Assigned | Accepted | Attempted | Connected) => {
            next.stage = Rejected;
            next.rejection = Some(rejection.clone());
            next.closed_at = Some(at);
            next.answered_at.get_or_insert(at);
        }
        (EventKind::Deferred(deferral), Assigned | Accepted | Attempted | Connected) => {
            next.stage = Deferred;
            next.deferred_from = Some(state.stage);
            next.deferral = Some(deferral.clone());
            next.deferrals = state.deferrals.saturating_add(1);
            next.pauses.push(Pause { from: at, to: None });
            next.answered_at.get_or_insert(at);
        }
        (EventKind::Resumed, Deferred) => {
            next.stage = state.deferred_from.unwrap_or_default();
            next.end_deferral(at);
        }
        // The promised moment had come by itself.
        (EventKind::Resumed, stage) if stage.is_open() => {}
        (EventKind::Qualified(qualification), Connected) => {
            next.stage = Sql;
            next.qualification = Some(qualification.clone());
            next.closed_at = Some(at);
        }
        (EventKind::BecameOpportunity, Sql) => next.stage = Opportunity,
        (EventKind::Skipped { .. }, stage) if stage.is_open() => next.skipped_at = Some(at),
        (EventKind::Snoozed { until }, stage) if stage.is_open() => next.snoozed_until = Some(*until),
        // Its source took the lead away since: see `holds_source`.
        (EventKind::Skipped { .. } | EventKind::Snoozed { .. }, _) => {}
        // Both sides.
        (EventKind::Recycled { .. }, Recycled) => return wrong("recycle"),
        (EventKind::Recycled { cause }, Assigned | Accepted | Attempted | Connected | Deferred | Rejected) => {
            next.end_deferral(at);
            next.stage = Recycled;
            next.recycled = Some(*cause);
            next.closed_at = Some(at);
        }
        (EventKind::Rerouted { .. }, stage) if stage.is_open() => {
            // Neither the deferral nor the snooze of one rep binds the next.
            next.end_deferral(at);
            next.snoozed_until = None;
            next.stage = Assigned;
            (next.assigned_at, next.held_since) = (at, at);
            // The acceptance window resets, the first-contact clock goes on (C21).
            next.answered_at = None;
            next.accepted_at = None;
            next.closed.retain(|closed| closed.clock != ClockKind::Acceptance);
        }
        (EventKind::Reopened { .. }, Rejected | Recycled) => {
            next = Handoff { stage: Assigned, assigned_at: at, held_since: at, ..new_cycle(next) };
        }
        (EventKind::MovedAtSource { to, raw, why, until }, _) => {
            let said = why.clone().or_else(|| raw.clone());
            next = moved(next, *to, said, *until, at);
        }
        // A lead that was reached since is none.
        (EventKind::Shortfall { .. }, Accepted | Attempted) => next.shortfall_at = Some(at),
        // News that changes no stage.
        (
            // Somebody else's contact: who holds it now still owes theirs, and has all touches left.
            EventKind::ContactKept(_)
            | EventKind::Completed { .. }
            | EventKind::Merged { .. }
            | EventKind::Unmerged { .. }
            | EventKind::Breached { .. }
            | EventKind::Escalated { .. }
            | EventKind::HandedOver { .. }
            | EventKind::Unwritten { .. }
            | EventKind::Overridden { .. },
            _,
        ) => {}
        // The event that it names is left out by `replay`.
        (EventKind::Undone { .. }, _) => {}
        (EventKind::Captured, _) => return wrong("capture"),
        (EventKind::BecameMql { .. }, _) => return wrong("make an MQL of"),
        (EventKind::PreflightPassed | EventKind::PreflightFailed { .. }, _) => return wrong("check"),
        (EventKind::Routed { .. } | EventKind::Assigned { .. } | EventKind::Rerouted { .. }, _) => {
            return wrong("route");
        }
        (EventKind::Accepted { .. }, _) => return wrong("accept"),
        (EventKind::Attempted(_), _) => return wrong("log a contact with"),
        (EventKind::Rejected(_), _) => return wrong("reject"),
        (EventKind::Deferred(_), _) => return wrong("defer"),
        (EventKind::Resumed, _) => return wrong("resume"),
        (EventKind::Qualified(_), _) => return wrong("qualify"),
        (EventKind::BecameOpportunity, _) => return wrong("convert"),
        (EventKind::Recycled { .. }, _) => return wrong("recycle"),
        (EventKind::Shortfall { .. }, _) => return wrong("note a shortfall of"),
        (EventKind::Reopened { .. }, _) => return wrong("reopen"),
    }
    next.closed.extend(event.closes.iter().cloned());
    Ok(next)
}

/// What its source makes of a lead: it stands as one that arrives so, and what was done here stays true of it. One that was
/// over and is not any more begins again.
fn moved(state: Handoff, to: Stage, said: Option<String>, until: Option<Time>, at: Time) -> Handoff {
    let from = state.deferred_from.unwrap_or(state.stage);
    let mut next = if from.is_closed() && to.is_open() {
        Handoff { assigned_at: at, held_since: at, ..new_cycle(state) }
    } else {
        state
    };
    next.end_deferral(at);
    next.snoozed_until = None;
    next.stage = to;
    next.recycled = (to == Stage::Recycled).then_some(RecycleCause::Elsewhere);
    if to.is_closed() {
        (next.closed_at, next.closed_at_source) = (Some(at), true);
    }
    let is_reached = matches!(to, Stage::Connected | Stage::Sql | Stage::Opportunity);
    let is_taken = is_reached || matches!(to, Stage::Accepted | Stage::Attempted);
    if is_taken || matches!(to, Stage::Rejected | Stage::Deferred) {
        next.answered_at.get_or_insert(at);
    }
    if is_taken {
        next.accepted_at.get_or_insert(at);
    }
    if is_reached || to == Stage::Attempted {
        next.first_attempt_at.get_or_insert(at);
    }
    if is_reached {
        next.connected_at.get_or_insert(at);
    }
    match to {
        Stage::Rejected => {
            next.rejection = Some(Rejection { code: "other".into(), note: said, ..Rejection::default() });
        }
        Stage::Deferred => {
            let why = said.unwrap_or_else(|| "deferred at the source".into());
            next.deferral = Some(Deferral { until: until.unwrap_or(at), why });
            next.deferred_from = Some(if from.is_open() { from } else { Stage::Assigned });
            next.pauses.push(Pause { from: at, to: None });
        }
        _ => {}
    }
    next
}

fn record_attempt(next: &mut Handoff, attempt: &Attempt, at: Time) {
    let made = attempt.at.unwrap_or(at);
    if attempt.outcome == Outcome::Reached {
        next.stage = Stage::Connected;
        next.connected_at.get_or_insert(made);
    } else if next.stage == Stage::Accepted {
        next.stage = Stage::Attempted;
    }
    next.first_attempt_at = Some(next.first_attempt_at.map_or(made, |first| first.min(made)));
    next.last_touch_at = next.last_touch_at.max(Some(made));
    next.touches.count += 1;
    next.touches.generic += u32::from(attempt.cited.is_none());
    next.touches.by_channel[attempt.channel as usize] += 1;
    next.next_step = attempt.next.clone();
    next.snoozed_until = None;
}

/// What is forgotten when a lead begins again, by re-entry (R33 of the score) or by reopening (F84).
fn new_cycle(state: Handoff) -> Handoff {
    Handoff {
        answered_at: None,
        accepted_at: None,
        accepted_implicitly: false,
        first_attempt_at: None,
        last_touch_at: None,
        connected_at: None,
        touches: Default::default(),
        next_step: None,
        deferral: None,
        deferred_from: None,
        deferrals: 0,
        pauses: Vec::new(),
        closed: Vec::new(),
        shortfall_at: None,
        snoozed_until: None,
        skipped_at: None,
        rejection: None,
        qualification: None,
        recycled: None,
        closed_at: None,
        closed_at_source: false,
        ..state
    }
}

#[cfg(test)]
mod tests;
