//! What is read from the start, left out, and offered once more.

use std::collections::BTreeSet;

use crate::handoff::arrival::LeftOut;
use crate::handoff::event::EventKind;
use crate::handoff::outbox::OutboxState;

use super::words::{There, act, check, hub_store, states, told};
use super::*;

const HUB: &str = "hub";

/// The hub tells of its lead, and this program cannot read it.
fn leave_out(store: &mut Store, world: &World, version: i64, created_at: Option<Time>) {
    let left_out = vec![LeftOut { external_id: "7".into(), version, created_at }];
    store.take_in(HUB, Batch { left_out, next: Some("there".into()), ..Batch::default() }, &world.ctx()).unwrap();
}

#[test]
fn a_lead_that_cannot_be_read_is_there_all_the_same_unless_it_is_another_one() {
    let mut world = World::new();
    let there = There::new(&world);
    let mut store = hub_store(&there, &world);
    act(&mut store, &world, &Act::Accept);
    world.pass(11);
    for created_at in [told().created_at, None] {
        store.begin_again(HUB, &world.ctx()).unwrap();
        leave_out(&mut store, &world, 9, created_at);
        store.end_again(HUB, &world.ctx()).unwrap();
        assert!(store.inspect(id(1)).unwrap().handoff.stage.is_open());
        assert_eq!(store.outbox_due(world.now, 9, &[]).unwrap().len(), 1, "what was done with it goes there");
        check(&store, &world);
    }
    store.begin_again(HUB, &world.ctx()).unwrap();
    leave_out(&mut store, &world, 9, Some(world.now));
    store.end_again(HUB, &world.ctx()).unwrap();
    assert!(!store.inspect(id(1)).unwrap().handoff.stage.is_open(), "the number is another lead's");
}

#[test]
fn what_was_left_out_is_read_by_the_next_program_once() {
    let world = World::new();
    let mut there = There::new(&world);
    let mut store = hub_store(&there, &world);
    assert!(!store.begin_to_read_more(HUB).unwrap(), "nothing was left out");
    there.news(&world, EventKind::Overridden { why: "a test".into() });
    leave_out(&mut store, &world, there.version, told().created_at);
    assert!(!store.begin_to_read_more(HUB).unwrap(), "this program cannot read it");
    store.conn.execute("UPDATE meta SET value = '0.0.1' WHERE name LIKE 'left out:%'", []).unwrap();
    assert!(store.begin_to_read_more(HUB).unwrap() && !store.begin_to_read_more(HUB).unwrap());
    assert_eq!(store.cursor(HUB).unwrap(), None);
    there.tell(&mut store, &world);
    store.end_again(HUB, &world.ctx()).unwrap();
    assert_eq!(store.inspect(id(1)).unwrap().events.len(), 1, "and now it is known");
}

#[test]
fn what_was_acknowledged_and_is_not_told_of_is_offered_once_more() {
    let mut world = World::new();
    let mut there = There::new(&world);
    let mut store = hub_store(&there, &world);
    let event = act(&mut store, &world, &Act::Accept).remove(0);
    world.pass(11);
    store.outbox_due(world.now, 9, &[]).unwrap();
    let none = BTreeSet::new();
    assert!(store.offer_lost(HUB, &none, world.now).unwrap().is_empty(), "it was not taken yet");
    store.mark_sent(event.id).unwrap();
    // The hub was put back to a copy from before.
    there.news(&world, EventKind::Overridden { why: "a test".into() });
    there.tell(&mut store, &world);
    assert!(store.offer_lost("crm", &none, world.now).unwrap().is_empty(), "of another source");
    let lost = store.offer_lost(HUB, &none, world.now).unwrap();
    assert_eq!((&lost[..], states(&store)), (&[event.id][..], vec![("accepted", OutboxState::Waiting)]));
    check(&store, &world);
    assert_eq!(store.outbox_due(world.now, 9, &[]).unwrap().len(), 1);
    store.mark_sent(event.id).unwrap();
    assert!(store.offer_lost(HUB, &lost.into_iter().collect(), world.now).unwrap().is_empty(), "once");
    there.happen(event);
    there.tell(&mut store, &world);
    assert!(store.offer_lost(HUB, &none, world.now).unwrap().is_empty(), "it tells of it");
}
