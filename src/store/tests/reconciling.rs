//! What the hub decided otherwise: both sides, and what a person does about it (F115, N12).

use crate::handoff::event::EventKind;
use crate::handoff::outbox::OutboxState;

use super::words::{There, act, check, gone, hub_store, states};
use super::*;

const WHY: &str = "the lead went to ben meanwhile";

/// A contact made while the lead was given to somebody else: the hub refused what it implied, and kept it.
fn kept(world: &mut World) -> (Store, uuid::Uuid) {
    let there = There::new(world);
    let mut store = hub_store(&there, world);
    let events = act(&mut store, world, &call(Outcome::Reached));
    world.pass(11);
    for event in &events {
        assert_eq!(store.outbox_due(world.now, 9, &[]).unwrap()[0].op, event.id);
        match event.what {
            EventKind::Attempted(_) => store.mark_kept(event.id, WHY).unwrap(),
            _ => store.refuse(event.id, WHY, &world.ctx()).unwrap(),
        }
    }
    gone(&mut store, world);
    (store, events[1].id)
}

fn parked(store: &Store, world: &World) -> u32 {
    store.counts(&world.ctx()).unwrap().parked
}

#[test]
fn a_contact_on_a_lead_that_went_away_is_kept_and_told_once() {
    let mut world = World::new();
    let (mut store, op) = kept(&mut world);
    // What the contact implied is told with it, and nothing is gone.
    assert_eq!(states(&store), [("accepted", OutboxState::Cancelled), ("attempted", OutboxState::Kept)]);
    let reasons: Vec<_> = store.outbox(9).unwrap().into_iter().map(|item| item.last_error).collect();
    assert_eq!(reasons, [Some(WHY.to_owned()), Some(WHY.to_owned())]);
    assert_eq!(parked(&store, &world), 1);
    let hub = store.hub_side(id(1), "Ana").unwrap().unwrap();
    assert_eq!((hub.is_here, hub.owner, hub.left.as_deref()), (false, None, Some("given to ben")));

    assert!(store.acknowledge(op).unwrap() && !store.acknowledge(op).unwrap());
    assert_eq!(states(&store)[1], ("attempted", OutboxState::Sent));
    assert_eq!(store.outbox(9).unwrap().iter().filter(|item| item.last_error.is_some()).count(), 2);
    assert_eq!(parked(&store, &world), 0);
    check(&store, &world);
}

#[test]
fn a_fact_that_the_hub_tells_of_before_its_answer_came_is_told_to_the_rep_too() {
    let mut world = World::new();
    let mut there = There::new(&world);
    let mut store = hub_store(&there, &world);
    there.news(&world, EventKind::Recycled { cause: crate::handoff::event::RecycleCause::Rejected });
    let events = act(&mut store, &world, &call(Outcome::Reached));
    world.pass(11);
    store.outbox_due(world.now, 9, &[]).unwrap();
    let mut fact = events[1].clone();
    if let EventKind::Attempted(attempt) = fact.what {
        fact.what = EventKind::ContactKept(attempt);
    }
    there.happen(fact);
    there.tell(&mut store, &world);
    assert_eq!(states(&store)[1], ("attempted", OutboxState::Kept));
    assert!(
        store.outbox(9).unwrap().iter().any(|item| item.last_error.as_deref().is_some_and(|why| why.contains("kept")))
    );
}

#[test]
fn what_was_refused_can_be_done_again_on_the_lead_as_it_stands() {
    let mut world = World::new();
    let mut there = There::new(&world);
    let mut store = hub_store(&there, &world);
    let op = act(&mut store, &world, &Act::Accept)[0].id;
    world.pass(11);
    store.outbox_due(world.now, 9, &[]).unwrap();
    store.refuse(op, "not now", &world.ctx()).unwrap();
    there.news(&world, EventKind::Rerouted { to: "Ana".into(), why: "nobody answered it".into() });
    there.tell(&mut store, &world);
    let hub = store.hub_side(id(1), "Ana").unwrap().unwrap();
    assert_eq!((hub.is_here, hub.stage, hub.steps.len()), (true, Stage::Assigned, 1));

    let redone = store.redo(op, &world.ctx()).unwrap().unwrap();
    assert_ne!(redone.events[0].id, op, "the hub would answer as it did");
    assert_eq!(states(&store), [("accepted", OutboxState::Cancelled), ("accepted", OutboxState::Held)]);
    assert_eq!((redone.counts.parked, redone.counts.to_send), (0, 1));
    assert_eq!(store.inspect(id(1)).unwrap().handoff.stage, Stage::Accepted);
    check(&store, &world);
    let again = store.redo(op, &world.ctx()).unwrap();
    assert!(again.is_err(), "once");
    // Taken back, the refusal waits for a person again.
    store.undo(&world.ctx()).unwrap().unwrap();
    assert_eq!(states(&store), [("accepted", OutboxState::Parked), ("accepted", OutboxState::Cancelled)]);
    assert_eq!(parked(&store, &world), 1);
    check(&store, &world);
    assert!(store.redo(op, &world.ctx()).unwrap().is_ok());
}

#[test]
fn a_refusal_to_do_it_again_changes_nothing() {
    let mut world = World::new();
    let there = There::new(&world);
    let mut store = hub_store(&there, &world);
    let op = act(&mut store, &world, &Act::Accept)[0].id;
    world.pass(11);
    store.outbox_due(world.now, 9, &[]).unwrap();
    store.refuse(op, WHY, &world.ctx()).unwrap();
    gone(&mut store, &world);
    assert!(store.redo(op, &world.ctx()).unwrap().is_err(), "the lead is gone");
    assert_eq!(states(&store), [("accepted", OutboxState::Parked)]);
    assert_eq!(parked(&store, &world), 1);
    check(&store, &world);
}

#[test]
fn a_hub_that_forgot_is_offered_a_fact_again() {
    let mut world = World::new();
    let (mut store, _) = kept(&mut world);
    store.begin_again("hub", &world.ctx()).unwrap();
    assert_eq!(states(&store)[1], ("attempted", OutboxState::Waiting));
    assert_eq!(parked(&store, &world), 0);
    check(&store, &world);
}

#[test]
fn a_kept_contact_that_was_read_is_not_told_again_after_a_read_from_the_start() {
    let mut world = World::new();
    let mut there = There::new(&world);
    let mut store = hub_store(&there, &world);
    there.news(&world, EventKind::Recycled { cause: crate::handoff::event::RecycleCause::Rejected });
    let mut fact = act(&mut store, &world, &call(Outcome::Reached)).remove(1);
    world.pass(11);
    store.outbox_due(world.now, 9, &[]).unwrap();
    if let EventKind::Attempted(attempt) = fact.what {
        fact.what = EventKind::ContactKept(attempt);
    }
    let op = fact.id;
    there.happen(fact);
    there.tell(&mut store, &world);
    assert!(store.acknowledge(op).unwrap());
    // By the word, and by the answer.
    for by_word in [true, false] {
        store.begin_again("hub", &world.ctx()).unwrap();
        assert_eq!(states(&store)[1], ("attempted", OutboxState::Waiting));
        if by_word {
            there.tell(&mut store, &world);
        } else {
            store.mark_kept(op, WHY).unwrap();
        }
        assert_eq!((states(&store)[1], parked(&store, &world)), (("attempted", OutboxState::Sent), 0));
        store.end_again("hub", &world.ctx()).unwrap();
    }
}
