//! The clocks of a lead (F57): what was promised, by when, and how a promise ended.
//!
//! The two promises of the policy table, the answer and the first contact, are closed by the act that keeps or breaks
//! them: the event carries the [`ClosedClock`] and nothing changes it afterwards (section 4, rules 5 and 9). The others
//! watch over a lead and end without a verdict.

use chrono::Duration;
use serde::{Deserialize, Serialize};

use super::lead::{Lead, TriggerKind};
use super::policy::{Anchor, Combine, Policy, SlaRule};
use super::sla::{self, Mode, Outcome};
use super::state::{Handoff, Stage};
use super::summary::{ClockKind, Deadline};
use super::{Time, stamp};

/// One promise about one lead (F57).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Which.
    pub kind: ClockKind,
    /// The policy's rule that set it; empty where it was closed before the lead came here.
    pub rule: String,
    /// When it began.
    pub start: Time,
    /// How long it allows, in seconds; 0 where the mode or the agreed time decides.
    pub budget: i64,
    /// How its time is counted.
    pub mode: Mode,
    /// When it runs out; nothing while it is paused.
    pub due: Option<Time>,
    /// Seconds left while it is paused.
    pub frozen: i64,
    /// When what it asks for was done.
    pub met_at: Option<Time>,
    /// How it ended. Nothing while it runs, and where it was closed before the lead came here: nobody measured it.
    pub outcome: Option<Outcome>,
}

impl Clock {
    /// The clock as lists keep it.
    pub fn deadline(&self) -> Deadline {
        Deadline { clock: self.kind, due: self.due, mode: self.mode, frozen: self.frozen }
    }

    /// Seconds left at `now`, or when it was closed; negative when over.
    pub fn left(&self, policy: &Policy, now: Time) -> i64 {
        match (&self.outcome, self.met_at) {
            (Some(outcome), _) => outcome.diff_seconds,
            (None, Some(_)) => 0,
            (None, None) => self.deadline().left(policy, now),
        }
    }

    /// It was over before the rep had the lead, who has yet to answer it: until then their own window is the one that they
    /// can meet (R77).
    pub fn was_lost(&self, handoff: &Handoff) -> bool {
        self.kind != ClockKind::Acceptance
            && handoff.stage == Stage::Assigned
            && self.due.is_some_and(|due| due <= handoff.assigned_at)
    }

    /// One that was closed before the lead came here.
    fn closed_elsewhere(kind: ClockKind, start: Time, at: Time) -> Self {
        Self {
            kind,
            rule: String::new(),
            start,
            budget: 0,
            mode: Mode::Business,
            due: None,
            frozen: 0,
            met_at: Some(at),
            outcome: None,
        }
    }
}

/// A clock as its closing left it: part of the event that closed it, never worked out again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ClosedClock {
    /// Which.
    pub clock: ClockKind,
    /// The policy's rule that had set it.
    pub rule: String,
    /// When it began.
    #[serde(with = "stamp")]
    #[schema(value_type = String, format = DateTime)]
    pub start: Time,
    /// How long it allowed, in seconds.
    pub budget: i64,
    /// How its time was counted.
    pub mode: Mode,
    /// When what it asked for was done.
    #[serde(with = "stamp")]
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    /// Due when, met or not, and by how much.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The version of the calendar in force when it was closed.
    pub calendar: String,
}

impl From<&ClosedClock> for Clock {
    fn from(closed: &ClosedClock) -> Self {
        Self {
            kind: closed.clock,
            rule: closed.rule.clone(),
            start: closed.start,
            budget: closed.budget,
            mode: closed.mode,
            due: closed.outcome.due,
            frozen: 0,
            met_at: Some(closed.at),
            outcome: Some(closed.outcome),
        }
    }
}

/// A running clock with what set it.
struct Running<'p> {
    kind: ClockKind,
    rule: String,
    timer: sla::Clock<'p>,
    due: Option<Time>,
    frozen: i64,
}

impl<'p> Running<'p> {
    fn new(kind: ClockKind, rule: impl Into<String>, timer: sla::Clock<'p>) -> Self {
        let due = timer.due();
        // The walk is only needed for what is left in an open pause.
        let frozen = if due.is_none() { timer.explain().remaining_seconds.unwrap_or_default() } else { 0 };
        Self { kind, rule: rule.into(), timer, due, frozen }
    }

