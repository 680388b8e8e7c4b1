//! The gate: a rep who opened a lead owes it a disposition before turning to another (D4, R86, F2).
//!
//! One rule, kept in the store and asked by all: every window of the app and every command line loads the [`Desk`],
//! asks here, and stores the answer in the same transaction as what it allowed.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::disposition::Act;
use super::lead::LeadId;
use super::policy::{GateMode, GatePolicy};
use super::refusal::Refusal;
use super::state::Handoff;

/// What lies on the rep's desk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desk {
    /// The leads that were opened and still owe a disposition; the last one is the one in front. There is more than
    /// one only when an undo put an earlier lead back on top.
    pub engaged: Vec<LeadId>,
    /// The local day that `skips` counts.
    pub day: Option<NaiveDate>,
    /// Skips used on that day.
    pub skips: u32,
}

impl Desk {
    /// The lead in front, which holds the gate.
    pub fn current(&self) -> Option<LeadId> {
        self.engaged.last().copied()
    }

    /// Skips left today.
    pub fn skips_left(&self, policy: &GatePolicy, today: NaiveDate) -> u32 {
        policy.skips.saturating_sub(if self.day == Some(today) { self.skips } else { 0 })
    }

    /// May the rep turn to this lead: read it whole, act on it? Only if no other one is in front.
    pub fn may_turn_to(&self, lead: LeadId, policy: &GatePolicy) -> Result<(), Refusal> {
        match (self.current(), policy.mode) {
            (Some(current), GateMode::Strict) if current != lead => Err(Refusal::Engaged { lead: current }),
            _ => Ok(()),
        }
    }

    /// Opens a lead: from now on it owes a disposition. Opening the one in front again changes nothing.
    pub fn engage(&self, lead: LeadId, handoff: &Handoff, policy: &GatePolicy) -> Result<Self, Refusal> {
        self.may_turn_to(lead, policy)?;
        if handoff.debt().is_none() {
            return Err(Refusal::NothingOwed { lead });
        }
        let mut desk = self.clone();
        if policy.mode == GateMode::Relaxed {
            desk.engaged.clear();
        }
        if desk.current() != Some(lead) {
            desk.engaged.push(lead);
        }
        Ok(desk)
    }

    /// The desk after `act` on `lead`, which was legal for its handoff. A disposition releases the lead; a snooze
    /// hides it but pays nothing, so the lead in front cannot be snoozed away.
    pub fn after(&self, lead: LeadId, act: &Act, policy: &GatePolicy, today: NaiveDate) -> Result<Self, Refusal> {
        self.may_turn_to(lead, policy)?;
        let mut desk = self.clone();
        match act {
            Act::Snooze { .. } if self.engaged.contains(&lead) && policy.mode == GateMode::Strict => {
                return Err(Refusal::Missing("an open lead cannot be snoozed: its clock runs. Defer it, or skip it"));
            }
            Act::Snooze { .. } => return Ok(desk),
            Act::Skip { .. } => {
                if !self.engaged.contains(&lead) {
                    return Err(Refusal::SkipNotEngaged { lead });
                }
                if self.skips_left(policy, today) == 0 {
                    return Err(Refusal::SkipsSpent { limit: policy.skips });
                }
                desk.skips = if self.day == Some(today) { self.skips + 1 } else { 1 };
                desk.day = Some(today);
            }
            Act::Accept | Act::Reject(_) | Act::Attempt(_) | Act::Defer(_) | Act::Qualify(_) => {}
        }
        desk.engaged.retain(|&engaged| engaged != lead);
        Ok(desk)
    }

    /// The desk after the last act on `lead` was undone: a lead that was in front is in front again, above the one
    /// that came after it, which still owes its own.
    pub fn after_undo(&self, lead: LeadId, was_engaged: bool, was_skip: bool) -> Self {
        let mut desk = self.clone();
        if was_engaged {
            desk.engaged.retain(|&engaged| engaged != lead);
            desk.engaged.push(lead);
        }
        if was_skip {
            desk.skips = desk.skips.saturating_sub(1);
        }
        desk
    }
}
