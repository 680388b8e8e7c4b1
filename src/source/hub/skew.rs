//! By how much this machine's clock differs from the hub's: each answer says what time it is there, and the one that was
//! the shortest on its way says it best (reliability, row 15).

use std::sync::{Arc, Mutex, PoisonError};

use chrono::Duration;

use crate::handoff::Time;
use crate::keeping::clock::Clock;

/// An answer tells the whole second in which it was written: the middle of it is off by half of one at most.
const HALF_A_SECOND: Duration = Duration::milliseconds(500);
/// What is off by less is taken to be right: the answers do not tell it any better.
const RIGHT: Duration = Duration::seconds(2);

/// Sets a clock right by the answers of a hub. Copies are one.
#[derive(Clone, Default)]
pub(super) struct Skew {
    clock: Clock,
    best: Arc<Mutex<Option<Sample>>>,
}

/// What an answer says.
#[derive(Clone, Copy, Debug)]
struct Sample {
    /// By how much the hub's clock is ahead of ours,
    ahead: Duration,
    /// and by how much that may be wrong.
    doubt: Duration,
}

impl Skew {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, ..Self::default() }
    }

    /// An answer to what was asked at `sent` began to come at `got`, and was written in the second that begins with `told`.
    pub(super) fn hear(&self, sent: Time, got: Time, told: Time) {
        // Somebody set the clock meanwhile.
        if got < sent {
            return;
        }
        let half = (got - sent) / 2;
        let new = Sample { ahead: told + HALF_A_SECOND - (sent + half), doubt: half + HALF_A_SECOND };
        let mut best = self.best.lock().unwrap_or_else(PoisonError::into_inner);
        // Two that cannot both be true: one of the clocks was set since.
        let is_out = |best: Sample| (new.ahead - best.ahead).abs() > new.doubt + best.doubt;
        if best.is_some_and(|best| new.doubt >= best.doubt && !is_out(best)) {
            return;
        }
        *best = Some(new);
        self.clock.set_ahead(if new.ahead.abs() < RIGHT { Duration::zero() } else { new.ahead });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Time {
        format!("2026-11-20T{text}Z").parse().unwrap()
    }

    #[test]
    fn the_shortest_answer_says_by_how_much_a_clock_is_off_until_one_is_set() {
        let clock = Clock::default();
        let skew = Skew::new(clock.clone());
        let ahead = || clock.read().ahead.num_milliseconds();
        skew.hear(at("09:00:00"), at("09:00:01"), at("09:00:01"));
        assert_eq!(ahead(), 0, "what differs by a second does not differ");
        skew.hear(at("09:00:10"), at("09:00:20"), at("10:00:17"));
        assert_eq!(ahead(), 3_602_500, "an hour, as far as one slow answer can tell");
        skew.hear(at("09:00:30"), at("09:00:30.200"), at("10:00:30"));
        assert_eq!(ahead(), 3_600_400);
        skew.hear(at("09:01:00"), at("09:01:04"), at("10:01:01"));
        assert_eq!(ahead(), 3_600_400, "a slower one knows no better");
        skew.hear(at("09:02:04"), at("09:02:00"), at("10:02:00"));
        assert_eq!(ahead(), 3_600_400, "this machine's clock went back while it waited");
        skew.hear(at("10:03:00"), at("10:03:02"), at("10:03:01"));
        assert_eq!(ahead(), 0, "somebody set it right");
    }
}
