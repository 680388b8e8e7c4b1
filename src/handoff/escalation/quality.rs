//! The quality check of the handoff's third step (R48).

use serde::Serialize;

use crate::handoff::state::{Handoff, Stage};

/// What the check a day after the assignment looks at (R48).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Quality {
    /// An attempt to reach them is logged, or the lead was closed with an answer that needs none.
    pub attempt_confirmed: bool,
    /// Somebody judged whether it was well qualified: accepted, rejected or confirmed it. Deferring is no judgement.
    pub qualification_judged: bool,
    /// Marketing has its answer: a reason, a conversation, a confirmation, or where it went.
    pub feedback_closed: bool,
}

impl Quality {
    /// How a handoff does.
    pub fn of(handoff: &Handoff) -> Self {
        let is_rejected = handoff.rejection.is_some();
        let is_closed = handoff.stage.is_closed();
        Self {
            attempt_confirmed: handoff.first_attempt_at.is_some() || is_rejected,
            qualification_judged: handoff.accepted_at.is_some() || is_rejected || handoff.qualification.is_some(),
            feedback_closed: is_closed || handoff.stage == Stage::Connected,
        }
    }

    /// Nothing is left to ask.
    pub fn is_complete(self) -> bool {
        self.attempt_confirmed && self.qualification_judged && self.feedback_closed
    }

    /// What is missing, in words; empty where nothing is.
    pub fn missing(self) -> Vec<&'static str> {
        let asked = [
            (self.attempt_confirmed, "an attempt to reach them"),
            (self.qualification_judged, "a judgement of the qualification"),
            (self.feedback_closed, "feedback to marketing"),
        ];
        asked.into_iter().filter(|(is_there, _)| !is_there).map(|(_, what)| what).collect()
    }
}
