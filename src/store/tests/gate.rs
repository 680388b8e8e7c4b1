//! The gate, asked through the file.

use super::*;
use crate::handoff::arrival::Arrival;

#[test]
fn an_engaged_lead_bars_every_other_one_until_it_is_disposed_of() {
    let world = World::new();
    let mut store = store(&world, 3);
    let ctx = world.ctx();
    assert_eq!(store.engage(id(2), &ctx).unwrap().unwrap().id, id(2));
    let barred = Err(Refusal::Engaged { lead: id(2) });
    assert_eq!(store.engage(id(1), &ctx).unwrap().map(|dossier| dossier.id), barred);
    assert_eq!(store.act(id(1), &reject(), &ctx).unwrap().map(|acted| acted.lead), barred);
    assert_eq!(store.dossier(id(1), &world.ctx()).unwrap().map(|dossier| dossier.id), barred);
    assert_eq!(store.engage_next(None, &ctx).unwrap().unwrap().id, id(2));
    assert_eq!(store.dossier(id(2), &world.ctx()).unwrap().unwrap().id, id(2));

    let acted = store.act(id(2), &reject(), &ctx).unwrap().unwrap();
    assert!(acted.was_engaged);
    assert_eq!(acted.desk, Desk::default());
    assert_eq!(store.engage_next(None, &ctx).unwrap().unwrap().id, id(1));
}

#[test]
fn a_second_window_a_restart_and_the_command_line_meet_the_same_gate() {
    let world = World::new();
    let ctx = world.ctx();
    let dir = tempfile::tempdir().unwrap();
    let mut first = on_disk(dir.path(), &world, 3);
    let mut second = Store::open(dir.path()).unwrap();
    let version = second.data_version().unwrap();
    first.engage(id(2), &ctx).unwrap().unwrap();
    assert_ne!(second.data_version().unwrap(), version);
    assert_eq!(second.engage(id(1), &ctx).unwrap().unwrap_err(), Refusal::Engaged { lead: id(2) });
    assert_eq!(
        second.act(id(3), &call(Outcome::Reached), &ctx).unwrap().unwrap_err(),
        Refusal::Engaged { lead: id(2) }
    );
    drop((first, second));
    let mut again = Store::open(dir.path()).unwrap();
    for _ in 0..2 {
        assert_eq!(again.engage_next(None, &ctx).unwrap().unwrap().id, id(2));
    }
    again.act(id(2), &Act::Accept, &ctx).unwrap().unwrap();
    assert_eq!(again.desk().unwrap().current(), None);
}

#[test]
fn an_unanswered_lead_is_not_read_without_opening_it_but_an_answered_one_is() {
    let world = World::new();
    let mut store = store(&world, 2);
    assert!(matches!(store.dossier(id(1), &world.ctx()).unwrap(), Err(Refusal::Missing(_))));
    store.act(id(1), &call(Outcome::Voicemail), &world.ctx()).unwrap().unwrap();
    let dossier = store.dossier(id(1), &world.ctx()).unwrap().unwrap();
    assert_eq!(dossier.handoff.stage, Stage::Attempted);
    assert_eq!(dossier.events.len(), 2);
    assert!(matches!(store.dossier(id(9), &world.ctx()), Err(StoreError::NoSuchLead(LeadId(9)))));
    assert_eq!(store.engage(id(1), &world.ctx()).unwrap().unwrap_err(), Refusal::NothingOwed { lead: id(1) });
}

#[test]
fn the_queue_runs_dry_lead_by_lead_and_then_offers_those_that_were_accepted() {
    let world = World::new();
    let ctx = world.ctx();
    let mut store = store(&world, 3);
    let mut seen = Vec::new();
    while let Some(dossier) = store.engage_next(None, &ctx).unwrap() {
        seen.push((dossier.id.0, dossier.handoff.stage));
        let act = if dossier.handoff.stage == Stage::Assigned { Act::Accept } else { call(Outcome::NoAnswer) };
        store.act(dossier.id, &act, &ctx).unwrap().unwrap();
    }
    assert_eq!(seen.len(), 6);
    assert!(seen[..3].iter().all(|&(_, stage)| stage == Stage::Assigned));
    assert!(seen[3..].iter().all(|&(_, stage)| stage == Stage::Accepted));
    assert_eq!(store.engage_next(Some(Tab::New), &ctx).unwrap(), None);
    check_truth(&store, &world);
}

#[test]
fn a_skip_lets_go_of_the_lead_within_its_daily_budget() {
    let mut world = World::new();
    let mut store = store(&world, 5);
    for n in 1..=3 {
        store.engage(id(n), &world.ctx()).unwrap().unwrap();
        let acted = store.act(id(n), &skip(), &world.ctx()).unwrap().unwrap();
        assert_eq!(acted.desk.skips, u32::try_from(n).unwrap());
    }
    store.engage(id(4), &world.ctx()).unwrap().unwrap();
    let spent = Err(Refusal::SkipsSpent { limit: 3 });
    assert_eq!(store.act(id(4), &skip(), &world.ctx()).unwrap().map(|_| ()), spent);
    world.pass(24 * 3600);
    assert_eq!(store.act(id(4), &skip(), &world.ctx()).unwrap().unwrap().desk.skips, 1);
}

#[test]
fn a_lead_that_its_source_settled_is_let_go() {
    let world = World::new();
    let ctx = world.ctx();
    let mut store = store(&world, 2);
    store.engage(id(1), &ctx).unwrap().unwrap();
    let mut closed = lead(1);
    closed.stage.canonical = Some(Stage::Recycled);
    store.receive(&[Arrival { lead: closed, trail: Vec::new() }], &ctx).unwrap();
    assert_eq!(store.desk().unwrap().current(), None);
    assert_eq!(store.engage(id(2), &ctx).unwrap().unwrap().id, id(2));
}
