//! A hub of one lead: it does what is due and records it, as the real one does.

use uuid::Uuid;

use super::super::*;
use crate::handoff::disposition::{Act, Attempt, Channel, Deferral, NextStep, Outcome};
use crate::handoff::event::{Actor, Event};
use crate::handoff::lead::{Trigger, TriggerKind};
use crate::handoff::machine::{consequences, happen, plan};
use crate::handoff::state::Stage;

pub fn time(text: &str) -> Time {
    text.parse().unwrap()
}

/// Friday, 20 November 2026, a working day by the standard calendar, which is in UTC.
pub fn friday(clock: &str) -> Time {
    time(&format!("2026-11-20T{clock}Z"))
}

#[derive(Clone)]
pub struct World {
    pub lead: Lead,
    pub policy: Policy,
    pub escalation: EscalationPolicy,
    pub handoff: Handoff,
    pub trail: Vec<Activity>,
    pub count: Count,
    pub queue: Option<String>,
    pub waiting_since: Option<Time>,
    pub fired: Vec<Fired>,
    pub log: Vec<Due>,
    pub last: Time,
}

/// As little as a failure needs: the rest are defaults.
impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Policy { sla, calendar, former, touches, .. } = &self.policy;
        let former: Vec<_> = former.iter().map(|former| (former.until, former.calendar.spec())).collect();
        let fired: Vec<_> = self.fired.iter().map(|fired| (fired.at, &fired.step)).collect();
        write!(
            f,
            "{:?} {former:?} {:?} {sla:?} {touches:?} {:?} ",
            calendar.spec(),
            self.lead.routing,
            self.escalation
        )?;
        write!(f, "{:?} {:?} {fired:?}", self.handoff, self.count)
    }
}

impl World {
    /// A lead that became an MQL at `at`, and is not assigned yet.
    pub fn new(kind: TriggerKind, at: Time) -> Self {
        let trigger = Trigger { kind, what: "form".into(), at: Some(at), before: None, after: None, threshold: None };
        let lead = Lead { trigger: Some(trigger.clone()), ..Lead::default() };
        let handoff = Handoff { stage: Stage::Captured, ..Handoff::arrived(&lead, at) };
        let mut world = Self {
            lead,
            policy: Policy::default(),
            escalation: EscalationPolicy::default(),
            handoff,
            trail: Vec::new(),
            count: Count::default(),
            queue: None,
            waiting_since: None,
            fired: Vec::new(),
            log: Vec::new(),
            last: at,
        };
        world.happen(EventKind::BecameMql { trigger }, at);
        world
    }

    /// One that was assigned at once.
    pub fn assigned(kind: TriggerKind, at: Time) -> Self {
        let mut world = Self::new(kind, at);
        world.assign(at);
        world
    }

    pub fn assign(&mut self, at: Time) {
        self.happen(EventKind::PreflightPassed, at);
        self.happen(EventKind::Routed { rule: "west".into(), queue: None }, at);
        self.happen(EventKind::Assigned { to: "ana".into() }, at);
    }

    pub fn happen(&mut self, what: EventKind, at: Time) {
        let seq = self.handoff.seq + 1;
        self.last = self.last.max(at);
        self.count = self.count.after(&what);
        let event = Event::new(Uuid::from_u128(u128::from(seq)), seq, self.last, Actor::system(), what);
        self.handoff = happen(&self.handoff, &self.lead, &self.policy, event).unwrap().0;
    }

    /// A rep's act, if it is allowed, with what follows from it.
    pub fn act(&mut self, act: &Act, at: Time) {
        let at = at.max(self.last);
        for what in plan(&self.handoff, act, &self.lead, &self.policy, at).unwrap_or_default() {
            self.happen(what, at);
        }
    }

    pub fn case(&self) -> Case<'_> {
        Case {
            lead: &self.lead,
            handoff: &self.handoff,
            policy: &self.policy,
            escalation: &self.escalation,
            trail: &self.trail,
            count: self.count,
            queue: self.queue.as_deref(),
            waiting_since: self.waiting_since,
            fired: &self.fired,
        }
    }

    /// Does what is due at `now`, one after the other, each at its true time.
    pub fn run(&mut self, now: Time) {
        while let Some(first) = due(&self.case(), now).into_iter().next() {
            let at = first.at;
            self.fire(first, at);
        }
    }

    /// Does one thing, with what it changes dated `at`.
    pub fn fire(&mut self, due: Due, at: Time) {
        assert!(self.log.len() < 500, "it goes on for ever: {:?}", self.log.last());
        self.fired.push(due.fired(self.count));
        match &due.what {
            Action::Reroute { window } => {
                let to = format!("responder {}", window + 1);
                self.happen(EventKind::Rerouted { to, why: due.why.clone() }, at);
            }
            Action::ToQueue { queue } => {
                self.happen(EventKind::Rerouted { to: queue.clone(), why: due.why.clone() }, at);
                self.queue = Some(queue.clone());
            }
            Action::Shortfall | Action::Exhausted => {
                let follows = consequences(&self.handoff, &self.policy, at.max(self.last));
                assert!(!follows.is_empty(), "{due:?} of {:?}", self.handoff);
                follows.into_iter().for_each(|what| self.happen(what, at));
            }
            _ => {}
        }
        self.log.push(due);
    }

    /// What was done: time and deed, without the steps that belong to every handover.
    pub fn told(&self) -> Vec<String> {
        let is_told =
            |due: &&Due| !matches!(due.what, Action::ContextPackage | Action::PersonalMessage | Action::QualityCheck);
        let line = |due: &Due| {
            let what = serde_json::to_value(&due.what).unwrap();
            let word = |key: &str| {
                what.get(key).map_or(String::new(), |value| format!(" {}", value.to_string().trim_matches('"')))
            };
            format!(
                "{} {}{}{}",
                due.at.format("%a %H:%M:%S"),
                what["action"].as_str().unwrap(),
                word("clock"),
                word("window")
            )
        };
        self.log.iter().filter(is_told).map(line).collect()
    }
}

pub fn attempt(outcome: Outcome, next: Option<Time>) -> Act {
    Act::Attempt(Attempt {
        channel: Channel::Phone,
        outcome,
        at: None,
        note: None,
        cited: Some("pricing".into()),
        next: next.map(|at| NextStep { at, what: "demo".into() }),
        consent_override: None,
    })
}

pub fn defer(until: Time) -> Act {
    Act::Defer(Deferral { until, why: "asked for later".into() })
}
