//! Acts and their undoing, through the file.

use super::*;

#[test]
fn an_act_is_kept_with_its_events_its_outbox_and_its_row() {
    let world = World::new();
    let ctx = world.ctx();
    let mut store = store(&world, 2);
    let acted = store.act(id(1), &call(Outcome::Reached), &ctx).unwrap().unwrap();
    assert_eq!(acted.events.iter().map(|event| event.what.code()).collect::<Vec<_>>(), ["accepted", "attempted"]);
    assert_eq!(acted.undo_until, world.now + Duration::seconds(10));
    assert_eq!(acted.counts.to_send, 2);
    assert_eq!(acted.counts.of(Tab::Working), 1);
    let dossier = store.dossier(id(1), &world.ctx()).unwrap().unwrap();
    assert_eq!((dossier.handoff, dossier.events), (acted.handoff, acted.events.clone()));
    let summary = store.summary(id(1)).unwrap().unwrap();
    assert_eq!((summary.stage, summary.touches, summary.tab), (Stage::Connected, 1, Tab::Working));
    let sent: Vec<_> = store.outbox(9).unwrap().into_iter().map(|item| item.event).collect();
    assert_eq!(sent, acted.events);
    check_truth(&store, &world);
}

#[test]
fn an_act_is_kept_to_the_millisecond_and_through_a_restart() {
    let mut world = World::new();
    world.now = at("2026-11-20T10:00:00.123456789Z");
    let dir = tempfile::tempdir().unwrap();
    let mut store = on_disk(dir.path(), &world, 1);
    let acted = store.act(id(1), &call(Outcome::Voicemail), &world.ctx()).unwrap().unwrap();
    assert_eq!(acted.events[0].at, at("2026-11-20T10:00:00.123Z"));
    drop(store);
    let store = Store::open(dir.path()).unwrap();
    let dossier = store.dossier(id(1), &world.ctx()).unwrap().unwrap();
    assert_eq!((dossier.events, dossier.handoff), (acted.events, acted.handoff));
    check_truth(&store, &world);
}

#[test]
fn what_is_refused_changes_nothing() {
    let world = World::new();
    let ctx = world.ctx();
    let mut store = store(&world, 2);
    store.act(id(1), &Act::Accept, &ctx).unwrap().unwrap();
    store.engage(id(1), &ctx).unwrap().unwrap();
    let before = contents(&store);
    let nothing = Act::Reject(Rejection { code: "no such reason".into(), ..Rejection::default() });
    for act in [
        Act::Accept,
        nothing,
        call(Outcome::AutoReply),
        Act::Defer(Deferral { until: world.now, why: "now".into() }),
        defer(&world, 99),
        Act::Qualify(Qualification::default()),
        Act::Snooze { until: world.now + Duration::hours(1) },
        Act::Skip { reason: " ".into() },
    ] {
        assert!(store.act(id(1), &act, &ctx).unwrap().is_err(), "{act:?}");
        assert!(store.act(id(2), &act, &ctx).unwrap().is_err(), "{act:?}");
    }
    assert!(matches!(store.act(id(7), &Act::Accept, &ctx), Err(StoreError::NoSuchLead(_))));
    assert_eq!(contents(&store), before);
}

#[test]
fn what_follows_from_an_act_is_recorded_with_it_by_the_system() {
    let mut world = World::new();
    world.policy.touches.most = 1;
    let mut store = store(&world, 1);
    let acted = store.act(id(1), &call(Outcome::NoAnswer), &world.ctx()).unwrap().unwrap();
    let last = acted.events.last().unwrap();
    assert_eq!((last.what.code(), &last.actor), ("recycled", &Actor::system()));
    assert_eq!(acted.handoff.stage, Stage::Recycled);
    assert_eq!((acted.counts.of(Tab::Done), acted.counts.done_today), (1, 1));
    // Undoing the act undoes what followed.
    let undone = store.undo(&world.ctx()).unwrap().unwrap();
    assert_eq!(undone.handoff.stage, Stage::Assigned);
    check_truth(&store, &world);
}

#[test]
fn undo_puts_the_lead_back_in_front_above_the_one_opened_since() {
    let world = World::new();
    let ctx = world.ctx();
    let mut store = store(&world, 3);
    store.engage(id(1), &ctx).unwrap().unwrap();
    store.act(id(1), &reject(), &ctx).unwrap().unwrap();
    store.engage(id(2), &ctx).unwrap().unwrap();
    store.act(id(2), &skip(), &ctx).unwrap().unwrap();
    store.engage(id(3), &ctx).unwrap().unwrap();

    // The last act first, then the one before.
    let undone = store.undo(&ctx).unwrap().unwrap();
    assert_eq!((undone.lead, undone.is_engaged, undone.desk.skips), (id(2), true, 0));
    let undone = store.undo(&ctx).unwrap().unwrap();
    assert_eq!((undone.lead, undone.handoff.stage), (id(1), Stage::Assigned));
    assert_eq!(undone.desk.engaged, [id(3), id(2), id(1)]);
    assert_eq!(undone.counts.to_send, 0);
    assert_eq!(store.undo(&ctx).unwrap().unwrap_err(), Refusal::NothingToUndo);

    // All three still owe, the one in front first.
    assert_eq!(store.act(id(3), &reject(), &ctx).unwrap().unwrap_err(), Refusal::Engaged { lead: id(1) });
    for n in [1, 2, 3] {
        assert_eq!(store.engage_next(None, &ctx).unwrap().unwrap().id, id(n));
        store.act(id(n), &reject(), &ctx).unwrap().unwrap();
    }
    check_truth(&store, &world);
}

