//! Both sides of an act on which the hub decided otherwise.

use super::golden;
use super::lists::line;
use super::samples::{from_now, inbox};
use crate::app::Model;
use crate::app::screen::Screen;
use crate::handoff::disposition::{Attempt, Channel, Outcome, Rejection};
use crate::handoff::event::{Actor, Event, EventKind};
use crate::handoff::outbox::OutboxState;
use crate::handoff::reconcile::HubSide;
use crate::handoff::state::Stage;
use uuid::Uuid;

fn compared(what: EventKind, state: OutboxState, why: &str, hub: HubSide) -> Model {
    let mut model = inbox();
    model.screen = Screen::Reconcile;
    let mut row = line(12, "Maya Chen", what, state);
    (row.error, row.tries, row.hub) = (Some(why.into()), 1, Some(Box::new(hub)));
    model.outbox.rows = vec![row];
    model.outbox.read = true;
    model.counts.parked = 1;
    model
}

/// The rep spoke to them on the train; the hub had given the lead away.
pub fn kept() -> Model {
    let attempt = Attempt {
        channel: Channel::Phone,
        outcome: Outcome::Reached,
        at: None,
        note: Some("wants to see the Salesforce sync on Tuesday".into()),
        cited: Some("pricing page".into()),
        next: None,
        consent_override: None,
    };
    let hub = HubSide {
        judges: true,
        is_here: false,
        owner: None,
        stage: Stage::Recycled,
        left: Some("given to ben: nobody answered it in the first window".into()),
        steps: Vec::new(),
    };
    let why = "the contact is kept; the lead went to ben meanwhile";
    compared(EventKind::Attempted(attempt), OutboxState::Kept, why, hub)
}

fn refused() -> Model {
    let rejection = Rejection { code: "budget".into(), ..Rejection::default() };
    let by = |ago: i64, name: &str, what| {
        let actor = if name == "leadbox" { Actor::system() } else { Actor::rep(name) };
        Event::new(Uuid::nil(), 1, from_now(-ago), actor, what)
    };
    let hub = HubSide {
        judges: true,
        is_here: true,
        owner: Some("ana".into()),
        stage: Stage::Assigned,
        left: None,
        steps: vec![
            by(9000, "leadbox", EventKind::Rerouted { to: "ben".into(), why: "nobody answered it".into() }),
            by(7000, "ben", EventKind::Accepted { implicit: false }),
            by(3000, "max", EventKind::Rerouted { to: "ana".into(), why: "she knows them".into() }),
        ],
    };
    let why = "you cannot reject this lead: it is deferred. Resume it first.";
    compared(EventKind::Rejected(rejection), OutboxState::Parked, why, hub)
}

#[test]
fn a_contact_that_is_kept() {
    golden("reconcile-kept", &kept());
    let mut read = kept();
    read.outbox.rows[0].state = OutboxState::Sent;
    read.counts.parked = 0;
    golden("reconcile-read", &read);
}

#[test]
fn an_answer_that_is_refused_and_can_be_given_again() {
    golden("reconcile-refused", &refused());
}

#[test]
fn in_lines() {
    let mut model = kept();
    model.settings.linear = true;
    golden("linear-reconcile", &model);
}
