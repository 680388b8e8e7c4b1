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
    let dossier = store.dossier(id(1), &world.policy).unwrap().unwrap();
    assert_eq!((dossier.handoff, dossier.events), (acted.handoff, acted.events.clone()));
    let summary = store.summary(id(1)).unwrap().unwrap();
    assert_eq!((summary.stage, summary.touches, summary.tab), (Stage::Connected, 1, Tab::Working));
    let sent: Vec<_> = store.outbox(9).unwrap().into_iter().map(|item| item.event).collect();
    assert_eq!(sent, acted.events);
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
