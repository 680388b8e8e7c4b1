//! Where a lead stands in the inbox at an instant: its clocks, its tab, its turn. Pure functions of the record, the
//! handoff and the policy; the store keeps the answer in columns so that lists need not compute it.

use chrono::Duration;

use super::Time;
use super::calendar::Calendar;
use super::lead::{Lead, TriggerKind};
use super::policy::{Anchor, Combine, Policy, SlaRule};
use super::sla::{self, Mode};
use super::state::{Debt, Handoff, Stage};
use super::summary::{ClockKind, Deadline, Tab};

/// For so many hours a skipped lead stands behind the others.
const SKIP_HOURS: i64 = 12;

/// One promise about one lead (F57).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Which.
    pub kind: ClockKind,
    /// The policy's rule that set it.
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
}

impl Clock {
    /// The clock as lists keep it.
    pub fn deadline(&self) -> Deadline {
        Deadline { clock: self.kind, due: self.due, mode: self.mode, frozen: self.frozen }
    }

    /// Seconds left at `now`, or at the time it was met; negative when over.
    pub fn left(&self, calendar: &Calendar, now: Time) -> i64 {
        self.deadline().left(calendar, self.met_at.unwrap_or(now))
    }
}

impl Deadline {
    /// Seconds left at `now` as its mode counts them: working seconds, or elapsed ones. Negative when over.
    pub fn left(&self, calendar: &Calendar, now: Time) -> i64 {
        let Some(due) = self.due else { return self.frozen };
        if matches!(self.mode, Mode::Wall | Mode::WallRoll) {
            return due.timestamp() - now.timestamp();
        }
        if now <= due { calendar.working_seconds(now, due) } else { -calendar.working_seconds(due, now) }
    }
}

/// Where a lead stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its tab (never `Due`).
    pub tab: Tab,
    /// Whether it shows under `Due` as well.
    pub is_due: bool,
    /// Its nearest clock.
    pub deadline: Option<Deadline>,
    /// Its place in the order of `next`: nothing owed, or 0 unanswered, 1 uncontacted, 2 and 3 the same but skipped
    /// in the last twelve hours.
    pub turn: Option<u8>,
    /// When a deferral or snooze ends.
    pub returns_at: Option<Time>,
    /// The next instant at which this answer changes by time alone.
    pub wake_at: Option<Time>,
}

/// Where the lead stands at `now`.
pub fn standing(lead: &Lead, handoff: &Handoff, policy: &Policy, now: Time) -> Standing {
    let snoozed_until = handoff.snoozed_until.filter(|&until| until > now && handoff.stage.is_open());
    let skipped_until = handoff.skipped_at.map(|at| at + Duration::hours(SKIP_HOURS)).filter(|&until| until > now);
    let tab = match handoff.stage {
        _ if snoozed_until.is_some() => Tab::Deferred,
        Stage::Assigned => Tab::New,
        Stage::Accepted | Stage::Attempted | Stage::Connected => Tab::Working,
        Stage::Deferred => Tab::Deferred,
        Stage::Captured | Stage::Scored | Stage::Mql | Stage::DataCompletion | Stage::Ready | Stage::Routed => {
            Tab::Data
        }
        Stage::Rejected | Stage::Recycled | Stage::Sql | Stage::Opportunity => Tab::Done,
    };
    let deadline = nearest(&clocks(lead, handoff, policy));
    let due = deadline.and_then(|deadline| deadline.due).filter(|_| matches!(tab, Tab::New | Tab::Working));
    let horizon = due.map(|due| due - Duration::seconds(i64::from(policy.sla.due_within)));
    let turn = handoff.debt().filter(|_| snoozed_until.is_none()).map(|debt| {
        let skipped = if skipped_until.is_some() { 2 } else { 0 };
        skipped + if debt == Debt::Answer { 0 } else { 1 }
    });
    let returns_at = snoozed_until.or(handoff.deferral.as_ref().map(|deferral| deferral.until));
    let coming = horizon.filter(|&horizon| horizon > now);
    let wake_at = [returns_at, skipped_until.filter(|_| turn.is_some()), coming].into_iter().flatten().min();
    Standing { tab, is_due: horizon.is_some_and(|horizon| horizon <= now), deadline, turn, returns_at, wake_at }
}

/// The clock that runs out first; while all are paused, the one with the least left.
fn nearest(clocks: &[Clock]) -> Option<Deadline> {
    let open = || clocks.iter().filter(|clock| clock.met_at.is_none()).map(Clock::deadline);
    open()
        .filter(|deadline| deadline.due.is_some())
        .min_by_key(|deadline| deadline.due)
        .or_else(|| open().min_by_key(|deadline| deadline.frozen))
}

/// All clocks of a lead, those that are met included, in the order in which one looks at them (F57). Clocks of leads
/// that no rep holds are not shown.
pub fn clocks(lead: &Lead, handoff: &Handoff, policy: &Policy) -> Vec<Clock> {
    if matches!(
        handoff.stage,
        Stage::Captured | Stage::Scored | Stage::Mql | Stage::DataCompletion | Stage::Ready | Stage::Routed
    ) {
        return Vec::new();
    }
    let mut clocks = Vec::with_capacity(3);
    // A lead that was closed without the act took that as its answer.
    let closed = handoff.closed_at;
    let answered = handoff.answered_at.or(closed);
    let mut acceptance = governed(ClockKind::Acceptance, lead, handoff, policy, handoff.assigned_at);
    let backstop = policy.calendar.add_working(handoff.assigned_at, i64::from(policy.sla.acknowledge));
    if backstop.is_some() && acceptance.due.is_none_or(|due| backstop.is_some_and(|backstop| backstop < due)) {
        acceptance.rule = "acknowledgement backstop".into();
        acceptance.budget = i64::from(policy.sla.acknowledge);
        acceptance.mode = Mode::Business;
        acceptance.due = backstop;
    }
    acceptance.met_at = answered;
    clocks.push(acceptance);
    let anchor = match policy.sla.anchor {
        Anchor::MqlConverted => handoff.mql_at,
        Anchor::Assigned => handoff.assigned_at,
    };
    let mut contact = governed(ClockKind::FirstContact, lead, handoff, policy, anchor);
    contact.met_at = handoff.first_attempt_at.or(closed);
    clocks.push(contact);
    if handoff.stage.is_open() {
        clocks.extend(activity_clock(handoff, policy));
    }
    clocks
}