    fn shown(self) -> Clock {
        Clock {
            kind: self.kind,
            rule: self.rule,
            start: self.timer.start(),
            budget: self.timer.budget(),
            mode: self.timer.mode(),
            due: self.due,
            frozen: self.frozen,
            met_at: None,
            outcome: None,
        }
    }

    fn close(self, at: Time) -> ClosedClock {
        ClosedClock {
            clock: self.kind,
            start: self.timer.start(),
            budget: self.timer.budget(),
            mode: self.timer.mode(),
            at,
            outcome: self.timer.close(at),
            calendar: self.timer.calendar_at(at).version().to_owned(),
            rule: self.rule,
        }
    }
}

/// All clocks of a lead, those that are closed included, in the order in which one looks at them (F57). Clocks of leads
/// that no rep holds are not shown.
pub fn clocks(lead: &Lead, handoff: &Handoff, policy: &Policy) -> Vec<Clock> {
    if matches!(
        handoff.stage,
        Stage::Captured | Stage::Scored | Stage::Mql | Stage::DataCompletion | Stage::Ready | Stage::Routed
    ) {
        return Vec::new();
    }
    let ended = |kind, start, at| match handoff.closed.iter().rev().find(|closed| closed.clock == kind) {
        Some(closed) => Clock::from(closed),
        None => Clock::closed_elsewhere(kind, start, at),
    };
    let mut clocks = Vec::with_capacity(3);
    clocks.push(match answered(handoff) {
        Some(at) => ended(ClockKind::Acceptance, handoff.assigned_at, at),
        None => acceptance(lead, handoff, policy).shown(),
    });
    clocks.push(match contacted(handoff) {
        Some(at) => ended(ClockKind::FirstContact, anchor(handoff, policy), at),
        None => first_contact(lead, handoff, policy).shown(),
    });
    if handoff.stage.is_open() {
        clocks.extend(activity_clock(handoff, policy));
    }
    clocks
}

/// The promises that end between two states of a handoff, with how they ended by the calendars and the policy in force.
pub fn closings(lead: &Lead, before: &Handoff, after: &Handoff, policy: &Policy) -> Vec<ClosedClock> {
    let mut closed = Vec::new();
    if !before.stage.is_open() {
        return closed;
    }
    if let (None, Some(at)) = (answered(before), answered(after)) {
        closed.push(acceptance(lead, after, policy).close(at));
    }
    if let (None, Some(at)) = (contacted(before), contacted(after)) {
        closed.push(first_contact(lead, after, policy).close(at));
    }
    closed
}

/// When the acceptance window was closed. A lead that was closed without an answer took that as one.
fn answered(handoff: &Handoff) -> Option<Time> {
    handoff.answered_at.or(handoff.closed_at)
}

/// When the first-contact clock was closed.
pub(super) fn contacted(handoff: &Handoff) -> Option<Time> {
    handoff.first_attempt_at.or(handoff.closed_at)
}

/// The window to answer in: the policy's, or the backstop if that is earlier (C7). Deferring is an answer, so that no
/// pause holds it.
fn acceptance<'p>(lead: &Lead, handoff: &Handoff, policy: &'p Policy) -> Running<'p> {
    let start = handoff.assigned_at;
    let own = governed(ClockKind::Acceptance, lead, policy, start, |clock| clock);
    let backstop = policy.clock(start, i64::from(policy.sla.acknowledge), Mode::Business);
    let earlier = backstop.due().filter(|&backstop| own.due.is_none_or(|due| backstop < due));
    match earlier {
        Some(_) => Running::new(ClockKind::Acceptance, "acknowledgement backstop", backstop),
        None => own,
    }
}

/// The time to the first contact, which a deferral pauses.
fn first_contact<'p>(lead: &Lead, handoff: &Handoff, policy: &'p Policy) -> Running<'p> {
    governed(ClockKind::FirstContact, lead, policy, anchor(handoff, policy), |clock| paused(clock, handoff))
}

/// Where the first-contact clock starts (C3).
fn anchor(handoff: &Handoff, policy: &Policy) -> Time {
    match policy.sla.anchor {
        Anchor::MqlConverted => handoff.mql_at,
        Anchor::Assigned => handoff.assigned_at,
    }
}

pub(super) fn paused<'a>(clock: sla::Clock<'a>, handoff: &Handoff) -> sla::Clock<'a> {
    handoff.pauses.iter().fold(clock, |clock, &pause| clock.pause(pause))
}

