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
    /// one only when an undo, or a source that took back what it said, put an earlier lead back.
    pub engaged: Vec<LeadId>,
    /// The one in front, which then is the only one, was opened under a relaxed gate: what is opened next under one
    /// takes its place.
    #[serde(default)]
    pub loose: bool,
    /// The leads that owed a disposition when their source settled them or took them away. If it takes that back,
    /// they owe it again: they were read.
    #[serde(default)]
    pub withdrawn: Vec<LeadId>,
    /// The local day that `skips` counts.
    pub day: Option<NaiveDate>,
    /// Skips used on that day.
    pub skips: u32,
    /// The smallest budget that anybody opened a lead or skipped with on that day: the command line may have another
    /// configuration than the app.
    #[serde(default)]
    pub limit: Option<u32>,
}

impl Desk {
    /// The lead in front, which holds the gate.
    pub fn current(&self) -> Option<LeadId> {
        self.engaged.last().copied()
    }

    /// Skips left today.
    pub fn skips_left(&self, policy: &GatePolicy, today: NaiveDate) -> u32 {
        if self.is_new_day(today) {
            return policy.skips;
        }
        policy.skips.min(self.limit.unwrap_or(u32::MAX)).saturating_sub(self.skips)
    }

    /// The budget renews forwards only: a clock or zone set back does not fill it again.
    fn is_new_day(&self, today: NaiveDate) -> bool {
        self.day.is_none_or(|day| day < today)
    }

    /// Goes by today's date and the smallest budget of today. A day that lies further ahead than any zone does was a
    /// clock's mistake, and is not waited for.
    fn turn_day(&mut self, policy: &GatePolicy, today: NaiveDate) {
        if self.is_new_day(today) {
            (self.skips, self.limit) = (0, None);
        }
        self.day = Some(self.day.filter(|&day| Some(day) == today.succ_opt()).unwrap_or(today));
        self.limit = Some(self.limit.map_or(policy.skips, |limit| limit.min(policy.skips)));
    }