#[test]
fn undo_ends_when_the_window_does_or_when_it_was_given_out_to_be_sent() {
    let mut world = World::new();
    let mut store = store(&world, 2);
    store.act(id(1), &reject(), &world.ctx()).unwrap().unwrap();
    world.pass(10);
    let before = contents(&store);
    let too_late = Refusal::UndoTooLate { seconds: 10 };
    assert_eq!(store.undo(&world.ctx()).unwrap().unwrap_err(), too_late);
    assert_eq!(contents(&store), before);

    // A sender whose clock is ahead took it meanwhile.
    store.act(id(2), &reject(), &world.ctx()).unwrap().unwrap();
    assert_eq!(store.outbox_due(world.now + Duration::seconds(10), 9, &[]).unwrap().len(), 2);
    let before = contents(&store);
    assert_eq!(store.undo(&world.ctx()).unwrap().unwrap_err(), too_late);
    assert_eq!(contents(&store), before);
}

#[test]
fn undo_takes_back_what_time_made_of_the_act_and_frees_a_lead_that_owes_nothing_then() {
    let mut world = World::new();
    world.policy.undo_seconds = 100;
    let mut store = store(&world, 1);
    let soon = Act::Defer(Deferral { until: world.now + Duration::seconds(5), why: "in five seconds".into() });
    store.act(id(1), &soon, &world.ctx()).unwrap().unwrap();
    store.conn.execute("UPDATE lead SET wake_at = 0", []).unwrap();
    world.pass(6);
    assert_eq!(store.wake(&world.ctx(), 10).unwrap(), 1);
    assert_eq!(store.summary(id(1)).unwrap().unwrap().stage, Stage::Assigned);
    let undone = store.undo(&world.ctx()).unwrap().unwrap();
    assert_eq!((undone.handoff.stage, undone.handoff.deferrals), (Stage::Assigned, 0));
    check_truth(&store, &world);

    // Accepted out of a deferral, opened, and then the acceptance is taken back: it is deferred again.
    store.act(id(1), &defer(&world, 3), &world.ctx()).unwrap().unwrap();
    store.act(id(1), &Act::Accept, &world.ctx()).unwrap().unwrap();
    store.engage(id(1), &world.ctx()).unwrap().unwrap();
    let undone = store.undo(&world.ctx()).unwrap().unwrap();
    assert_eq!((undone.handoff.stage, undone.desk.current()), (Stage::Deferred, None));
    check_truth(&store, &world);
}

#[test]
fn another_window_can_undo() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let mut first = on_disk(dir.path(), &world, 2);
    let mut second = Store::open(dir.path()).unwrap();
    first.act(id(1), &reject(), &world.ctx()).unwrap().unwrap();
    assert_eq!(second.undo(&world.ctx()).unwrap().unwrap().lead, id(1));
    assert_eq!(first.undo(&world.ctx()).unwrap().unwrap_err(), Refusal::NothingToUndo);
    assert_eq!(first.summary(id(1)).unwrap().unwrap().stage, Stage::Assigned);
}

#[test]
fn nothing_is_undone_out_of_its_turn_when_the_clock_was_set_back() {
    let mut world = World::new();
    let mut store = store(&world, 3);
    store.act(id(1), &defer(&world, 1), &world.ctx()).unwrap().unwrap();
    world.pass(-3600);
    store.act(id(2), &reject(), &world.ctx()).unwrap().unwrap();
    world.pass(20);
    store.act(id(3), &reject(), &world.ctx()).unwrap().unwrap();
    assert_eq!(store.undo(&world.ctx()).unwrap().unwrap().lead, id(3));
    // The one before is too old, and the one before that must not jump the queue.
    assert_eq!(store.undo(&world.ctx()).unwrap().map(|undone| undone.lead), Err(Refusal::NothingToUndo));
    check_truth(&store, &world);
}

#[test]
fn nothing_happens_before_what_happened_already() {
    let world = World::new();
    let mut store = store(&world, 1);
    let ctx = world.ctx();
    let at = |hours: i64| Ctx { now: ctx.now + Duration::hours(hours), ..ctx };
    let acted = store.act(id(1), &Act::Accept, &at(-9999)).unwrap().unwrap();
    assert_eq!(acted.events[0].at, acted.handoff.assigned_at, "no sooner than it came");
    store.act(id(1), &call(Outcome::NoAnswer), &at(2)).unwrap().unwrap();
    let acted = store.act(id(1), &call(Outcome::Reached), &ctx).unwrap().unwrap();
    assert!(acted.events.iter().all(|event| event.at == at(2).at()), "{:?}", acted.events);
    check_truth(&store, &world);
}