/// The rules of the policy table that are for this lead, in order (F54, C1). Where nobody told the trigger, the rule for
/// its category decides, so that B and C have the time that is theirs (R68, C6); without one it is a standard lead (R66).
fn matching_rules<'p>(lead: &Lead, policy: &'p Policy) -> impl Iterator<Item = &'p SlaRule> {
    let source = lead.attribution.source.as_deref().unwrap_or(&lead.key.source);
    let is_for = move |rule: &SlaRule| {
        let category = |category| rule.categories.contains(&category);
        (rule.categories.is_empty() || lead.category.is_some_and(category))
            && (rule.sources.is_empty() || rule.sources.iter().any(|name| name.eq_ignore_ascii_case(source)))
    };
    let trigger = lead.trigger.as_ref().map(|trigger| trigger.kind).or_else(|| {
        let by_category = |rule: &SlaRule| rule.triggers.is_empty() && !rule.categories.is_empty() && is_for(rule);
        (!policy.sla.rules.iter().any(by_category)).then_some(TriggerKind::Threshold)
    });
    policy.sla.rules.iter().filter(move |rule| {
        is_for(rule) && (rule.triggers.is_empty() || trigger.is_some_and(|kind| rule.triggers.contains(&kind)))
    })
}

/// The clock that the policy table sets, from `start`, with the after-hours protocol and the pauses.
fn governed<'p>(
    kind: ClockKind,
    lead: &Lead,
    policy: &'p Policy,
    start: Time,
    with_pauses: impl Fn(sla::Clock<'p>) -> sla::Clock<'p>,
) -> Running<'p> {
    let running = |rule: &SlaRule| {
        let own = with_pauses(policy.clock(start, i64::from(rule.budget), rule.mode));
        let clock = policy.sla.after_hours.govern(own);
        // The protocol's promise may have taken the place of the rule's (C6).
        let name = match clock.budget() == i64::from(rule.budget) && clock.mode() == rule.mode {
            true => rule.name.clone(),
            false => format!("{}, after hours", rule.name),
        };
        Running::new(kind, name, clock)
    };
    let mut rules = matching_rules(lead, policy);
    let chosen = match policy.sla.combine {
        Combine::First => rules.next().map(running),
        Combine::Min => rules.map(running).min_by_key(|clock| (clock.due.is_none(), clock.due, clock.frozen)),
    };
    chosen.unwrap_or_else(|| {
        let backstop = policy.clock(start, i64::from(policy.sla.no_activity), Mode::Business);
        Running::new(kind, "no rule matches: backstop", with_pauses(backstop))
    })
}

/// What watches over a lead that nobody touches: silent rejection before the first contact (R75), the agreed next
/// step or seven idle days after it (R84).
fn activity_clock(handoff: &Handoff, policy: &Policy) -> Option<Clock> {
    let Some(touched) = handoff.last_touch_at else {
        let start = handoff.answered_at.unwrap_or(handoff.assigned_at);
        let timer = policy.clock(start, i64::from(policy.sla.no_activity), Mode::Business);
        return Some(Running::new(ClockKind::NoActivity, "no activity", paused(timer, handoff)).shown());
    };
    if handoff.stage == Stage::Deferred {
        return None;
    }
    let clock = |kind, rule: &str, start, budget: i64, due| Clock {
        kind,
        rule: rule.into(),
        start,
        budget,
        mode: Mode::Wall,
        due: Some(due),
        frozen: 0,
        met_at: None,
        outcome: None,
    };
    Some(match &handoff.next_step {
        Some(next) => clock(ClockKind::NextStep, "agreed next step", touched, 0, next.at),
        None => {
            let idle = Duration::days(i64::from(policy.sla.stalled_days));
            let since = handoff.pauses.iter().filter_map(|pause| pause.to).fold(touched, Time::max);
            clock(ClockKind::Stalled, "stalled conversation", since, idle.num_seconds(), since + idle)
        }
    })
}

/// The windows of time that a running clock consumes on its way to its due instant (F64).
pub fn why_due(clock: &Clock, handoff: &Handoff, policy: &Policy) -> sla::Due {
    let own = policy.clock(clock.start, clock.budget, clock.mode);
    match clock.kind {
        // An agreed time is not counted.
        ClockKind::NextStep => {
            sla::Due { due: clock.due, remaining_seconds: None, rolled_from: None, spent: Vec::new() }
        }
        ClockKind::Stalled | ClockKind::Acceptance => own.explain(),
        ClockKind::FirstContact | ClockKind::NoActivity => paused(own, handoff).explain(),
    }
}

#[cfg(test)]
mod tests;
