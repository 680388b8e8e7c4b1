//! SLA clocks: what is due when, what is left, and why.
//!
//! A [`Clock`] is one promise about one lead: so much time, from then on, on this calendar. A lead has several at once
//! (acceptance, first contact, no activity: F57), each a value of its own, worked out anew from the events whenever it is
//! asked for, until an act closes it: then its [`Outcome`] is kept.

mod after_hours;
mod budget;
mod clock;
mod outcome;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use after_hours::{AfterHours, Combine};
pub use budget::{Budget, BudgetError};
pub use clock::Clock;
pub use outcome::Outcome;

use super::calendar::Calendar;

/// Which time a clock counts (C5).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Working seconds of the calendar.
    #[default]
    Business,
    /// Real elapsed seconds, day and night.
    Wall,
    /// Real elapsed seconds; a due time outside hours moves to the next opening (C23). One at the second of closing
    /// stays there, as under a business clock (section 4, rule 4).
    WallRoll,
    /// Due at the last close of the working day on which the clock begins; begun after that close or on a day off, of
    /// the next working day (C22). The budget does not matter.
    SameDay,
}

impl Mode {
    /// Its name in configuration, commands and output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Business => "business",
            Self::Wall => "wall",
            Self::WallRoll => "wall_roll",
            Self::SameDay => "same_day",
        }
    }
}

/// A stretch in which a clock stands still: a deferral, and nothing else (section 4, rule 6).
///
/// What a pause does to the due time depends on the clock's mode:
/// - `business`: its working seconds are not counted. Resumed outside hours, the clock goes on at the next opening.
/// - `wall`: its seconds are not counted.
/// - `wall_roll`: likewise; if then the opening to which the due time rolls lies in a pause, it rolls on to the first
///   working second after the pause.
/// - `same_day`: the day is promised anew at the resumption, so a pause within the day changes nothing, and one that
///   lasts until Tuesday is due at Tuesday's last close.
///
/// A pause that begins at or after the due time comes too late to move it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Pause {
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub from: DateTime<Utc>,
    /// When it ended or will end; nothing while it is open. An end before the beginning makes it empty.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub to: Option<DateTime<Utc>>,
}

/// When something is due, and how it came to that (F64).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Due {
    /// The due instant. Nothing under an open pause, or if the calendar never offers enough time.
    pub due: Option<DateTime<Utc>>,
    /// Where there is no due instant: the seconds that will be left when the clock goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remaining_seconds: Option<i64>,
    /// Where `wall_roll` moved the due instant: the one before that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rolled_from: Option<DateTime<Utc>>,
    /// The stretches of time that were used, in order and apart from each other.
    pub spent: Vec<Spent>,
}

/// A stretch of counted time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// Its beginning.
    pub from: DateTime<Utc>,
    /// Its end.
    pub to: DateTime<Utc>,
    /// Its length, always above 0.
    pub seconds: i64,
}

/// Working seconds from `from` to `to` without the paused ones; 0 when `to` is before `from`.
pub fn elapsed(calendar: &Calendar, from: DateTime<Utc>, to: DateTime<Utc>, pauses: &[Pause]) -> i64 {
    pauses.iter().fold(Clock::new(calendar, from, 0, Mode::Business), |clock, &pause| clock.pause(pause)).elapsed(to)
}
