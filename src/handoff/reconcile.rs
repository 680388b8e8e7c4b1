//! Both sides of an act on which a hub or a CRM decided otherwise: what the rep did, what is there, and what came of it
//! (F115, N12). The last writer does not win: contacts are kept whoever holds the lead, the hub says who holds it, and a refusal
//! has a reason.

use super::disposition::{Act, Attempt};
use super::event::{Event, EventKind};
use super::outbox::OutboxState;
use super::state::Stage;

/// The most steps of the hub's that are told.
const MOST: usize = 4;

/// What its hub or its CRM has of the lead, as far as it tells the rep.
#[derive(Clone, Debug, PartialEq)]
pub struct HubSide {
    /// The rep still sees the lead.
    pub is_here: bool,
    /// It is a hub, which says where the lead stands: what it refuses does not stand here either. What a CRM refuses does.
    pub judges: bool,
    /// Who holds it, where the rep sees it; nobody if it waits in a queue.
    pub owner: Option<String>,
    /// Where it stands by the hub's word, where the rep sees it.
    pub stage: Stage,
    /// Why it left the rep, and who has it now, in the hub's words.
    pub left: Option<String>,
    /// What others did with it, the oldest first: the latest steps that matter to who holds it and where it stands.
    pub steps: Vec<Event>,
}

/// The latest of `history` that `rep` did not do and that say who holds the lead or where it stands.
pub fn steps(history: &[Event], rep: &str) -> Vec<Event> {
    let is_theirs = |event: &&Event| event.actor.name != rep && matters(&event.what);
    let theirs: Vec<&Event> = history.iter().filter(is_theirs).collect();
    theirs[theirs.len().saturating_sub(MOST)..].iter().map(|&event| event.clone()).collect()
}

fn matters(what: &EventKind) -> bool {
    matches!(
        what,
        EventKind::Assigned { .. }
            | EventKind::Rerouted { .. }
            | EventKind::Accepted { .. }
            | EventKind::Rejected(_)
            | EventKind::Attempted(_)
            | EventKind::Deferred(_)
            | EventKind::Resumed
            | EventKind::Qualified(_)
            | EventKind::BecameOpportunity
            | EventKind::Recycled { .. }
            | EventKind::Breached { .. }
            | EventKind::Overridden { .. }
            | EventKind::Reopened { .. }
            | EventKind::MovedAtSource { .. }
    )
}

/// What came of an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merged {
    /// It stands as a fact, and changed nothing else.
    Kept,
    /// It does not stand.
    Refused,
}

impl Merged {
    /// What came of what stands so in the outbox; nothing where both sides say the same, or the hub has not answered.
    pub fn of(state: OutboxState, reason: Option<&str>) -> Option<Self> {
        match state {
            OutboxState::Kept => Some(Self::Kept),
            OutboxState::Parked => Some(Self::Refused),
            // Those that a person has read keep their reason.
            OutboxState::Sent => reason.map(|_| Self::Kept),
            OutboxState::Cancelled => reason.map(|_| Self::Refused),
            OutboxState::Held | OutboxState::Waiting | OutboxState::Local => None,
        }
    }

    /// Who gets the credit, as a rule in words (F115).
    pub fn credit(self) -> &'static str {
        match self {
            Self::Kept => {
                "A contact stands in the lead's history for whoever made it, at the time when it was made. \
                 Whoever holds the lead owes its answer and their own contact, and what becomes of it counts for them."
            }
            Self::Refused => {
                "An answer counts if whoever gives it holds the lead and it can still be answered so. \
                 This one counts for nobody: what the hub has stands."
            }
        }
    }
}

/// The act to be done once more on the lead as it stands now, where that makes sense: it was refused, the rep still has
/// the lead, and the lead is open. A contact keeps the time at which it was made.
pub fn again(event: &Event, state: OutboxState, hub: &HubSide) -> Option<Act> {
    if state != OutboxState::Parked || !hub.is_here || !hub.stage.is_open() {
        return None;
    }
    Some(match &event.what {
        EventKind::Accepted { implicit: false } if hub.stage == Stage::Assigned => Act::Accept,
        EventKind::Rejected(rejection) => Act::Reject(rejection.clone()),
        EventKind::Attempted(attempt) => Act::Attempt(Attempt { at: attempt.at.or(Some(event.at)), ..attempt.clone() }),
        EventKind::Deferred(deferral) => Act::Defer(deferral.clone()),
        EventKind::Qualified(qualification) => Act::Qualify(qualification.clone()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::handoff::Time;
    use crate::handoff::disposition::{Channel, Outcome};
    use crate::handoff::event::Actor;

    fn event(name: &str, what: EventKind) -> Event {
        Event::new(Uuid::nil(), 1, Time::UNIX_EPOCH, Actor::rep(name), what)
    }

    fn side(stage: Stage) -> HubSide {
        HubSide { is_here: true, judges: true, owner: Some("ana".into()), stage, left: None, steps: Vec::new() }
    }

    #[test]
    fn of_what_happened_there_the_latest_by_others_is_told() {
        let mut history = vec![
            event("leadbox", EventKind::Captured),
            event("leadbox", EventKind::Assigned { to: "ana".into() }),
            event("ana", EventKind::Accepted { implicit: false }),
        ];
        history.extend((0..5).map(|n| event("max", EventKind::Overridden { why: n.to_string() })));
        let told = steps(&history, "ana");
        let why = |event: &Event| match &event.what {
            EventKind::Overridden { why } => why.clone(),
            other => other.code().into(),
        };
        assert_eq!(told.iter().map(why).collect::<Vec<_>>(), ["1", "2", "3", "4"]);
        assert_eq!(steps(&history[..3], "ana").len(), 1);
        assert_eq!(steps(&[], "ana"), []);
    }

    #[test]
    fn it_can_be_done_again_only_where_it_was_refused_and_the_lead_is_there_and_open() {
        let accept = event("ana", EventKind::Accepted { implicit: false });
        assert_eq!(again(&accept, OutboxState::Parked, &side(Stage::Assigned)), Some(Act::Accept));
        for (state, hub) in [
            (OutboxState::Kept, side(Stage::Assigned)),
            (OutboxState::Cancelled, side(Stage::Assigned)),
            (OutboxState::Parked, side(Stage::Accepted)),
            (OutboxState::Parked, side(Stage::Recycled)),
            (OutboxState::Parked, HubSide { is_here: false, ..side(Stage::Assigned) }),
        ] {
            assert_eq!(again(&accept, state, &hub), None, "{state:?} {hub:?}");
        }
        let attempt = Attempt {
            channel: Channel::Phone,
            outcome: Outcome::Reached,
            at: None,
            note: None,
            cited: None,
            next: None,
            consent_override: None,
        };
        let contact = event("ana", EventKind::Attempted(attempt));
        let Some(Act::Attempt(attempt)) = again(&contact, OutboxState::Parked, &side(Stage::Attempted)) else {
            panic!()
        };
        assert_eq!(attempt.at, Some(Time::UNIX_EPOCH));
    }

    #[test]
    fn what_a_person_has_read_keeps_its_outcome() {
        assert_eq!(Merged::of(OutboxState::Sent, Some("why")), Some(Merged::Kept));
        assert_eq!(Merged::of(OutboxState::Cancelled, Some("why")), Some(Merged::Refused));
        assert_eq!(Merged::of(OutboxState::Sent, None), None);
        assert_eq!(Merged::of(OutboxState::Cancelled, None), None);
        assert_eq!(Merged::of(OutboxState::Waiting, Some("no network")), None);
    }
}
