//! The outbox.

use crate::handoff::outbox::OutboxState;

use super::*;

fn states(store: &Store) -> Vec<(i64, &'static str, OutboxState)> {
    let code = |item: OutboxItem| (item.lead.0, item.event.what.code(), item.state);
    let mut items: Vec<_> = store.outbox(99).unwrap().into_iter().collect();
    items.sort_by_key(|item| item.op);
    items.into_iter().map(code).collect()
}

#[test]
fn a_disposition_is_held_then_given_out_in_order_and_settled() {
    use OutboxState::{Held, Sent, Waiting};
    let mut world = World::new();
    let mut store = store(&world, 2);
    store.act(id(1), &call(Outcome::Reached), &world.ctx()).unwrap().unwrap();
    assert_eq!(store.outbox_due(world.now + Duration::seconds(9), 9, &[]).unwrap(), []);
    assert_eq!(store.outbox_due(world.now, 9, &[]).unwrap(), []);
    world.pass(4);
    store.act(id(2), &reject(), &world.ctx()).unwrap().unwrap();
    world.pass(6);
    // Of one lead the oldest only, and what is too young not at all.
    let due = store.outbox_due(world.now, 9, &[]).unwrap();
    assert_eq!(due.iter().map(|item| (item.lead, item.event.what.code())).collect::<Vec<_>>(), [(id(1), "accepted")]);
    assert_eq!(due[0].key, lead(1).key);
    assert_eq!(states(&store), [(1, "accepted", Waiting), (1, "attempted", Waiting), (2, "rejected", Held)]);
    // Whoever does not answer gets it again.
    assert_eq!(store.outbox_due(world.now, 9, &[]).unwrap(), due);
    store.mark_sent(due[0].op).unwrap();
    let next = store.outbox_due(world.now, 9, &[]).unwrap();
    assert_eq!(next[0].event.what.code(), "attempted");

    store.mark_retry(next[0].op, world.now + Duration::seconds(60), "no network").unwrap();
    world.pass(30);
    let due = store.outbox_due(world.now, 9, &[]).unwrap();
    assert_eq!(due.iter().map(|item| item.lead).collect::<Vec<_>>(), [id(2)]);
    store.mark_sent(due[0].op).unwrap();
    world.pass(30);
    let again = store.outbox_due(world.now, 9, &[]).unwrap();
    assert_eq!((again[0].attempts, again[0].last_error.as_deref()), (1, Some("no network")));
    store.mark_sent(again[0].op).unwrap();
    assert_eq!(states(&store), [(1, "accepted", Sent), (1, "attempted", Sent), (2, "rejected", Sent)]);
    assert_eq!(store.counts(&world.ctx()).unwrap().to_send, 0);
    check_truth(&store, &world);
}

#[test]
fn a_refused_disposition_is_parked_and_waits_for_a_person_and_holds_nothing_back() {
    let mut world = World::new();
    let mut store = store(&world, 2);
    store.act(id(1), &call(Outcome::Reached), &world.ctx()).unwrap().unwrap();
    world.pass(20);
    let op = store.outbox_due(world.now, 9, &[]).unwrap()[0].op;
    store.park(op, "no such owner").unwrap();
    let counts = store.counts(&world.ctx()).unwrap();
    assert_eq!((counts.to_send, counts.parked), (1, 1));
    // The contact that it was told with is a fact.
    let contact = store.outbox_due(world.now, 9, &[]).unwrap().remove(0);
    assert_eq!(contact.event.what.code(), "attempted");
    store.mark_sent(contact.op).unwrap();
    store.act(id(1), &call(Outcome::Reached), &world.ctx()).unwrap().unwrap();
    world.pass(20);
    assert_eq!(store.outbox_due(world.now, 9, &[]).unwrap().len(), 1);
    assert_eq!(store.undo(&world.ctx()).unwrap().map(|_| ()), Err(Refusal::UndoTooLate { seconds: 10 }));
    assert_eq!(store.retry_parked(None, world.now).unwrap(), 0, "it would come after what is there by now");
    let side = store.hub_side(id(1), "ana").unwrap().unwrap();
    assert!(side.is_here && !side.judges, "what a CRM refuses stands here all the same");
    assert!(store.acknowledge(op).unwrap());
    assert_eq!(store.counts(&world.ctx()).unwrap().parked, 0);
    // What was given up stays so.
    store.mark_sent(op).unwrap();
    assert!(states(&store).contains(&(1, "accepted", OutboxState::Cancelled)));
    check_truth(&store, &world);
}

#[test]
fn leads_of_a_source_that_takes_nothing_back_stay_local_and_a_skip_stays_at_home() {
    let mut world = World::new();
    let mut store = store(&world, 2);
    let mut local = lead(3);
    local.key.source = "fair".into();
    store.receive(&[Arrival { lead: local, trail: Vec::new(), told: None }], &world.ctx()).unwrap();
    store.act(id(3), &reject(), &world.ctx()).unwrap().unwrap();
    assert_eq!(states(&store), [(3, "rejected", OutboxState::Local)]);
    assert_eq!(store.counts(&world.ctx()).unwrap().to_send, 0);
    store.undo(&world.ctx()).unwrap().unwrap();
    assert_eq!(states(&store), [(3, "rejected", OutboxState::Cancelled)]);
    // It is in front now; answered otherwise, it makes room.
    store.act(id(3), &Act::Accept, &world.ctx()).unwrap().unwrap();

    store.engage(id(1), &world.ctx()).unwrap().unwrap();
    store.act(id(1), &skip(), &world.ctx()).unwrap().unwrap();
    store.act(id(2), &Act::Snooze { until: world.now + Duration::hours(1) }, &world.ctx()).unwrap().unwrap();
    world.pass(60);
    assert_eq!(store.outbox_due(world.now, 9, &[]).unwrap(), []);
    check_truth(&store, &world);
}

#[test]
fn what_is_undone_while_it_is_handed_over_goes_out_again_as_its_undoing() {
    let mut world = World::new();
    let mut store = store(&world, 0);
    let mut local = lead(1);
    local.key.source = "fair".into();
    store.receive(&[Arrival { lead: local, trail: Vec::new(), told: None }], &world.ctx()).unwrap();
    let op = store.act(id(1), &reject(), &world.ctx()).unwrap().unwrap().events[0].id;
    // Another clock, or another undo window, may let it be undone between reading and noting.
    store.undo(&world.ctx()).unwrap().unwrap();
    store.mark_exported(&[op], world.now).unwrap();
    world.pass(60);
    let page = store.export_page(LeadId(0), 9, true, world.now).unwrap();
    let handed: Vec<_> = page[0].handed.iter().map(|event| (event.id, event.what.code())).collect();
    assert_eq!(handed.iter().map(|it| it.1).collect::<Vec<_>>(), ["undone"]);
    assert!(page[0].is_whole, "it is in front again");
    store.mark_exported(&[handed[0].0], world.now).unwrap();
    assert_eq!(store.export_page(LeadId(0), 9, true, world.now).unwrap(), []);
    check_truth(&store, &world);
}
