//! The incident that a breach makes, and whose share it was (F77, R78).

use serde::{Deserialize, Serialize};

use super::Action;
use crate::handoff::Time;
use crate::handoff::summary::ClockKind;

/// What a breach was caused by, so that blame goes where the time went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Most of the time was gone before anybody had it: enrichment and routing.
    System,
    /// Whoever had it had time enough, and was there.
    Rep,
    /// Nobody could: no one was available, or it was given to somebody who was full, away or out of hours.
    Capacity,
    /// Most of the time went into completing its data.
    Data,
}

/// Where a window's time went until it closed, in seconds as the clock counts them. They need not add up to its budget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waits {
    /// In the data-completion queue.
    pub data: i64,
    /// For somebody to be available.
    pub capacity: i64,
    /// Elsewhere before the assignment: scoring, checks, enrichment, routing.
    pub system: i64,
    /// With whoever had it.
    pub rep: i64,
}

/// How those were placed who had it when the window closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldBy {
    /// At their cap of open leads or of leads a day, or over it, when they were given it.
    pub is_full: bool,
    /// Out of office, or set to unavailable.
    pub is_away: bool,
    /// Out of their hours for the better part of it.
    pub is_out_of_hours: bool,
}

impl Cause {
    /// The cause: the largest share where more went before the assignment than after it, else capacity where whoever had
    /// it could not, else the rep. A tie before the assignment goes to capacity, then to data.
    pub fn of(waits: Waits, held_by: HeldBy) -> Self {
        let Waits { data, capacity, system, rep } = waits;
        if data + capacity + system > rep {
            return match capacity {
                _ if capacity >= data && capacity >= system => Self::Capacity,
                _ if data >= system => Self::Data,
                _ => Self::System,
            };
        }
        let could_not = held_by.is_full || held_by.is_away || held_by.is_out_of_hours;
        if could_not { Self::Capacity } else { Self::Rep }
    }

    /// All of them.
    pub const ALL: [Self; 4] = [Self::System, Self::Rep, Self::Capacity, Self::Data];

    /// The cause with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.code() == code)
    }

    /// The word in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Rep => "rep",
            Self::Capacity => "capacity",
            Self::Data => "data",
        }
    }
}

/// The record of a breach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Whose share it was.
    pub cause: Cause,
    /// Which window closed.
    pub clock: ClockKind,
    /// Which one of its kind, from 1.
    pub window: u32,
    /// When it closed.
    pub due: Time,
    /// Who had it then; nothing where nobody did.
    pub owner: Option<String>,
    /// Where the time went.
    pub waits: Waits,
}

impl Incident {
    /// The incident that this action makes; nothing unless it is a breach.
    pub fn of(action: &Action, owner: Option<&str>, waits: Waits, held_by: HeldBy) -> Option<Self> {
        let &Action::Breach { clock, window, due } = action else { return None };
        let cause = Cause::of(waits, held_by);
        Some(Self { cause, clock, window, due, owner: owner.map(Into::into), waits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_where_the_time_went() {
        let cause = |data, capacity, system, rep, is_full| {
            Cause::of(Waits { data, capacity, system, rep }, HeldBy { is_full, ..HeldBy::default() })
        };
        assert_eq!(cause(0, 0, 200, 100, true), Cause::System, "even where the rep was full");
        assert_eq!(cause(150, 0, 50, 100, false), Cause::Data);
        assert_eq!(cause(10, 150, 50, 100, false), Cause::Capacity, "nobody was there to take it");
        assert_eq!(cause(50, 50, 0, 100, false), Cause::Rep, "half of it was the rep's");
        assert_eq!(cause(0, 0, 0, 300, true), Cause::Capacity);
        assert_eq!(cause(0, 0, 0, 300, false), Cause::Rep);
        assert_eq!(Cause::of(Waits::default(), HeldBy { is_away: true, ..HeldBy::default() }), Cause::Capacity);
        assert_eq!(Cause::of(Waits::default(), HeldBy { is_out_of_hours: true, ..HeldBy::default() }), Cause::Capacity);
    }

    #[test]
    fn only_a_breach_is_an_incident() {
        let due = "2026-11-20T10:05:00Z".parse().unwrap();
        let waits = Waits { rep: 300, ..Waits::default() };
        let breach = Action::Breach { clock: ClockKind::Acceptance, window: 2, due };
        let incident = Incident::of(&breach, Some("ana"), waits, HeldBy::default()).unwrap();
        assert_eq!((incident.cause, incident.window, incident.owner.as_deref()), (Cause::Rep, 2, Some("ana")));
        let warn = Action::Warn { clock: ClockKind::Acceptance, due };
        assert_eq!(Incident::of(&warn, None, waits, HeldBy::default()), None);
    }
}
