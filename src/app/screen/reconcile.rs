//! What the rep did, what the hub has, and what came of it: one row of the outbox with both sides (F115, N12).

use super::{Motion, Screen, outbox};
use crate::app::action::Action;
use crate::app::command;
use crate::app::effect::Ask;
use crate::app::model::{Model, Pending};
use crate::app::msg::OutboxLine;
use crate::app::out::Out;
use crate::app::words;
use crate::handoff::disposition::Act;
use crate::handoff::reconcile::again;

/// Whether this can be done with the selected row; else why not, in words.
pub fn allowed(model: &Model, action: Action) -> Result<(), String> {
    let Some(row) = model.outbox.selected() else { return Err("the outbox is empty".into()) };
    let Some(hub) = &row.hub else { return Err("there is nothing to compare: nothing else is said there".into()) };
    let is_here = if hub.is_here { Ok(()) } else { Err("you no longer see this lead: it went elsewhere".to_owned()) };
    match action {
        Action::Acknowledge if !row.state.needs_person() => Err("it was acknowledged before".into()),
        Action::Redo if !row.can_be_retried() && repeated(row).is_none() => {
            is_here?;
            Err("it cannot be done again on the lead as it stands now".into())
        }
        Action::GoToLead => match model.engaged().filter(|&front| front != row.lead) {
            Some(front) => Err(words::owed(model, front)),
            None => is_here,
        },
        _ => Ok(()),
    }
}

/// The act of this row to be done again. What a CRM refused stands here and is not done twice: it is sent again.
fn repeated(row: &OutboxLine) -> Option<Act> {
    let hub = row.hub.as_ref().filter(|side| side.judges)?;
    again(&row.event, row.state, hub)
}

/// Shows both sides of the selected row.
pub fn open(model: &mut Model) {
    model.screen = Screen::Reconcile;
    model.outbox.scroll = 0;
}

/// Scrolls what is compared.
pub fn scroll(model: &mut Model, motion: Motion) {
    let view = &mut model.outbox;
    view.scroll = motion.from(view.scroll, view.scroll_most + 1, model.size.height.into());
}

/// Notes that the rep has read it. It stays on the screen until that is on disk.
pub fn acknowledge(model: &mut Model, out: &mut Out) {
    let Some(op) = model.outbox.selected().map(|row| row.event.id) else { return };
    model.outbox.acknowledged = Some(op);
    out.ask(Ask::Acknowledge { op, most: outbox::MOST });
    out.ask(Ask::Desk);
}

/// Does it again on the lead as it stands now; the store asks the gate and the machine. What stands here already, and was
/// refused by a CRM, is sent there once more.
pub fn redo(model: &mut Model, out: &mut Out) {
    if let Some(row) = model.outbox.selected().filter(|row| row.can_be_retried()) {
        out.ask(Ask::RetryParked { op: Some(row.event.id), most: outbox::MOST });
        out.ask(Ask::Desk);
        return;
    }
    let Some((op, act)) = model.outbox.selected().and_then(|row| Some((row.event.id, repeated(row)?))) else { return };
    model.pending = Some(Pending::Acting);
    out.ask(Ask::Redo { op, act });
    out.quiet();
}

/// Opens the lead.
pub fn go_to_lead(model: &mut Model, out: &mut Out) {
    let Some(row) = model.outbox.selected() else { return };
    let Some((lead, stage)) = row.hub.as_ref().map(|hub| (row.lead, hub.stage)) else { return };
    command::go_to(model, lead, stage, out);
}

