//! The outbox.

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
    assert_eq!(store.next_send().unwrap(), Some(world.now + Duration::seconds(10)));
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
fn a_refused_disposition_is_parked_keeps_the_rest_of_its_lead_back_and_waits_for_a_person() {
    let mut world = World::new();
    let mut store = store(&world, 2);
    store.act(id(1), &call(Outcome::Reached), &world.ctx()).unwrap().unwrap();
    world.pass(20);
    let op = store.outbox_due(world.now, 9, &[]).unwrap()[0].op;
    store.park(op, "no such owner").unwrap();
    let counts = store.counts(&world.ctx()).unwrap();
    assert_eq!((counts.to_send, counts.parked), (1, 1));
    assert_eq!(store.outbox_due(world.now, 9, &[]).unwrap(), []);
    assert_eq!(store.next_send().unwrap(), None);
    assert_eq!(store.retry_parked(None, world.now).unwrap(), 1);
    assert_eq!(store.outbox_due(world.now, 9, &[]).unwrap()[0].op, op);
    store.park(op, "no such owner").unwrap();
    assert_eq!(store.dismiss_parked(op, world.now).unwrap(), 1);
    assert_eq!(store.outbox_due(world.now, 9, &[]).unwrap()[0].event.what.code(), "attempted");
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
    store.receive(&[Arrival { lead: local, trail: Vec::new() }], &world.ctx()).unwrap();
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
