//! Who of several that could take a lead gets it (R60, C19, F45, F46, F53).
//!
//! In this order, each step only where those before leave it open:
//! 1. open now before closed, which only a rule with `hours = "any"` leaves to ask;
//! 2. for high intent: the shorter median of acknowledgement; who has none yet counts as the middle of those who have;
//! 3. fewer open leads for their weight;
//! 4. fewer leads today for their weight;
//! 5. the longer wait since the last assignment, times the weight; who never had one waits the longest;
//! 6. the id.
//!
//! Weights work mainly by steps 3 and 4, which keep shares exact: waits alone would let weights of 3 and 2 take turns.

use std::cmp::Ordering;

use super::availability::{Shift, Standing};
use super::decision::Verdict;
use crate::handoff::Time;
use crate::handoff::roster::{Responder, median};
use crate::handoff::sla::Budget;

/// What decided between two people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Open,
    Acknowledgement,
    OpenLeads,
    Today,
    Wait,
    Id,
}

/// One who could take the lead.
#[derive(Clone, Copy)]
pub(super) struct Candidate<'a> {
    pub person: &'a Responder,
    pub is_open: bool,
    /// In seconds; the same for all where it does not matter.
    pub acknowledges: i64,
    waits: i128,
}

/// Those of a pool with nothing between them and the lead.
pub(super) fn candidates<'a>(pool: &[Standing<'a>], shift: &mut Shift<'a>, high_intent: bool) -> Vec<Candidate<'a>> {
    let free = pool.iter().filter(|standing| standing.hurdle.is_none()).map(|standing| standing.person);
    let mut all: Vec<_> = free.map(|person| Candidate::new(person, shift)).collect();
    if high_intent {
        let known = all.iter().filter_map(|it| it.person.load.median_ack_seconds).collect();
        let unknown = median(known).unwrap_or_default();
        for candidate in &mut all {
            candidate.acknowledges = candidate.person.load.median_ack_seconds.unwrap_or(unknown);
        }
    }
    all
}

impl<'a> Candidate<'a> {
    fn new(person: &'a Responder, shift: &mut Shift<'a>) -> Self {
        let waited = |last: Time| i128::from((shift.now - last).num_milliseconds().max(0)) * i128::from(weight(person));
        Self {
            waits: person.load.last_assigned_at.map_or(i128::MAX, waited),
            is_open: shift.is_open(person),
            acknowledges: 0,
            person,
        }
    }

    /// How two compare, the better one first, and what decided.
    pub fn compare(&self, other: &Self) -> (Ordering, Step) {
        let (mine, theirs) = (&self.person.load, &other.person.load);
        // a / weight against b / weight, without fractions.
        let share = |a: u32, b: u32| (u64::from(a) * weight(other.person)).cmp(&(u64::from(b) * weight(self.person)));
        let steps = [
            (other.is_open.cmp(&self.is_open), Step::Open),
            (self.acknowledges.cmp(&other.acknowledges), Step::Acknowledgement),
            (share(mine.open, theirs.open), Step::OpenLeads),
            (share(mine.today, theirs.today), Step::Today),
            (other.waits.cmp(&self.waits), Step::Wait),
        ];
        let decided = steps.into_iter().find(|(ordering, _)| ordering.is_ne());
        decided.unwrap_or_else(|| (self.person.id.cmp(&other.person.id), Step::Id))
    }

    /// Why this one does not get the lead and the chosen one does.
    pub fn lost_to(&self, chosen: &Self) -> Verdict {
        let (mine, theirs) = (&self.person.load, &chosen.person.load);
        let who = &chosen.person.id;
        let of = |count: u32, person| format!("{count} for weight {}", weight(person));
        let step = self.compare(chosen).1;
        let why = match step {
            Step::Open => format!("closed now, {who} is open"),
            Step::Acknowledgement => {
                let unknown = if mine.median_ack_seconds.is_none() { " (unknown, so the middle)" } else { "" };
                let (slow, fast) = (seconds(self.acknowledges), seconds(chosen.acknowledges));
                format!("acknowledges in {slow}{unknown}, {who} in {fast}")
            }
            Step::OpenLeads => {
                format!("open leads: {}, {who} {}", of(mine.open, self.person), of(theirs.open, chosen.person))
            }
            Step::Today => {
                format!("leads today: {}, {who} {}", of(mine.today, self.person), of(theirs.today, chosen.person))
            }
            Step::Wait => format!("{who} has waited longer for a lead, by weight"),
            Step::Id => format!("all else is equal, and {who} comes first by name"),
        };
        if step == Step::Acknowledgement { Verdict::Slower { why } } else { Verdict::LaterInOrder { why } }
    }
}

fn weight(person: &Responder) -> u64 {
    u64::from(person.weight.max(1))
}

pub(super) fn seconds(seconds: i64) -> String {
    Budget::from_seconds(seconds).map_or_else(|_| "no time".into(), |budget| budget.to_string())
}