/// The outbox was read anew: on to the next row that needs a person, once what was acknowledged is noted; and back to
/// the list where there is nothing to compare any more.
pub(super) fn follow(model: &mut Model, is_found: bool) {
    let view = &mut model.outbox;
    let is_noted = |row: &OutboxLine| Some(row.event.id) == view.acknowledged && !row.state.needs_person();
    if view.rows.iter().any(is_noted) {
        view.acknowledged = None;
        match view.rows.iter().position(|row| row.state.needs_person() && row.hub.is_some()) {
            Some(next) if model.screen == Screen::Reconcile => (view.at, view.scroll) = (next, 0),
            _ if model.screen == Screen::Reconcile => model.screen = Screen::Outbox,
            _ => {}
        }
    }
    let has_sides = is_found || model.outbox.acknowledged.is_none();
    let is_compared = has_sides && model.outbox.selected().is_some_and(|row| row.hub.is_some());
    if model.screen == Screen::Reconcile && !is_compared {
        model.screen = Screen::Outbox;
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::app::footer::footer;
    use crate::app::{Effect, KeyMap, Msg, Reply, Settings, update};
    use crate::handoff::Time;
    use crate::handoff::event::{Actor, Event, EventKind};
    use crate::handoff::gate::Desk;
    use crate::handoff::lead::LeadId;
    use crate::handoff::outbox::OutboxState;
    use crate::handoff::reconcile::HubSide;
    use crate::handoff::state::Stage;
    use crate::handoff::summary::Counts;

    fn row(n: u128, state: OutboxState, is_here: bool) -> OutboxLine {
        let what = EventKind::Accepted { implicit: false };
        let hub = HubSide { is_here, judges: true, owner: None, stage: Stage::Assigned, left: None, steps: Vec::new() };
        OutboxLine {
            lead: LeadId(1),
            name: "Maya Chen".into(),
            event: Event::new(Uuid::from_u128(n), 1, Time::UNIX_EPOCH, Actor::rep("ana"), what),
            at: Time::UNIX_EPOCH,
            target: "hub".into(),
            state,
            tries: 1,
            next_try: None,
            error: Some("the lead went to bo meanwhile".into()),
            hub: Some(Box::new(hub)),
        }
    }

    fn send(model: &mut Model, msg: Msg) -> Vec<Ask> {
        let effects = update(model, msg).into_iter();
        effects.filter_map(|effect| if let Effect::Store(ask) = effect { Some(ask) } else { None }).collect()
    }

    fn press(model: &mut Model, key: &str) -> Vec<Ask> {
        send(model, Msg::key(Time::UNIX_EPOCH, key.parse().unwrap()))
    }

    fn rows(model: &mut Model, rows: Vec<OutboxLine>) {
        send(model, Msg::reply(Time::UNIX_EPOCH, Reply::Outbox(rows)));
    }

    fn opened(first: OutboxLine) -> Model {
        let mut model = Model::new(Time::UNIX_EPOCH, Settings::default(), KeyMap::default());
        let desk = Reply::Desk { desk: Desk::default(), counts: Counts::default() };
        send(&mut model, Msg::reply(Time::UNIX_EPOCH, desk));
        press(&mut model, "O");
        rows(&mut model, vec![first, row(2, OutboxState::Kept, false)]);
        press(&mut model, "enter");
        assert_eq!(model.screen, Screen::Reconcile);
        model
    }

    #[test]
    fn what_was_read_stays_until_that_is_on_disk_and_then_comes_the_next() {
        let mut model = opened(row(1, OutboxState::Parked, true));
        let op = Uuid::from_u128(1);
        assert_eq!(press(&mut model, "a")[0], Ask::Acknowledge { op, most: outbox::MOST });
        // The outbox was read before that was noted.
        rows(&mut model, vec![row(1, OutboxState::Parked, true), row(2, OutboxState::Kept, false)]);
        assert_eq!(model.outbox.selected().map(|row| row.event.id), Some(op));
        rows(&mut model, vec![row(2, OutboxState::Kept, false), row(1, OutboxState::Cancelled, true)]);
        assert_eq!(model.outbox.selected().map(|row| row.event.id), Some(Uuid::from_u128(2)));
        press(&mut model, "a");
        rows(&mut model, vec![row(2, OutboxState::Sent, false), row(1, OutboxState::Cancelled, true)]);
        assert_eq!(model.screen, Screen::Outbox, "nothing needs anybody any more");
        press(&mut model, "enter");
        assert_eq!(press(&mut model, "a"), [], "it was read");
        assert_eq!(model.screen, Screen::Reconcile);
    }

    #[test]
    fn it_is_done_again_only_where_that_makes_sense() {
        let mut model = opened(row(1, OutboxState::Parked, true));
        let asked = press(&mut model, "R");
        assert!(matches!(asked[..], [Ask::Redo { act: Act::Accept, .. }]), "{asked:?}");
        assert_eq!(press(&mut model, "R"), [], "one at a time");
        for first in [row(1, OutboxState::Kept, true), row(1, OutboxState::Parked, false)] {
            let mut model = opened(first);
            assert_eq!(press(&mut model, "R"), []);
            assert!(model.status.is_some(), "it says why");
        }
    }

    #[test]
    fn what_a_crm_refused_is_sent_again_as_it_was() {
        let refused = |is_here| {
            let line = row(1, OutboxState::Parked, is_here);
            let hub = line.hub.clone().map(|side| Box::new(HubSide { judges: false, ..*side }));
            OutboxLine { hub, ..line }
        };
        let op = Some(Uuid::from_u128(1));
        let mut model = opened(refused(true));
        let asked = press(&mut model, "R");
        assert_eq!(asked, [Ask::RetryParked { op, most: outbox::MOST }, Ask::Desk]);
        let mut waiting = refused(true);
        (waiting.state, waiting.hub) = (OutboxState::Waiting, None);
        rows(&mut model, vec![waiting, row(2, OutboxState::Kept, false)]);
        assert_eq!(model.screen, Screen::Outbox, "it is on its way");
        // In the list the key sends, and its footer says so; where the lead left, there is nowhere to send it to.
        rows(&mut model, vec![refused(true)]);
        model.counts.parked = 1;
        let retry = model.keymap.label(Action::RetryParked);
        assert!(footer(&model).iter().any(|hint| hint.key == retry));
        assert_eq!(press(&mut model, "R")[0], Ask::RetryParked { op: None, most: outbox::MOST });
        let mut model = opened(refused(false));
        assert_eq!(press(&mut model, "R"), []);
    }

    #[test]
    fn the_lead_is_opened_where_one_still_sees_it() {
        let mut model = opened(row(1, OutboxState::Parked, true));
        assert_eq!(press(&mut model, "o"), [Ask::Engage(LeadId(1))]);
        let mut model = opened(row(1, OutboxState::Parked, false));
        assert_eq!(press(&mut model, "o"), []);
        assert!(model.status.as_ref().is_some_and(|status| status.text.contains("no longer see")));
    }

    #[test]
    fn the_selection_follows_its_row_and_leaves_when_both_sides_agree() {
        let mut model = opened(row(1, OutboxState::Parked, true));
        rows(&mut model, vec![row(3, OutboxState::Held, true), row(1, OutboxState::Parked, true)]);
        assert_eq!((model.screen, model.outbox.at), (Screen::Reconcile, 1));
        // The hub told of it after all.
        rows(&mut model, vec![OutboxLine { hub: None, ..row(1, OutboxState::Sent, true) }]);
        assert_eq!(model.screen, Screen::Outbox);
        press(&mut model, "enter");
        assert_eq!(model.screen, Screen::Outbox, "nothing to compare");
    }
}
