//! What changes there is here: all of it, once, however it changed.

use leadbox::handoff::disposition::{Act, Outcome};
use leadbox::handoff::state::Stage;
use tokio::runtime::Runtime;

use super::desk::{Desk, call};
use super::{Crm, Place, one};

/// Leads of one moment, more than fit on a page; then what changed alone.
pub fn everything_once(place: &dyn Place, runtime: &Runtime) {
    let many = place.page() + place.page() / 8;
    let mut ids = place.add(many);
    let mut desk = Desk::new(place, runtime);
    desk.settle();
    for id in &ids {
        assert_eq!(desk.stage(id), Stage::Assigned, "lead {id}");
    }
    ids.extend(place.add(3));
    place.edit(&ids[1], "wants it blue");
    desk.settle();
    assert!(ids.iter().all(|id| desk.find(id).is_some()));
    assert_eq!(desk.lead(&ids[1]).lead.message.as_deref(), Some("wants it blue"));
    desk.restart();
    desk.settle();
    assert_eq!(ids.iter().filter(|id| desk.find(id).is_some()).count(), many + 3);
    assert_eq!(desk.all(), many + 3, "each once");
}

/// Where there is no news a poll costs one request.
pub fn nothing_costs_one_request(crm: &dyn Crm, runtime: &Runtime) {
    let many = crm.page() / 4;
    crm.add(many);
    let mut desk = Desk::new(crm, runtime);
    for is_restarted in [false, true] {
        desk.settle();
        // What is fetched of each lead beside the changes, a few in a round, is fetched first.
        assert!((0..many).any(|_| !desk.round(1).changed), "it comes to rest");
        let before = crm.calls();
        assert!(!desk.round(61).changed, "nothing changed");
        assert_eq!(crm.calls() - before, 1, "a poll that finds nothing, restarted: {is_restarted}");
        desk.restart();
    }
}

/// Given away, given back, deleted.
pub fn what_leaves_is_taken_away(crm: &dyn Crm, runtime: &Runtime) {
    let (given, removed, kept) = (one(crm), one(crm), one(crm));
    let mut desk = Desk::new(crm, runtime);
    desk.settle();
    crm.give_away(&given);
    let is_removed = crm.remove(&removed);
    desk.settle();
    assert!(desk.taken_away(&given).is_some(), "it is with somebody else");
    assert_eq!(desk.stage(&removed).is_open(), !is_removed, "it is deleted, where anything can be");
    assert_eq!(desk.stage(&kept), Stage::Assigned);
    crm.give_back(&given);
    desk.settle();
    assert_eq!((desk.stage(&given), desk.taken_away(&given)), (Stage::Assigned, None));
}

/// Two leads turn out to be one. What was done with the one that goes is kept.
pub fn what_is_united_goes(crm: &dyn Crm, runtime: &Runtime) {
    let (stays, goes) = (one(crm), one(crm));
    let mut desk = Desk::new(crm, runtime);
    desk.settle();
    let called = desk.act(&goes, &call(Outcome::Voicemail, "left word"));
    desk.settle();
    if !crm.unite(&stays, &goes) {
        return;
    }
    desk.settle();
    assert_eq!(desk.stage(&stays), Stage::Assigned);
    assert!(!desk.stage(&goes).is_open(), "{:?}", desk.stage(&goes));
    assert!(desk.taken_away(&goes).is_some_and(|why| why.contains(&stays)), "{:?}", desk.taken_away(&goes));
    assert!(called.iter().all(|event| desk.lead(&goes).events.iter().any(|kept| kept.id == event.id)));
}

/// Somebody closes a lead there that was accepted here: the CRM is the record.
pub fn what_others_decide_counts(crm: &dyn Crm, runtime: &Runtime) {
    let (untouched, accepted) = (one(crm), one(crm));
    let mut desk = Desk::new(crm, runtime);
    desk.settle();
    desk.act(&accepted, &Act::Accept);
    desk.settle();
    assert_eq!((desk.stage(&accepted), desk.moves(&accepted)), (Stage::Accepted, 0), "our own change is no news");
    for id in [&untouched, &accepted] {
        crm.close(id);
    }
    desk.settle();
    assert_eq!((desk.stage(&untouched), desk.stage(&accepted)), (Stage::Rejected, Stage::Rejected));
    assert_eq!(desk.moves(&accepted), 1, "and it says who did it");
}
