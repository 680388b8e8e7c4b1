//! How a clock ends.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Mode;
use super::clock::{Clock, Target};
use crate::handoff::calendar::{instant, seconds};

/// How a clock ended: what is kept of it when it is closed (section 4, rule 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = ClockOutcome)]
pub struct Outcome {
    /// Whether the action came at or before the due instant, or while the clock stood still.
    pub met: bool,
    /// When it was due.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due: Option<DateTime<Utc>>,
    /// Seconds from the action to the due instant as the clock counts them, negative when it came late: working ones
    /// under `business` and `same_day`, else real.
    pub diff_seconds: i64,
}

impl Clock<'_> {
    /// How the clock ends with an action at `at`. One before the start leaves the whole.
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
}
