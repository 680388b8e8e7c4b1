//! Where a lead stands in the inbox at an instant: its nearest clock, its tab, its turn. Pure functions of the record, the
//! handoff and the policy; the store keeps the answer in columns so that lists need not compute it.

use chrono::Duration;

use super::Time;
use super::clocks::{Clock, clocks};
use super::lead::Lead;
use super::policy::Policy;
use super::sla::Mode;
use super::state::{Debt, Handoff, Stage};
use super::summary::{ClockKind, Deadline, Tab};
use super::watch::touches_due;

impl Deadline {
    /// Seconds left at `now` as its mode counts them: working seconds, or elapsed ones. Negative when over.
    pub fn left(&self, policy: &Policy, now: Time) -> i64 {
        let Some(due) = self.due else { return self.frozen };
        if matches!(self.mode, Mode::Wall | Mode::WallRoll) {
            return due.timestamp() - now.timestamp();
        }
        if now <= due { policy.worked(now, due) } else { -policy.worked(due, now) }
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
    /// not long ago.
    pub turn: Option<u8>,
    /// When a deferral or snooze ends.
    pub returns_at: Option<Time>,
    /// Since when it has stood so by time alone; before that it stood otherwise. Nothing if it never did.
    pub since: Option<Time>,
    /// The next instant at which this answer changes by time alone.
    pub wake_at: Option<Time>,
}

/// Where the lead stands at `now`.
pub fn standing(lead: &Lead, handoff: &Handoff, policy: &Policy, now: Time) -> Standing {
    let deferred_until = handoff.deferral.as_ref().map(|deferral| deferral.until);
    let handoff = handoff.at(now);
    let handoff = handoff.as_ref();
    let is_open = handoff.stage.is_open();
    let snooze_end = handoff.snoozed_until.filter(|_| is_open);
    let skipped_for = Duration::seconds(i64::from(policy.gate.skip_for));
    let skip_end = handoff.skipped_at.map(|at| at + skipped_for).filter(|_| is_open);
    let snoozed_until = snooze_end.filter(|&until| until > now);
    let skipped_until = skip_end.filter(|&until| until > now);
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
    let deadline = nearest(&clocks(lead, handoff, policy), handoff);
    let due = deadline.and_then(|deadline| deadline.due).filter(|_| matches!(tab, Tab::New | Tab::Working));
    let horizon = deadline.zip(due).map(|(deadline, due)| horizon(&deadline, due, policy));
    let turn = handoff.debt().filter(|_| snoozed_until.is_none()).map(|debt| {
        let skipped = if skipped_until.is_some() { 2 } else { 0 };
        skipped + if debt == Debt::Answer { 0 } else { 1 }
    });
    let returns_at = snoozed_until.or(handoff.deferral.as_ref().map(|deferral| deferral.until));
    // All instants at which time alone changes something of this.
    let turns = || [deferred_until, snooze_end, skip_end, horizon, touches_due(handoff, policy)].into_iter().flatten();
    let since = turns().filter(|&at| at <= now).max();
    let wake_at = turns().filter(|&at| at > now).min();
    let is_due = horizon.is_some_and(|horizon| horizon <= now);
    Standing { tab, is_due, deadline, turn, returns_at, since, wake_at }
}

/// From when on a lead that is due at `due` stands under `Due`: so much working time before, whatever the clock counts
/// (section 4, rule 7), but for a promise of the policy that counts day and night.
fn horizon(deadline: &Deadline, due: Time, policy: &Policy) -> Time {
    let within = i64::from(policy.sla.due_within);
    let is_promise = matches!(deadline.clock, ClockKind::Acceptance | ClockKind::FirstContact);
    match deadline.mode {
        Mode::Wall if is_promise => due - Duration::seconds(within),
        _ => policy.calendar.working_before(due, within),
    }
}

/// The clock that runs out first; while all are paused, the one with the least left. What was lost before its rep had the lead
/// is not theirs to keep (C21): the inbox and the board go by this alone.
pub fn nearest(clocks: &[Clock], handoff: &Handoff) -> Option<Deadline> {
    let is_open = |clock: &&Clock| clock.met_at.is_none() && !clock.was_lost(handoff);
    let open = || clocks.iter().filter(is_open).map(Clock::deadline);
    open()
        .filter(|deadline| deadline.due.is_some())
        .min_by_key(|deadline| deadline.due)
        .or_else(|| open().min_by_key(|deadline| deadline.frozen))
}

#[cfg(test)]
mod tests;
