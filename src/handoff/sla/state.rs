//! Where a clock stands at an instant, and how it ended.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Mode;
use super::clock::{Clock, Target};
use crate::handoff::calendar::{FOREVER, instant, seconds};

/// What a countdown shows. Seconds are those the clock counts: working ones under `business` and `same_day`, else real.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// Counting, with `left` seconds to go; 0 at the due second itself.
    Running {
        /// Seconds to the due instant.
        left: i64,
    },
    /// Outside hours: nothing counts for another `seconds` real seconds.
    OpensIn {
        /// Real seconds to the next opening.
        seconds: i64,
        /// Seconds to the due instant.
        left: i64,
    },
    /// Standing still in a pause.
    Paused {
        /// Seconds that will be left when it goes on.
        left: i64,
    },
    /// Breached and still open; the clock goes on counting (F61).
    Over {
        /// Seconds since the due instant; 0 while no working time has passed since.
        by: i64,
    },
    /// Its calendar has no working time any more.
    NeverOpens {
        /// Seconds that cannot be used up.
        left: i64,
    },
    /// Closed at or before the due instant (section 4, rule 5).
    Met {
        /// Seconds that were left.
        left: i64,
    },
    /// Closed after the due instant.
    Missed {
        /// Seconds from the due instant to the action.
        by: i64,
    },
}

/// How a clock ended: what is stored of it when it is closed (section 4, rule 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Whether the action came at or before the due instant, or while the clock stood still.
    pub met: bool,
    /// When it was due.
    pub due: Option<DateTime<Utc>>,
    /// Counted seconds from the action to the due instant: negative when it came late.
    pub diff_seconds: i64,
}

impl Clock<'_> {
    /// Counted seconds from `now` to the due instant, negative once it is over and counting on (F61); under an open
    /// pause those that are frozen. Before the start it is the whole.
    pub fn remaining(&self, now: DateTime<Utc>) -> i64 {
        self.left(self.target(), seconds(now).max(self.start))
    }

    /// Where the clock stands at `now`, or how it ended if it was closed by an action at `closed`.
    pub fn state(&self, now: DateTime<Utc>, closed: Option<DateTime<Utc>>) -> State {
        if let Some(closed) = closed {
            let outcome = self.close(closed);
            return match outcome.met {
                true => State::Met { left: outcome.diff_seconds },
                false => State::Missed { by: -outcome.diff_seconds },
            };
        }
        let target = self.target();
        let now = seconds(now).max(self.start);
        let left = self.left(target, now);
        match target {
            Target::At { due, .. } if now > due => State::Over { by: -left },
            Target::At { due, .. } if now == due => State::Running { left: 0 },
            _ if self.is_paused(now) => State::Paused { left },
            Target::Never { .. } => State::NeverOpens { left },
            _ if !self.counts_working_time() || self.calendar_in_force(now).open_at(now) => State::Running { left },
            _ => match self.next_counted_second(now) {
                Some(opening) => State::OpensIn { seconds: opening - now, left },
                None => State::Paused { left },
            },
        }
    }

    /// How the clock ends with an action at `at`.
    pub fn close(&self, at: DateTime<Utc>) -> Outcome {
        let target = self.target();
        let at = seconds(at);
        let diff_seconds = self.left(target, at.max(self.start));
        match target {
            Target::At { due, .. } => Outcome { met: at <= due, due: Some(instant(due)), diff_seconds },
            Target::Frozen { .. } | Target::Never { .. } => Outcome { met: true, due: None, diff_seconds },
        }
    }

    fn left(&self, target: Target, now: i64) -> i64 {
        match target {
            Target::At { due, .. } if now <= due => self.measure(now, due),
            Target::At { due, .. } => -self.measure(due, now),
            Target::Frozen { left, since } => left + self.measure(now, since),
            Target::Never { .. } if self.mode == Mode::Business => self.budget - self.measure(self.start, now),
            Target::Never { left } => left,
        }
    }

    /// The first working second at or after `now` that is not paused.
    fn next_counted_second(&self, now: i64) -> Option<i64> {
        let segments = self.segments(now, FOREVER);
        segments.iter().find_map(|segment| segment.calendar.first_open(segment.from, segment.to))
    }
}