/// What watches over a lead that nobody touches: silent rejection before the first contact (R75), the agreed next
/// step or seven idle days after it (R84).
fn activity_clock(handoff: &Handoff, policy: &Policy) -> Option<Clock> {
    let clock = |kind, rule: &str, start, budget: i64, mode, due| Clock {
        kind,
        rule: rule.into(),
        start,
        budget,
        mode,
        due,
        frozen: 0,
        met_at: None,
    };
    let Some(touched) = handoff.last_touch_at else {
        let budget = i64::from(policy.sla.no_activity);
        let start = handoff.answered_at.unwrap_or(handoff.assigned_at);
        let timer = paused(sla::Clock::new(&policy.calendar, start, budget, Mode::Business), handoff);
        let (due, frozen) = due_or_frozen(&timer);
        return Some(Clock {
            frozen,
            ..clock(ClockKind::NoActivity, "no activity", start, budget, Mode::Business, due)
        });
    };
    if handoff.stage == Stage::Deferred {
        return None;
    }
    Some(match &handoff.next_step {
        Some(next) => clock(ClockKind::NextStep, "agreed next step", touched, 0, Mode::Wall, Some(next.at)),
        None => {
            let idle = Duration::days(i64::from(policy.sla.stalled_days));
            let since = handoff.pauses.iter().filter_map(|pause| pause.to).fold(touched, Time::max);
            clock(ClockKind::Stalled, "stalled conversation", since, idle.num_seconds(), Mode::Wall, Some(since + idle))
        }
    })
}

/// When it is due, or else the seconds that are left in an open pause. The whole walk is only needed for those.
fn due_or_frozen(clock: &sla::Clock<'_>) -> (Option<Time>, i64) {
    match clock.due() {
        None => (None, clock.explain().remaining_seconds.unwrap_or_default()),
        due => (due, 0),
    }
}

fn paused<'a>(clock: sla::Clock<'a>, handoff: &Handoff) -> sla::Clock<'a> {
    handoff.pauses.iter().fold(clock, |clock, &pause| clock.pause(pause))
}

/// The rules of the policy table that are for this lead, in order (F54, C1). A lead whose trigger nobody told is a
/// standard one (R66).
pub fn matching_rules<'p>(lead: &'p Lead, policy: &'p Policy) -> impl Iterator<Item = &'p SlaRule> {
    let trigger = lead.trigger.as_ref().map_or(TriggerKind::Threshold, |trigger| trigger.kind);
    let source = lead.attribution.source.as_deref().unwrap_or(&lead.key.source);
    policy.sla.rules.iter().filter(move |rule| {
        let category = |category| rule.categories.contains(&category);
        (rule.triggers.is_empty() || rule.triggers.contains(&trigger))
            && (rule.categories.is_empty() || lead.category.is_some_and(category))
            && (rule.sources.is_empty() || rule.sources.iter().any(|name| name.eq_ignore_ascii_case(source)))
    })
}

/// The clock that the policy table sets, from `start`, with the after-hours protocol and the pauses.
fn governed(kind: ClockKind, lead: &Lead, handoff: &Handoff, policy: &Policy, start: Time) -> Clock {
    let timer = |rule: &SlaRule| {
        let own = sla::Clock::new(&policy.calendar, start, i64::from(rule.budget), rule.mode);
        policy.sla.after_hours.govern(if kind == ClockKind::Acceptance { own } else { paused(own, handoff) })
    };
    let dued = |rule: &SlaRule| {
        let clock = timer(rule);
        let (due, frozen) = due_or_frozen(&clock);
        Clock {
            kind,
            // The protocol's promise may have taken the place of the rule's (C6).
            rule: if clock.budget() == i64::from(rule.budget) && clock.mode() == rule.mode {
                rule.name.clone()
            } else {
                format!("{}, after hours", rule.name)
            },
            start,
            budget: clock.budget(),
            mode: clock.mode(),
            due,
            frozen,
            met_at: None,
        }
    };
    let mut rules = matching_rules(lead, policy);
    let chosen = match policy.sla.combine {
        Combine::First => rules.next().map(dued),
        Combine::Min => rules.map(dued).min_by_key(|clock| (clock.due.is_none(), clock.due, clock.frozen)),
    };
    chosen.unwrap_or_else(|| {
        let budget = i64::from(policy.sla.no_activity);
        let timer = paused(sla::Clock::new(&policy.calendar, start, budget, Mode::Business), handoff);
        let (due, frozen) = due_or_frozen(&timer);
        Clock {
            kind,
            rule: "no rule matches: backstop".into(),
            start,
            budget,
            mode: Mode::Business,
            due,
            frozen,
            met_at: None,
        }
    })
}

/// The windows of time that a clock consumed on its way to its due instant (F64).
pub fn why_due(clock: &Clock, handoff: &Handoff, policy: &Policy) -> sla::Due {
    let own = sla::Clock::new(&policy.calendar, clock.start, clock.budget, clock.mode);
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
