//! What time brings about.

use super::*;

/// Says that these leads want to be stood again now.
fn rouse(store: &Store, now: Time) {
    store.conn.execute("UPDATE lead SET wake_at = ?1 WHERE stage = 'deferred'", [ms(now)]).unwrap();
}

#[test]
fn a_deferral_ends_by_itself_and_is_recorded_once() {
    let mut world = World::new();
    let mut store = store(&world, 3);
    store.act(id(2), &defer(&world, 3), &world.ctx()).unwrap().unwrap();
    assert_eq!(store.wake(&world.ctx(), 10).unwrap(), 0);
    world.pass(3 * 86_400);
    rouse(&store, world.now);
    assert!(store.next_wake().unwrap().is_some_and(|at| at <= world.now));
    assert!(store.wake(&world.ctx(), 10).unwrap() >= 1);
    let held = record::must_load(&store.conn, id(2)).unwrap();
    assert_eq!(held.handoff.stage, Stage::Assigned);
    let last = record::events(&store.conn, id(2)).unwrap().pop().unwrap();
    assert_eq!((last.what.code(), last.actor), ("resumed", Actor::system()));
    // It is the rep's own matter: nothing is sent.
    assert_eq!(store.outbox(9).unwrap().len(), 1);
    assert!(store.next_wake().unwrap().is_none_or(|at| at > world.now));
    assert_eq!(store.wake(&world.ctx(), 10).unwrap(), 0);
    check_truth(&store, &world);
}

#[test]
fn waking_goes_on_where_it_stopped() {
    let mut world = World::new();
    let mut store = store(&world, 5);
    for n in 1..=5 {
        store.act(id(n), &defer(&world, 1), &world.ctx()).unwrap().unwrap();
    }
    world.pass(2 * 86_400);
    rouse(&store, world.now);
    let mut woken = 0;
    for _ in 0..3 {
        woken += store.wake(&world.ctx(), 2).unwrap();
    }
    assert_eq!(woken, 5);
    assert_eq!(store.counts(&world.ctx()).unwrap().of(Tab::New), 5);
    check_truth(&store, &world);
}

#[test]
fn new_rules_make_every_open_lead_be_stood_again() {
    let mut world = World::new();
    let mut store = store(&world, 4);
    store.act(id(1), &reject(), &world.ctx()).unwrap().unwrap();
    assert!(!store.adopt_policy("one").unwrap());
    while store.wake(&world.ctx(), 10).unwrap() > 0 {}
    assert!(!store.adopt_policy("one").unwrap());
    assert!(store.adopt_policy("two").unwrap());
    world.pass(1);
    assert_eq!(store.wake(&world.ctx(), 10).unwrap(), 3);
    check_truth(&store, &world);
}

#[test]
fn a_shortfall_is_noted_when_its_time_comes_and_only_once() {
    let mut world = World::new();
    let mut store = store(&world, 1);
    store.act(id(1), &Act::Accept, &world.ctx()).unwrap().unwrap();
    let due = at("2026-12-04T10:00:00Z");
    world.now = due - Duration::seconds(1);
    while store.wake(&world.ctx(), 10).unwrap() > 0 {}
    assert_eq!(store.next_wake().unwrap(), Some(due), "ten working days after it came here");
    assert_eq!(store.inspect(id(1)).unwrap().handoff.shortfall_at, None);
    world.now = due;
    assert_eq!(store.wake(&world.ctx(), 10).unwrap(), 1);
    let dossier = store.inspect(id(1)).unwrap();
    assert_eq!((dossier.handoff.stage, dossier.handoff.shortfall_at), (Stage::Accepted, Some(due)));
    let last = dossier.events.last().unwrap();
    assert_eq!((last.what.code(), &last.actor), ("shortfall", &Actor::system()));
    assert_eq!((store.wake(&world.ctx(), 10).unwrap(), store.next_wake().unwrap()), (0, None));
    check_truth(&store, &world);
}
