//! The after-hours protocol: what a lead that arrives at night is promised (R69, F58, C6).

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::{Budget, Clock, Mode};
use crate::handoff::calendar::Calendar;

/// Which promise holds after hours: the policy's own, or the protocol's personal follow-up (C6).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Combine {
    /// Always the protocol's.
    Protocol,
    /// The earlier of the two, so that no promise is broken.
    #[default]
    Min,
    /// The later of the two.
    Max,
}

/// The protocol's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AfterHours {
    /// Real time in which the automatic response goes out; 15 minutes unless set (R69).
    pub auto_response: Budget,
    /// Working time after the next opening in which a person follows up; 2 hours unless set (R69).
    pub personal: Budget,
    /// How the follow-up and the policy's own due time combine.
    pub combine: Combine,
}

impl Default for AfterHours {
    fn default() -> Self {
        Self { auto_response: Budget::QUARTER_HOUR, personal: Budget::TWO_HOURS, combine: Combine::Min }
    }
}

impl AfterHours {
    /// When the automatic response to a lead that arrives at `at` is due; nothing within hours, and over lunch.
    pub fn auto_response_due(&self, calendar: &Calendar, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        calendar.after_hours(at).then(|| at + Duration::seconds(self.auto_response.seconds()))
    }

    /// The clock that holds for a first contact: `policy` itself if it starts within hours, else that one or the
    /// protocol's, with the same start, pauses and re-routes.
    ///
    /// The choice is made once, by what the two would be on the calendar at the start without pauses and re-routes, so
    /// that a deferral does not swap one promise for the other. A `wall_roll` policy whose due time rolls to the very
    /// opening from which the protocol counts would leave nobody a second of work; `min` passes over it (C6: a 24 hour
    /// promise made on Friday night is kept by Monday 11:00).
    pub fn govern<'a>(&self, policy: Clock<'a>) -> Clock<'a> {
        let start = policy.start();
        let calendar = policy.calendar_at(start);
        if !calendar.after_hours(start) {
            return policy;
        }
        let own = policy.alone().due();
        let personal = calendar.add_working(start, self.personal.seconds());
        let without_work = policy.mode() == Mode::WallRoll && own == calendar.next_opening(start);
        let protocol_holds = match (self.combine, own, personal) {
            (Combine::Protocol, ..) => true,
            (_, _, None) => false,
            (_, None, Some(_)) => self.combine == Combine::Min,
            (Combine::Min, Some(own), Some(personal)) => personal < own || without_work,
            (Combine::Max, Some(own), Some(personal)) => personal > own,
        };
        if protocol_holds { policy.with_promise(self.personal.seconds(), Mode::Business) } else { policy }
    }
}
