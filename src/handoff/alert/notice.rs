//! An alert on the screen of the one who is to decide.

use std::fmt::Display;

use serde::{Deserialize, Serialize};

use super::{Category, Left};
use crate::handoff::Time;
use crate::handoff::event::{Event, Role};
use crate::handoff::state::Handoff;

/// An alert as it reaches the one who is to decide (R82): why, what is to be done, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Its number at the hub.
    pub id: i64,
    /// In which of the four categories.
    pub category: Category,
    /// What is to be done.
    pub action: String,
    /// Until when.
    pub until: Time,
    /// What they did of late, in words.
    pub history: Vec<String>,
    /// The lead itself is not told: the one who is to decide watches the queue where it waits (R61).
    #[serde(default)]
    pub is_pointer: bool,
    /// It goes out at any hour.
    pub is_urgent: bool,
    /// When it was made.
    pub at: Time,
}

impl Notice {
    /// It still waits for a decision at `now`: there is time, the lead is not closed, and nobody has acted on it since.
    pub fn is_open(&self, handoff: &Handoff, events: &[Event], now: Time) -> bool {
        let is_act = |event: &Event| matches!(event.actor.role, Role::Rep | Role::Manager) && event.what.is_answer();
        let is_done = || events.iter().any(|event| event.at > self.at && is_act(event));
        now < self.until && !handoff.stage.is_closed() && !is_done()
    }

    /// What may be told outside of the screen, with `left` seconds to decide: no personal data (C16, F76).
    pub fn pointer(&self, lead: impl Display, left: i64) -> String {
        pointer(lead, self.category, &self.action, left)
    }
}

/// `L-12 · time is running out: accept it (18 min left)`.
pub(super) fn pointer(lead: impl Display, category: Category, action: &str, left: i64) -> String {
    format!("{lead} · {}: {action} ({} left)", category.label(), Left(left))
}

#[cfg(test)]
mod tests {
    use chrono::Duration;
    use uuid::Uuid;

    use super::*;
    use crate::handoff::disposition::{Attempt, Channel, Outcome};
    use crate::handoff::event::{Actor, EventKind};
    use crate::handoff::lead::{Lead, LeadId};
    use crate::handoff::state::Stage;

    #[test]
    fn it_waits_until_somebody_acts_or_it_is_too_late() {
        let at = Time::UNIX_EPOCH;
        let notice = Notice {
            id: 7,
            category: Category::SlaBreachWarning,
            action: "accept it".into(),
            until: at + Duration::minutes(18),
            history: vec!["asked for a demo".into()],
            is_pointer: false,
            is_urgent: false,
            at,
        };
        let mut handoff = Handoff::arrived(&Lead::default(), at);
        let event = |minutes, actor, what| Event::new(Uuid::nil(), 1, at + Duration::minutes(minutes), actor, what);
        let accepted = || EventKind::Accepted { implicit: false };
        let contact = Attempt {
            channel: Channel::Phone,
            outcome: Outcome::NoAnswer,
            at: None,
            note: None,
            cited: None,
            next: None,
            consent_override: None,
        };
        let before = [
            event(0, Actor::rep("ana"), accepted()),
            event(1, Actor::system(), EventKind::Captured),
            event(2, Actor::rep("ana"), EventKind::Skipped { reason: "x".into() }),
            // Of one whose lead it was before.
            event(2, Actor::rep("bo"), EventKind::ContactKept(contact)),
        ];
        let now = at + Duration::minutes(3);
        assert!(notice.is_open(&handoff, &before, now));
        assert!(!notice.is_open(&handoff, &[event(1, Actor::rep("ana"), accepted())], now));
        assert!(!notice.is_open(&handoff, &[], notice.until));
        handoff.stage = Stage::Recycled;
        assert!(!notice.is_open(&handoff, &[], now));
        assert_eq!(notice.pointer(LeadId(12), 1080), "L-12 · time is running out: accept it (18 min left)");
    }
}
