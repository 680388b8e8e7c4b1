//! What a rep does is there, once, and never over what somebody else decided.

use leadbox::handoff::disposition::{Act, Outcome};
use leadbox::handoff::outbox::OutboxState;
use leadbox::handoff::state::Stage;
use tokio::runtime::Runtime;

use super::desk::{Desk, call, defer, qualify, reject};
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
            assert_eq!(writes, usize::from(event.what.code() != "accepted"), "{act:?}");
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
    assert!(item.last_error.is_some_and(|why| why.contains("meanwhile")), "it says why");
    assert_eq!((crm.stage(&closed), desk.stage(&closed)), (Some(Stage::Rejected), Stage::Rejected));
    // The contact was made, whoever holds the lead.
    assert_eq!(crm.writes(called.last().unwrap().id), 1, "{:?}", desk.outbox());
}
