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
    assert_eq!((acted.desk.current(), acted.desk.skips), (None, 0));
    assert_eq!(store.engage_next(None, &ctx).unwrap().unwrap().id, id(1));
}

#[test]
fn a_second_window_a_restart_and_the_command_line_meet_the_same_gate() {
    let world = World::new();
    let ctx = world.ctx();
    let dir = tempfile::tempdir().unwrap();
    let mut first = on_disk(dir.path(), &world, 3);
    let mut second = Store::open(dir.path()).unwrap();
    assert!(!second.written_outside().unwrap());
    first.engage(id(2), &ctx).unwrap().unwrap();
    assert!(
        second.written_outside().unwrap() && !second.written_outside().unwrap() && !first.written_outside().unwrap()
    );
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

fn says(store: &mut Store, n: usize, stage: Stage, world: &World) {
    let mut news = lead(n);
    news.stage.canonical = Some(stage);
    store.receive(&[Arrival { lead: news, trail: Vec::new(), told: None }], &world.ctx()).unwrap();
    check_truth(store, world);
}

#[test]
fn what_its_source_settles_or_takes_back_is_let_go_and_shown_to_nobody() {
    let world = World::new();
    let ctx = world.ctx();
    for stage in Stage::ALL.into_iter().filter(|stage| !stage.is_open()) {
        let mut store = store(&world, 2);
        store.engage(id(1), &ctx).unwrap().unwrap();
        for n in [1, 2] {
            says(&mut store, n, stage, &world);
            assert_eq!(store.desk().unwrap().current(), None, "{stage:?}");
            let shown = store.dossier(id(n as i64), &ctx).unwrap().map(|dossier| dossier.id);
            assert_eq!(shown, Err(Refusal::AtSource { lead: id(n as i64), stage }));
        }
        // What comes back is owed again.
        says(&mut store, 2, Stage::Assigned, &world);
        assert!(matches!(store.dossier(id(2), &ctx).unwrap(), Err(Refusal::Missing(_))));
        assert_eq!(store.engage_next(None, &ctx).unwrap().unwrap().id, id(2));
        assert_eq!(store.engage(id(1), &ctx).unwrap().map(|_| ()), Err(Refusal::Engaged { lead: id(2) }));
    }
}

#[test]
fn what_was_answered_at_its_source_is_let_go_and_can_be_read() {
    let world = World::new();
    let ctx = world.ctx();
    for stage in [Stage::Attempted, Stage::Connected, Stage::Deferred] {
        let mut store = store(&world, 2);
        store.engage(id(1), &ctx).unwrap().unwrap();
        says(&mut store, 1, stage, &world);
        assert_eq!(store.desk().unwrap().current(), None, "{stage:?}");
        assert_eq!(store.dossier(id(1), &ctx).unwrap().unwrap().handoff.stage, stage);
    }
}

#[test]
fn an_open_lead_stays_open_when_the_clock_goes_back_behind_its_deferral() {
    let mut world = World::new();
    let mut store = store(&world, 2);
    store.act(id(1), &defer(&world, 1), &world.ctx()).unwrap().unwrap();
    world.pass(2 * 86_400);
    store.engage(id(1), &world.ctx()).unwrap().unwrap();
    world.pass(-2 * 86_400);
    while store.wake(&world.ctx(), 9).unwrap() > 0 {}
    assert_eq!(store.engage(id(1), &world.ctx()).unwrap().unwrap().id, id(1));
    assert_eq!(store.engage_next(None, &world.ctx()).unwrap().unwrap().id, id(1));
    assert_eq!(store.engage(id(2), &world.ctx()).unwrap().map(|_| ()), Err(Refusal::Engaged { lead: id(1) }));
    store.act(id(1), &Act::Accept, &world.ctx()).unwrap().unwrap();
    assert_eq!(store.desk().unwrap().current(), None);
    check_truth(&store, &world);
}
