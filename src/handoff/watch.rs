//! What else is watched about a lead besides its due times: whose share of the wait it was, whether anybody touched it at
//! all, whether it is touched often enough, and whether the automatic answer went out.

use serde::Serialize;

use super::Time;
use super::activity::{Activity, ActivityKind, Direction};
use super::clocks::{contacted, paused};
use super::policy::Policy;
use super::sla::Mode;
use super::state::{Handoff, Stage};
use super::summary::ClockKind;

/// When the least touches must have been made (C15): so many working days after the lead became the rep's. Nothing once
/// they are, once somebody was reached or the shortfall was noted, and before the rep took the lead on.
pub fn touches_due(handoff: &Handoff, policy: &Policy) -> Option<Time> {
    let is_pursued = matches!(handoff.stage, Stage::Accepted | Stage::Attempted);
    if !is_pursued || handoff.shortfall_at.is_some() || handoff.touches.count >= policy.touches.least {
        return None;
    }
    let days = i64::from(policy.touches.days) * policy.calendar.working_day();
    paused(policy.clock(handoff.held_since, days, Mode::Business), handoff).due()
}

/// How long they have been waiting for a first contact, and for whom (C3, F62): working seconds without deferrals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Shares {
    /// The lead clock: from the MQL conversion.
    pub lead: i64,
    /// The rep clock: from the assignment.
    pub rep: i64,
    /// The system's share, which is the difference: enrichment and routing.
    pub system: i64,
}

/// How long until the first contact, or until `now`. Nothing for leads that no rep holds, and for those that were
/// contacted before they came here.
pub fn shares(handoff: &Handoff, policy: &Policy, now: Time) -> Option<Shares> {
    let end = match handoff.closed.iter().rev().find(|closed| closed.clock == ClockKind::FirstContact) {
        Some(closed) => closed.at,
        None if handoff.stage.is_open() && contacted(handoff).is_none() => now,
        None => return None,
    };
    let worked = |from| paused(policy.clock(from, 0, Mode::Business), handoff).elapsed(end);
    let (lead, rep) = (worked(handoff.mql_at), worked(handoff.assigned_at));
    // A source may say that it was assigned before it was an MQL.
    Some(Shares { lead: lead.max(rep), rep, system: (lead - rep).max(0) })
}

/// A lead with which nobody did anything for too long after its assignment (R76, C8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct BlackHole {
    /// How long, day and night, in seconds: this is what counts (C24).
    pub wall: i64,
    /// The working seconds of that.
    pub working: i64,
    /// Somebody did something in the end.
    pub is_over: bool,
}

/// Whether a lead is or was one at `now`. What was answered before it came here is not judged.
pub fn black_hole(handoff: &Handoff, policy: &Policy, now: Time) -> Option<BlackHole> {
    let first =
        handoff.closed.iter().rev().find(|closed| closed.clock == ClockKind::Acceptance).map(|closed| closed.at);
    if first.is_none() && handoff.stage != Stage::Assigned {
        return None;
    }
    let (from, to) = (handoff.assigned_at, first.unwrap_or(now));
    let wall = (to - from).num_seconds();
    let is_one = wall >= i64::from(policy.sla.black_hole);
    is_one.then(|| BlackHole { wall, working: policy.worked(from, to), is_over: first.is_some() })
}

/// The automatic answer to a lead that came in after hours (R69, F65): the hub sends it, the rep sees whether it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct AutoResponse {
    /// By when it should be there.
    pub due: Time,
    /// When the trail shows the first message to them since.
    pub sent: Option<Time>,
}

/// What became of the automatic answer; nothing where none was due.
pub fn auto_response(handoff: &Handoff, trail: &[Activity], policy: &Policy) -> Option<AutoResponse> {
    let came = handoff.mql_at;
    let calendar = policy.clock(came, 0, Mode::Business).calendar_at(came);
    let due = policy.sla.after_hours.auto_response_due(calendar, came)?;
    let is_message =
        |activity: &&Activity| activity.direction == Direction::Outbound && activity.kind == ActivityKind::Email;
    let sent = trail.iter().filter(is_message).filter_map(|activity| activity.at).filter(|&at| at >= came).min();
    Some(AutoResponse { due, sent })
}
