//! What a rep does is there, once, and never over what somebody else decided.

use leadbox::handoff::disposition::{Act, Channel, Outcome};
use leadbox::handoff::outbox::OutboxState;
use leadbox::handoff::state::Stage;
use tokio::runtime::Runtime;

use super::desk::{Desk, call, contact, defer, qualify, reject};
use super::{Crm, one};

/// Every kind of disposition.
pub fn each_is_there_once(crm: &dyn Crm, runtime: &Runtime) {
    let id = one(crm);
    let mut desk = Desk::new(crm, runtime);
    desk.settle();
    let now = desk.now;
    let acts = [Act::Accept, call(Outcome::Voicemail, "left word"), call(Outcome::Reached, "spoke"), qualify()];
    for act in &acts {
        let events = desk.act(&id, act);
        desk.settle();
        for event in events {
            assert_eq!(desk.sent(event.id).state, OutboxState::Sent, "{act:?}: {:?}", desk.sent(event.id).last_error);
            let writes = crm.writes(event.id);
            assert_eq!(writes, usize::from(crm.keeps(event.what.code())), "{act:?}");
        }
    }
    let other = one(crm);
    desk.settle();
    let deferred = desk.act(&other, &defer(now)).remove(0);
    desk.settle();
    assert_eq!((crm.writes(deferred.id), desk.stage(&other)), (1, Stage::Deferred));
    let rejected = desk.act(&other, &reject());
    desk.settle();
    assert_eq!(crm.writes(rejected.last().unwrap().id), 1);
    assert_eq!(crm.stage(&other), Some(Stage::Rejected));
    assert_eq!((desk.stage(&other), desk.moves(&other)), (Stage::Rejected, 0));
}

/// A contact by every channel, whatever came of it; several of one lead go out together, in their order.
pub fn each_contact_is_there_once(crm: &dyn Crm, runtime: &Runtime) {
    let ids = crm.add(Channel::ALL.len());
    let mut desk = Desk::new(crm, runtime);
    desk.settle();
    let mut made = Vec::new();
    for (id, channel) in ids.iter().zip(Channel::ALL) {
        for outcome in channel.outcomes() {
            let events = desk.act(id, &contact(channel, *outcome, "about the robot"));
            made.extend(events.into_iter().map(|event| (event, channel, *outcome)));
        }
    }
    desk.settle();
    for (event, channel, outcome) in made {
        let item = desk.sent(event.id);
        assert_eq!(item.state, OutboxState::Sent, "{channel:?} {outcome:?}: {:?}", item.last_error);
        let kept = usize::from(crm.keeps(event.what.code()));
        assert_eq!(crm.writes(event.id), kept, "{channel:?} {outcome:?}: {}", event.what.code());
    }
    assert!(ids.iter().all(|id| desk.stage(id) == Stage::Connected && desk.moves(id) == 0));
}

/// Somebody else decided while the rep did: nobody's word is lost, and none is written over.
pub fn a_conflict_is_shown(crm: &dyn Crm, runtime: &Runtime) {
    let (closed, given) = (one(crm), one(crm));
    let mut desk = Desk::new(crm, runtime);
    desk.settle();
    let accepted = desk.act(&closed, &Act::Accept).remove(0);
    let called = desk.act(&given, &call(Outcome::Reached, "wants a demo"));
    crm.close(&closed);
    crm.give_away(&given);
    desk.settle();
    let item = desk.sent(accepted.id);
    assert_eq!(item.state, OutboxState::Parked, "{item:?}");
    let told = item.last_error.unwrap_or_default();
    assert!(told.contains("meanwhile") || told.contains("it is rejected"), "it says why: {told}");
    assert_eq!((crm.stage(&closed), desk.stage(&closed)), (Some(Stage::Rejected), Stage::Rejected));
    // The contact was made, whoever holds the lead.
    assert_eq!(crm.writes(called.last().unwrap().id), 1, "{:?}", desk.outbox());
}

/// What lets the rep in holds no more: what they do waits until they are let in again, and then goes out.
pub fn whoever_is_locked_out_loses_nothing(crm: &dyn Crm, runtime: &Runtime) {
    let id = one(crm);
    let mut desk = Desk::new(crm, runtime);
    desk.settle();
    let called = desk.act(&id, &call(Outcome::Voicemail, "left word")).pop().unwrap();
    crm.lock_out();
    for _ in 0..5 {
        assert!(desk.round(400).trouble.is_some(), "it is told");
    }
    let waits = matches!(desk.sent(called.id).state, OutboxState::Held | OutboxState::Waiting);
    assert!(waits && crm.writes(called.id) == 0, "{:?}", desk.sent(called.id));
    crm.let_in();
    desk.restart();
    desk.settle();
    assert_eq!((desk.sent(called.id).state, crm.writes(called.id)), (OutboxState::Sent, 1));
}
