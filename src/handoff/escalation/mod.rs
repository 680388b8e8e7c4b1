//! Escalation: when a lead must be looked at next, and what is due then (F66-F75, R48, R74-R78, C20-C25).
//!
//! A pure function of the lead, its handoff, the policy and what was fired already. Whoever keeps the clock asks
//! [`next`] when to wake, does the first that is [`due`], records it as [`Fired`], and asks again until nothing is. After
//! an hour of downtime the same things come out, in the same order and with the same times, as if the clock had been
//! looked at every second.
//!
//! Whether something happens never depends on `now`, only whether it has come already: all that could fire is worked
//! out with its time (`agenda`), which is what makes this so.

mod action;
mod agenda;
mod chain;
mod incident;
mod policy;
mod quality;

use serde::{Deserialize, Serialize};

use super::Time;
use super::activity::Activity;
use super::event::EventKind;
use super::lead::Lead;
use super::policy::Policy;
use super::state::Handoff;

pub use action::Action;
pub use incident::{Cause, HeldBy, Incident, Waits};
pub use policy::{Deed, EscalationPolicy, On, Step};
pub use quality::Quality;

/// All that escalation depends on.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The record. `routing.pinned` says whether it may be re-routed (C20).
    pub lead: &'a Lead,
    /// Where it stands.
    pub handoff: &'a Handoff,
    /// The team's rules, on its owner's calendars (section 4, rules 8-10).
    pub policy: &'a Policy,
    /// The team's escalation.
    pub escalation: &'a EscalationPolicy,
    /// What was done by them and with them.
    pub trail: &'a [Activity],
    /// Which cycle and which assignment this is.
    pub count: Count,
    /// The queue in which it waits for somebody to take it, where no person holds it.
    pub queue: Option<&'a str>,
    /// Since when it waits in data completion or for an assignment; nothing means since it became an MQL.
    pub waiting_since: Option<Time>,
    /// What was fired for this lead, at least in this cycle. In any order.
    pub fired: &'a [Fired],
}

/// Counts a lead's turns, so that each has its own steps: folded over its events, and kept beside its handoff.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// How often it became an MQL or was opened again.
    pub cycle: u32,
    /// How often it was given to somebody, over all cycles.
    pub assignment: u32,
    /// This cycle began with a reopening: its lead clock ran out long ago, and that is no news.
    pub is_reopened: bool,
}

impl Count {
    /// The count after an event.
    pub fn after(self, what: &EventKind) -> Self {
        let Self { cycle, assignment, .. } = self;
        match what {
            EventKind::BecameMql { .. } => Self { cycle: cycle + 1, is_reopened: false, ..self },
            EventKind::Reopened { .. } => Self { cycle: cycle + 1, assignment: assignment + 1, is_reopened: true },
            EventKind::Assigned { .. } | EventKind::Rerouted { .. } => Self { assignment: assignment + 1, ..self },
            _ => self,
        }
    }
}

/// Something that is due, or will be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// When it became due, or will: the true time, however late one asks. For what waits for an opening or for the end of
    /// a deferral, that time.
    pub at: Time,
    /// What is to be done.
    pub what: Action,
    /// What it is known by once it was fired: unique over all cycles and assignments of the lead.
    pub step: String,
    /// It did not wait for an opening, and is not to wait on its way either.
    pub is_urgent: bool,
    /// Why, in words, without personal data.
    pub why: String,
}

impl Due {
    /// What is recorded when it was done, in this turn.
    pub fn fired(&self, count: Count) -> Fired {
        Fired {
            step: self.step.clone(),
            at: self.at,
            cycle: count.cycle,
            assignment: count.assignment,
            what: self.what.clone(),
        }
    }
}

/// Something that was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fired {
    /// The step's key.
    pub step: String,
    /// When it was due.
    pub at: Time,
    /// In which cycle it was …
    pub cycle: u32,
    /// … and in which assignment.
    pub assignment: u32,
    /// What it was: windows and re-routes are counted by it.
    pub what: Action,
}

/// When the lead must be looked at next, which may be over; nothing if nothing will be due unless somebody acts.
/// (What changes in lists by time alone is [`super::standing::Standing::wake_at`].)
pub fn next(case: &Case<'_>) -> Option<Due> {
    agenda::agenda(case).into_iter().min_by(agenda::order)
}

/// What comes after `now`, if nobody acts: until then there is time.
pub fn next_after(case: &Case<'_>, now: Time) -> Option<Due> {
    agenda::agenda(case).into_iter().filter(|due| due.at > now).min_by(agenda::order)
}

/// Everything that is due at `now`, in the order in which it is to be done. Only the first is sure to stand: doing it may
/// change what follows, so ask again.
pub fn due(case: &Case<'_>, now: Time) -> Vec<Due> {
    let mut all = agenda::agenda(case);
    all.retain(|due| due.at <= now);
    all.sort_by(agenda::order);
    all
}

#[cfg(test)]
mod tests;