    /// May the rep turn to this lead: read it whole, act on it? Only if no other one is in front. What was opened under
    /// a strict gate is owed under a relaxed one too: another configuration is no way past it.
    pub fn may_turn_to(&self, lead: LeadId, policy: &GatePolicy) -> Result<(), Refusal> {
        match self.current() {
            Some(current) if current != lead && (policy.mode == GateMode::Strict || !self.loose) => {
                Err(Refusal::Engaged { lead: current })
            }
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
    pub fn engage(
        &self,
        lead: LeadId,
        handoff: &Handoff,
        policy: &GatePolicy,
        today: NaiveDate,
    ) -> Result<Self, Refusal> {
        self.may_turn_to(lead, policy)?;
        let mut desk = self.clone();
        desk.turn_day(policy, today);
        if self.current() == Some(lead) {
            desk.loose &= policy.mode == GateMode::Relaxed;
            return Ok(desk);
        }
        if handoff.debt().is_none() {
            return Err(Refusal::NothingOwed { lead });
        }
        desk.bring_to_front(lead);
        desk.loose = policy.mode == GateMode::Relaxed;
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
                    return Err(Refusal::SkipsSpent {
                        limit: self.limit.map_or(policy.skips, |limit| limit.min(policy.skips)),
                    });
                }
                desk.turn_day(policy, today);
                desk.skips += 1;
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
        match (was_open, handoff.debt()) {
            (true, Some(_)) => desk.bring_to_front(lead),
            // Its source settled it while the act stood.
            (true, None) => {
                desk.release(lead);
                desk.withdrawn.push(lead);
            }
            // It was opened after the act that is taken back, and without that act it owes nothing.
            (false, None) => desk.release(lead),
            (false, Some(_)) => {}
        }
        if was_skip {
            desk.skips = desk.skips.saturating_sub(1);
        }
        desk
    }

    /// The desk after `lead` changed by itself, so that `handoff` is how it stands now: by its source, or by time. One
    /// that owes nothing any more is let go, since the rep could not get past it otherwise; it comes back, behind those
    /// that are open, when it owes again.
    pub fn after_change(&self, lead: LeadId, handoff: &Handoff) -> Self {
        let mut desk = self.clone();
        match handoff.debt() {
            None if desk.engaged.contains(&lead) => {
                let is_owed = !(desk.loose && desk.current() == Some(lead));
                desk.release(lead);
                desk.withdrawn.extend(is_owed.then_some(lead));
            }
            Some(_) if desk.withdrawn.contains(&lead) => {
                desk.put_aside_loose();
                desk.release(lead);
                desk.engaged.insert(0, lead);
            }
            _ => {}
        }
        desk
    }

    /// The desk after `lead` went to somebody else: whatever it owes, it owes to them.
    pub fn without(&self, lead: LeadId) -> Self {
        let mut desk = self.clone();
        desk.release(lead);
        desk
    }

    /// Lets go of a lead that owes nothing any more.
    fn release(&mut self, lead: LeadId) {
        self.loose &= self.current() != Some(lead);
        self.engaged.retain(|&engaged| engaged != lead);
        self.withdrawn.retain(|&withdrawn| withdrawn != lead);
    }

    fn put_aside_loose(&mut self) {
        if self.loose {
            self.engaged.pop();
        }
        self.loose = false;
    }

    fn bring_to_front(&mut self, lead: LeadId) {
        self.put_aside_loose();
        self.release(lead);
        self.engaged.push(lead);
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
        let desk = Desk::default().engage(A, &fresh(), &policy, day(20)).unwrap();
        assert_eq!(desk.engage(B, &fresh(), &policy, day(20)), Err(Refusal::Engaged { lead: A }));
        assert_eq!(desk.after(B, &Act::Accept, &policy, day(20)), Err(Refusal::Engaged { lead: A }));
        assert_eq!(desk.engage(A, &fresh(), &policy, day(20)).as_ref(), Ok(&desk), "opening it again changes nothing");
        let desk = desk.after(A, &Act::Reject(Rejection::default()), &policy, day(20)).unwrap();
        assert_eq!(desk.current(), None);
        assert!(desk.engage(B, &fresh(), &policy, day(20)).is_ok());
    }

    #[test]
    fn a_snooze_pays_nothing() {
        let policy = GatePolicy::default();
        let snooze = Act::Snooze { until: "2026-11-21T09:00:00Z".parse().unwrap() };
        let desk = Desk::default().engage(A, &fresh(), &policy, day(20)).unwrap();
        assert!(desk.after(A, &snooze, &policy, day(20)).is_err());
        assert_eq!(Desk::default().after(A, &snooze, &policy, day(20)), Ok(Desk::default()));
    }

    #[test]
    fn skips_are_few_and_come_back_each_day() {
        let policy = GatePolicy { skips: 2, ..GatePolicy::default() };
        let mut desk = Desk::default();
        assert!(matches!(desk.after(A, &skip(), &policy, day(20)), Err(Refusal::SkipNotEngaged { .. })));
        for left in [1, 0] {
            desk = desk.engage(A, &fresh(), &policy, day(20)).unwrap().after(A, &skip(), &policy, day(20)).unwrap();
            assert_eq!(desk.skips_left(&policy, day(20)), left);
        }
        desk = desk.engage(A, &fresh(), &policy, day(20)).unwrap();
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
        desk = desk.engage(A, &fresh(), &policy, day(20)).unwrap().after(A, &skip(), &policy, day(20)).unwrap();
        desk = desk.engage(A, &fresh(), &policy, day(20)).unwrap();
        assert!(desk.after(A, &skip(), &policy, day(19)).is_err());
        desk = desk.after(A, &skip(), &policy, day(21)).unwrap().engage(A, &fresh(), &policy, day(20)).unwrap();
        assert!(desk.after(A, &skip(), &policy, day(20)).is_err());
    }

    #[test]
    fn what_owes_nothing_cannot_be_engaged() {
        let done = Handoff { stage: Stage::Rejected, ..fresh() };
        let refused = Desk::default().engage(A, &done, &GatePolicy::default(), day(20));
        assert_eq!(refused, Err(Refusal::NothingOwed { lead: A }));
    }

    #[test]
    fn a_relaxed_gate_lets_pass() {
        let policy = GatePolicy { mode: GateMode::Relaxed, ..GatePolicy::default() };
        let desk = Desk::default()
            .engage(A, &fresh(), &policy, day(20))
            .unwrap()
            .engage(B, &fresh(), &policy, day(20))
            .unwrap();
        assert_eq!(desk.engaged, [B]);
        assert!(desk.after(A, &Act::Accept, &policy, day(20)).is_ok());
    }

    #[test]
    fn what_a_strict_gate_holds_a_relaxed_one_holds_too() {
        let strict = GatePolicy::default();
        let relaxed = GatePolicy { mode: GateMode::Relaxed, ..strict.clone() };
        let desk = Desk::default().engage(A, &fresh(), &strict, day(20)).unwrap();
        assert_eq!(desk.engage(B, &fresh(), &relaxed, day(20)), Err(Refusal::Engaged { lead: A }));
        assert_eq!(desk.after(B, &Act::Accept, &relaxed, day(20)), Err(Refusal::Engaged { lead: A }));
        let desk =
            desk.after(A, &Act::Accept, &relaxed, day(20)).unwrap().engage(B, &fresh(), &relaxed, day(20)).unwrap();
        assert!(desk.loose && desk.engage(A, &fresh(), &strict, day(20)).is_err());
        // Opened once more under the strict gate, it is owed.
        let desk = desk.engage(B, &fresh(), &strict, day(20)).unwrap();
        assert_eq!((desk.loose, desk.engage(A, &fresh(), &relaxed, day(20)).is_err()), (false, true));
        // An undo adds its own lead, and puts aside what binds to nothing.
        let desk = Desk::default().engage(B, &fresh(), &relaxed, day(20)).unwrap().after_undo(A, &fresh(), true, false);
        assert_eq!((desk.engaged, desk.loose), (vec![A], false));
    }

    #[test]
    fn what_its_source_settled_and_takes_back_is_owed_again() {
        let policy = GatePolicy::default();
        let closed = Handoff { stage: Stage::Rejected, ..fresh() };
        let desk = Desk::default().engage(A, &fresh(), &policy, day(20)).unwrap().after_change(A, &closed);
        assert_eq!((desk.current(), &desk.withdrawn[..]), (None, &[A][..]));
        let desk = desk.engage(B, &fresh(), &policy, day(20)).unwrap().after_change(A, &fresh());
        assert_eq!((&desk.engaged[..], &desk.withdrawn[..]), (&[A, B][..], &[][..]), "the one in front stays there");
        let desk = desk.after(B, &Act::Accept, &policy, day(20)).unwrap();
        assert_eq!(desk.current(), Some(A));
        // Never read, never owed; and so it is with what was opened under a relaxed gate.
        assert_eq!(Desk::default().after_change(A, &closed).after_change(A, &fresh()), Desk::default());
        let relaxed = GatePolicy { mode: GateMode::Relaxed, ..policy };
        let desk = Desk::default().engage(A, &fresh(), &relaxed, day(20)).unwrap().after_change(A, &closed);
        assert_eq!((desk.current(), desk.after_change(A, &fresh()).current()), (None, None));
    }

    #[test]
    fn the_smallest_budget_of_the_day_holds_for_all() {
        let (few, many) =
            (GatePolicy { skips: 1, ..GatePolicy::default() }, GatePolicy { skips: 9, ..GatePolicy::default() });
        let mut desk = Desk::default().engage(A, &fresh(), &few, day(20)).unwrap();
        desk = desk.after(A, &skip(), &many, day(20)).unwrap().engage(B, &fresh(), &many, day(20)).unwrap();
        assert_eq!(desk.after(B, &skip(), &many, day(20)), Err(Refusal::SkipsSpent { limit: 1 }));
        assert!(desk.after(B, &skip(), &many, day(21)).is_ok());
    }

    #[test]
    fn a_day_that_was_a_clock_s_mistake_is_not_waited_for() {
        let policy = GatePolicy { skips: 2, ..GatePolicy::default() };
        let mut desk = Desk::default().engage(A, &fresh(), &policy, day(30)).unwrap();
        desk = desk.after(A, &skip(), &policy, day(30)).unwrap().engage(A, &fresh(), &policy, day(20)).unwrap();
        desk = desk.after(A, &skip(), &policy, day(20)).unwrap().engage(A, &fresh(), &policy, day(20)).unwrap();
        assert_eq!(desk.skips_left(&policy, day(20)), 0, "it was used none the less");
        assert!(desk.after(A, &skip(), &policy, day(21)).is_ok());
    }
}
