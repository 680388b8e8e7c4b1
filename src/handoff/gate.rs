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
    /// The one in front was opened under a relaxed gate: what is opened next under one takes its place.
    #[serde(default)]
    pub loose: bool,
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
        let is_new_day = self.day.is_none_or(|day| day < today);
        policy.skips.saturating_sub(if is_new_day { 0 } else { self.skips })
    }

    /// May the rep turn to this lead: read it whole, act on it? Only if no other one is in front.
    pub fn may_turn_to(&self, lead: LeadId, policy: &GatePolicy) -> Result<(), Refusal> {
        match (self.current(), policy.mode) {
            (Some(current), GateMode::Strict) if current != lead => Err(Refusal::Engaged { lead: current }),
            _ => Ok(()),
        }
    }

    /// May this lead be read whole, by whatever way: on the screen, printed, exported? Only once it is open or
    /// answered; before that there is its summary ([`super::lead::Lead::in_brief`]).
    pub fn may_read(&self, lead: LeadId, handoff: &Handoff) -> Result<(), Refusal> {
        if handoff.is_answered() || self.engaged.contains(&lead) {
            return Ok(());
        }
        Err(match handoff.debt() {
            Some(_) => Refusal::Missing("this lead is unanswered: open it to read it, and then it owes an answer"),
            None => Refusal::AtSource { lead, stage: handoff.stage },
        })
    }

    /// Opens a lead: from now on it owes a disposition. Opening the one in front again changes nothing.
    pub fn engage(&self, lead: LeadId, handoff: &Handoff, policy: &GatePolicy) -> Result<Self, Refusal> {
        self.may_turn_to(lead, policy)?;
        let mut desk = self.clone();
        if self.current() == Some(lead) {
            desk.loose &= policy.mode == GateMode::Relaxed;
            return Ok(desk);
        }
        if handoff.debt().is_none() {
            return Err(Refusal::NothingOwed { lead });
        }
        // What was opened under a strict gate is owed until it is paid, whatever the rules are meanwhile.
        let was_owed = self.engaged.contains(&lead);
        desk.bring_to_front(lead);
        desk.loose = policy.mode == GateMode::Relaxed && !was_owed;
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
                // The budget renews forwards only: a clock or zone set back does not fill it again.
                let is_new_day = self.day.is_none_or(|day| day < today);
                desk.skips = if is_new_day { 1 } else { self.skips + 1 };
                desk.day = self.day.max(Some(today));
            }
            Act::Accept | Act::Reject(_) | Act::Attempt(_) | Act::Defer(_) | Act::Qualify(_) => {}
        }
        desk.release(lead);
        Ok(desk)
    }

    /// The desk after the last act on `lead` was undone, which left it as `handoff` says. A lead that was open comes to
    /// the front, above the one that came after it, which still owes its own. Open is also one that was acted on from
    /// the list: answered, it could be read until the act was undone.
    pub fn after_undo(&self, lead: LeadId, handoff: &Handoff, was_open: bool, was_skip: bool) -> Self {
        let mut desk = self.clone();
        if was_open && handoff.debt().is_some() {
            desk.bring_to_front(lead);
        }
        if was_skip {
            desk.skips = desk.skips.saturating_sub(1);
        }
        desk
    }

    /// Lets go of a lead that owes nothing any more.
    pub fn release(&mut self, lead: LeadId) {
        self.loose &= self.current() != Some(lead);
        self.engaged.retain(|&engaged| engaged != lead);
    }

    fn bring_to_front(&mut self, lead: LeadId) {
        if self.loose {
            self.engaged.pop();
        }
        self.release(lead);
        self.engaged.push(lead);
        self.loose = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handoff::disposition::Rejection;
    use crate::handoff::lead::Lead;
    use crate::handoff::state::Stage;

    const A: LeadId = LeadId(1);
    const B: LeadId = LeadId(2);

    fn day(n: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, n).unwrap()
    }

    fn fresh() -> Handoff {
        Handoff::arrived(&Lead::default(), "2026-11-20T09:00:00Z".parse().unwrap())
    }

    fn skip() -> Act {
        Act::Skip { reason: "in a meeting".into() }
    }

    #[test]
    fn an_engaged_lead_holds_the_gate_until_a_disposition() {
        let policy = GatePolicy::default();
        let desk = Desk::default().engage(A, &fresh(), &policy).unwrap();
        assert_eq!(desk.engage(B, &fresh(), &policy), Err(Refusal::Engaged { lead: A }));
        assert_eq!(desk.after(B, &Act::Accept, &policy, day(20)), Err(Refusal::Engaged { lead: A }));
        assert_eq!(desk.engage(A, &fresh(), &policy).as_ref(), Ok(&desk), "opening it again changes nothing");
        let desk = desk.after(A, &Act::Reject(Rejection::default()), &policy, day(20)).unwrap();
        assert_eq!(desk.current(), None);
        assert!(desk.engage(B, &fresh(), &policy).is_ok());
    }

    #[test]
    fn a_snooze_pays_nothing() {
        let policy = GatePolicy::default();
        let snooze = Act::Snooze { until: "2026-11-21T09:00:00Z".parse().unwrap() };
        let desk = Desk::default().engage(A, &fresh(), &policy).unwrap();
        assert!(desk.after(A, &snooze, &policy, day(20)).is_err());
        assert_eq!(Desk::default().after(A, &snooze, &policy, day(20)), Ok(Desk::default()));
    }

    #[test]
    fn skips_are_few_and_come_back_each_day() {
        let policy = GatePolicy { skips: 2, ..GatePolicy::default() };
        let mut desk = Desk::default();
        assert!(matches!(desk.after(A, &skip(), &policy, day(20)), Err(Refusal::SkipNotEngaged { .. })));
        for left in [1, 0] {
            desk = desk.engage(A, &fresh(), &policy).unwrap().after(A, &skip(), &policy, day(20)).unwrap();
            assert_eq!(desk.skips_left(&policy, day(20)), left);
        }
        desk = desk.engage(A, &fresh(), &policy).unwrap();
        assert_eq!(desk.after(A, &skip(), &policy, day(20)), Err(Refusal::SkipsSpent { limit: 2 }));
        assert!(desk.after(A, &skip(), &policy, day(21)).is_ok());
    }

    #[test]
    fn an_undo_puts_the_lead_back_on_top_and_the_next_one_still_owes() {
        let policy = GatePolicy::default();
        let desk = Desk { engaged: vec![B], ..Desk::default() }.after_undo(A, &fresh(), true, false);
        assert_eq!(desk.engaged, [B, A]);
        let desk = desk.after(A, &Act::Accept, &policy, day(20)).unwrap();
        assert_eq!(desk.current(), Some(B));
    }

    #[test]
    fn a_lead_that_was_answered_from_the_list_is_owed_again_when_that_is_undone() {
        let policy = GatePolicy::default();
        let desk = Desk::default().after(A, &Act::Accept, &policy, day(20)).unwrap();
        assert_eq!(desk.after_undo(A, &fresh(), true, false).current(), Some(A));
        assert_eq!(desk.after_undo(A, &fresh(), false, false).current(), None, "a snooze shows nothing");
    }

    #[test]
    fn a_clock_set_back_does_not_fill_the_skip_budget() {
        let policy = GatePolicy { skips: 1, ..GatePolicy::default() };
        let mut desk = Desk::default();
        desk = desk.engage(A, &fresh(), &policy).unwrap().after(A, &skip(), &policy, day(20)).unwrap();
        desk = desk.engage(A, &fresh(), &policy).unwrap();
        assert!(desk.after(A, &skip(), &policy, day(19)).is_err());
        desk = desk.after(A, &skip(), &policy, day(21)).unwrap().engage(A, &fresh(), &policy).unwrap();
        assert!(desk.after(A, &skip(), &policy, day(20)).is_err());
    }

    #[test]
    fn what_owes_nothing_cannot_be_engaged() {
        let done = Handoff { stage: Stage::Rejected, ..fresh() };
        let refused = Desk::default().engage(A, &done, &GatePolicy::default());
        assert_eq!(refused, Err(Refusal::NothingOwed { lead: A }));
    }

    #[test]
    fn a_relaxed_gate_lets_pass() {
        let policy = GatePolicy { mode: GateMode::Relaxed, ..GatePolicy::default() };
        let desk = Desk::default().engage(A, &fresh(), &policy).unwrap().engage(B, &fresh(), &policy).unwrap();
        assert_eq!(desk.engaged, [B]);
        assert!(desk.after(A, &Act::Accept, &policy, day(20)).is_ok());
    }

    #[test]
    fn a_relaxed_gate_forgets_nothing_that_a_strict_one_holds() {
        let strict = GatePolicy::default();
        let relaxed = GatePolicy { mode: GateMode::Relaxed, ..strict.clone() };
        let mut desk = Desk::default().engage(A, &fresh(), &strict).unwrap();
        for lead in [B, LeadId(3), LeadId(4)] {
            desk = desk.engage(lead, &fresh(), &relaxed).unwrap();
            assert_eq!(desk.engaged, [A, lead]);
        }
        assert!(desk.engage(B, &fresh(), &strict).is_err());
        // Opened once more under the strict gate, it is owed as well.
        desk = desk.engage(LeadId(4), &fresh(), &strict).unwrap().engage(B, &fresh(), &relaxed).unwrap();
        assert_eq!(desk.engaged, [A, LeadId(4), B]);
        // Turning back to what is owed is no way out of it.
        desk = desk.engage(A, &fresh(), &relaxed).unwrap().engage(B, &fresh(), &relaxed).unwrap();
        assert_eq!(desk.engaged, [LeadId(4), A, B]);
        desk = desk.after(B, &Act::Accept, &strict, day(20)).unwrap();
        assert_eq!((desk.current(), desk.loose), (Some(A), false));
        let desk = desk.engage(B, &fresh(), &relaxed).unwrap().after_undo(LeadId(5), &fresh(), true, false);
        assert_eq!(
            (desk.engaged, desk.loose),
            (vec![LeadId(4), A, LeadId(5)], false),
            "an undo adds its own lead only"
        );
    }
}
