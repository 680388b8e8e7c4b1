//! Whose leads are whose, on the laptop of one who directs a team.

use super::words::{There, told};
use super::*;

const HUB: &str = "hub";

fn signed_in(person: Option<&str>) -> Store {
    let mut store = Store::open_in_memory().unwrap();
    store.register_source(HUB, true).unwrap();
    store.set_account(person).unwrap();
    store
}

/// A lead of this number there, which this person holds.
fn held(number: &str, owner: Option<&str>) -> Lead {
    let key = LeadKey { source: HUB.into(), external_id: number.into() };
    Lead { key, owner: owner.map(str::to_owned), ..told() }
}

fn wake(store: &mut Store, world: &World) {
    while store.wake(&world.ctx(), 9).unwrap() > 0 {}
}

#[test]
fn what_waits_in_a_queue_is_nobody_s_to_answer() {
    let world = World::new();
    let mut there = There::new(&world);
    let mut store = signed_in(Some("max"));
    for _ in 0..2 {
        // New, and told of again.
        there.tell_of(&mut store, &world, held("7", None));
        there.version += 1;
        let ctx = world.ctx();
        assert_eq!((store.next_candidate(None).unwrap(), store.counts(&ctx).unwrap().new_own), (None, 0));
        let refusal = Refusal::InQueue { lead: id(1) };
        assert_eq!(store.engage(id(1), &ctx).unwrap(), Err(refusal.clone()));
        assert_eq!(store.act(id(1), &Act::Accept, &ctx).unwrap().unwrap_err(), refusal);
        assert!(store.is_theirs(id(1)).unwrap() && store.dossier(id(1), &ctx).unwrap().is_ok(), "it can be read");
        assert!(store.summary(id(1)).unwrap().unwrap().is_theirs, "a list says so too");
    }
    there.tell_of(&mut store, &world, held("7", Some("max")));
    assert!(!store.summary(id(1)).unwrap().unwrap().is_theirs);
    assert_eq!(store.next_candidate(None).unwrap(), Some(id(1)), "he took it");
}

#[test]
fn when_a_source_was_asked_last_is_known_to_the_minute() {
    let mut world = World::new();
    let mut store = signed_in(Some("max"));
    assert_eq!(store.asked_at(HUB).unwrap(), None);
    let first = world.now;
    for (pass, known) in [(0, first), (59, first), (1, first + chrono::Duration::seconds(60))] {
        world.pass(pass);
        store.note_asked(HUB, world.now).unwrap();
        assert_eq!(store.asked_at(HUB).unwrap(), Some(known));
    }
    assert_eq!(store.asked_at("other").unwrap(), None);
}

#[test]
fn while_a_hub_is_read_from_the_start_everybody_s_leads_stay_theirs() {
    let world = World::new();
    let mut store = signed_in(Some("max"));
    There::new(&world).tell_of(&mut store, &world, held("7", Some("ana")));
    store.begin_again(HUB, &world.ctx()).unwrap();
    assert!(store.is_theirs(id(1)).unwrap());
}

#[test]
fn who_signs_in_owes_nothing_on_another_one_s_lead() {
    let world = World::new();
    let mut store = signed_in(None);
    for (number, owner) in [("7", "ana"), ("8", "max")] {
        There::new(&world).tell_of(&mut store, &world, held(number, Some(owner)));
    }
    store.engage(id(1), &world.ctx()).unwrap().unwrap();
    store.set_account(Some("max")).unwrap();
    assert_eq!(store.desk().unwrap().current(), None);
    assert!(store.engage(id(2), &world.ctx()).unwrap().is_ok(), "nothing bars the own one");
    // What is one's own stays.
    store.set_account(None).unwrap();
    store.set_account(Some("max")).unwrap();
    assert_eq!(store.desk().unwrap().current(), Some(id(2)));
}

#[test]
fn of_others_leads_nothing_is_due_next() {
    let mut world = World::new();
    world.now = told().mql_at.unwrap();
    let mut store = signed_in(Some("max"));
    for (number, owner) in [("7", Some("ana")), ("8", Some("max")), ("9", None)] {
        There::new(&world).tell_of(&mut store, &world, held(number, owner));
    }
    let due = |store: &Store, world: &World| store.counts(&world.ctx()).unwrap().by_tab[Tab::Due as usize];
    while due(&store, &world) < 3 {
        world.pass(60);
        wake(&mut store, &world);
    }
    let next = |store: &Store| -> Vec<i64> {
        store.due_next(world.now, 8).unwrap().into_iter().map(|(lead, _)| lead.0).collect()
    };
    assert_eq!(next(&store), [2]);
    store.set_account(None).unwrap();
    assert_eq!(next(&store), [1, 2, 3]);
    assert_eq!(store.due_next(world.now + Duration::days(9), 8).unwrap(), [], "what is late is late");
}
