//! What changes there is here: all of it, once, however it changed.

use leadbox::handoff::state::Stage;
use leadbox::source::{Change, Cursor, Page};
use tokio::runtime::Runtime;

use super::desk::Desk;
use super::{Crm, one};

/// Leads of one moment, more than fit on a page; then what changed alone.
pub fn everything_once(crm: &dyn Crm, runtime: &Runtime, many: usize) {
    let mut ids = crm.add(many);
    let mut desk = Desk::new(crm, runtime);
    desk.settle();
    for id in &ids {
        assert_eq!(desk.stage(id), Stage::Assigned, "lead {id}");
    }
    ids.extend(crm.add(3));
    crm.edit(&ids[1], "wants it blue");
    desk.settle();
    assert!(ids.iter().all(|id| desk.find(id).is_some()));
    assert_eq!(desk.lead(&ids[1]).lead.message.as_deref(), Some("wants it blue"));
    // What is fetched of each lead beside the changes, a few in a round, is fetched first.
    assert!((0..many).any(|_| !desk.round(1).changed), "it comes to rest");
    // Nothing is news any more, and that costs one call; so it does after a restart.
    let before = crm.line().calls();
    assert!(!desk.round(61).changed, "nothing changed");
    assert_eq!(crm.line().calls() - before, 1, "a poll that finds nothing is one request");
    desk.restart();
    desk.settle();
    assert_eq!(ids.iter().filter(|id| desk.find(id).is_some()).count(), many + 3);
}

/// Given away, given back, deleted.
pub fn what_leaves_is_taken_away(crm: &dyn Crm, runtime: &Runtime) {
    let (given, removed, kept) = (one(crm), one(crm), one(crm));
    let mut desk = Desk::new(crm, runtime);
    desk.settle();
    crm.give_away(&given);
    crm.remove(&removed);
    desk.settle();
    assert!(desk.taken_away(&given).is_some(), "it is with somebody else");
    assert!(!desk.stage(&removed).is_open(), "it is deleted");
    assert_eq!(desk.stage(&kept), Stage::Assigned);
    crm.give_back(&given);
    desk.settle();
    assert_eq!((desk.stage(&given), desk.taken_away(&given)), (Stage::Assigned, None));
}

/// Somebody closes a lead there that was accepted here: the CRM is the record.
pub fn what_others_decide_counts(crm: &dyn Crm, runtime: &Runtime) {
    let (untouched, accepted) = (one(crm), one(crm));
    let mut desk = Desk::new(crm, runtime);
    desk.settle();
    desk.act(&accepted, &leadbox::handoff::disposition::Act::Accept);
    desk.settle();
    assert_eq!((desk.stage(&accepted), desk.moves(&accepted)), (Stage::Accepted, 0), "our own change is no news");
    for id in [&untouched, &accepted] {
        crm.close(id);
    }
    desk.settle();
    assert_eq!((desk.stage(&untouched), desk.stage(&accepted)), (Stage::Rejected, Stage::Rejected));
    assert_eq!(desk.moves(&accepted), 1, "and it says who did it");
}

/// A page that was told and not kept, as when the disk is full or the program is killed, is told again.
pub fn what_was_not_kept_is_told_again(crm: &dyn Crm, runtime: &Runtime) {
    let id = one(crm);
    let mut source = crm.source();
    let mut pull = |after: Option<&Cursor>| runtime.block_on(source.pull(after)).unwrap();
    let first = pull(None);
    assert_eq!(ids(&first), [id.as_str()]);
    let (again, then) = (pull(None), pull(Some(&first.next)));
    assert_eq!((ids(&again), ids(&then)), (vec![id.as_str()], vec![]));
    crm.edit(&id, "wants it blue");
    let news = pull(Some(&then.next));
    assert_eq!(ids(&news), [id.as_str()]);
    let again = pull(Some(&then.next));
    assert_eq!(ids(&again), [id.as_str()], "it was not kept");
    assert_eq!(ids(&pull(Some(&again.next))), [""; 0]);
}

fn ids(page: &Page) -> Vec<&str> {
    page.changes
        .iter()
        .map(|change| match change {
            Change::Upsert(record) => record.arrival.lead.key.external_id.as_str(),
            Change::Gone(gone) => gone.external_id.as_str(),
        })
        .collect()
}
