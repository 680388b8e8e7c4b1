//! What time brings about.

use super::*;

#[test]
fn a_deferral_ends_by_its_time_alone_and_comes_back_when_the_clock_does() {
    let mut world = World::new();
    let mut store = store(&world, 3);
    store.act(id(2), &defer(&world, 3), &world.ctx()).unwrap().unwrap();
    assert_eq!(store.wake(&world.ctx(), 10).unwrap(), 0);
    let stands = |store: &Store| {
        let summary = store.summary(id(2)).unwrap().unwrap();
        (summary.tab, summary.stage, summary.returns_at.is_some())
    };
    let deferred = (Tab::Deferred, Stage::Deferred, true);
    for _ in 0..2 {
        assert_eq!(stands(&store), deferred);
        world.pass(3 * 86_400);
        assert!(store.next_wake().unwrap().is_some_and(|at| at <= world.now));
        assert!(store.wake(&world.ctx(), 10).unwrap() >= 1);
        assert_eq!(stands(&store), (Tab::New, Stage::Assigned, false));
        assert!(store.next_candidate(Some(Tab::New)).unwrap().is_some());
        // Nothing happened but time.
        assert_eq!(record::events(&store.conn, id(2)).unwrap().len(), 1);
        assert_eq!(store.outbox(9).unwrap().len(), 1);
        assert!(store.next_wake().unwrap().is_none_or(|at| at > world.now));
        assert_eq!(store.wake(&world.ctx(), 10).unwrap(), 0);
        check_truth(&store, &world);
        world.pass(-3 * 86_400);
        while store.wake(&world.ctx(), 1).unwrap() > 0 {}
        check_truth(&store, &world);
    }
    assert_eq!(stands(&store), deferred);
}

#[test]
fn what_was_due_snoozed_or_skipped_stands_as_the_time_says_whichever_way_the_clock_goes() {
    let mut world = World::new();
    let mut store = store(&world, 6);
    store.act(id(1), &Act::Snooze { until: world.now + Duration::hours(2) }, &world.ctx()).unwrap().unwrap();
    store.engage(id(2), &world.ctx()).unwrap().unwrap();
    store.act(id(2), &skip(), &world.ctx()).unwrap().unwrap();
    let rows = |store: &Store| {
        let mut statement =
            store.conn.prepare("SELECT tab, is_due, turn, sort, returns_at FROM lead ORDER BY id").unwrap();
        let row = |row: &rusqlite::Row<'_>| {
            (0..5).map(|n| row.get_ref(n).map(|v| format!("{v:?}"))).collect::<Result<Vec<_>, _>>()
        };
        statement.query_map([], row).unwrap().collect::<Result<Vec<_>, _>>().unwrap()
    };
    for hours in [0_i64, 3, 1, 30, -20, 2, 700, 0] {
        world.now = at("2026-11-20T10:00:00Z") + Duration::hours(hours);
        while store.wake(&world.ctx(), 2).unwrap() > 0 {}
        let kept = rows(&store);
        store.conn.execute("UPDATE lead SET wake_at = 0", []).unwrap();
        store.wake(&world.ctx(), 100).unwrap();
        assert_eq!(kept, rows(&store), "{hours} h on");
        check_truth(&store, &world);
    }
}

#[test]
fn waking_goes_on_where_it_stopped() {
    let mut world = World::new();
    let mut store = store(&world, 5);
    for n in 1..=5 {
        store.act(id(n), &defer(&world, 1), &world.ctx()).unwrap().unwrap();
    }
    world.pass(2 * 86_400);
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
fn what_is_asked_of_another_time_is_answered_and_written_nowhere() {
    let mut world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let mut store = on_disk(dir.path(), &world, 5);
    store.adopt_policy("one").unwrap();
    store.act(id(2), &defer(&world, 3), &world.ctx()).unwrap().unwrap();
    while store.wake(&world.ctx(), 10).unwrap() > 0 {}
    let before = contents(&store);
    world.pass(4 * 86_400);
    for (policy, tab) in [("one", Tab::New), ("two", Tab::New)] {
        let mut other = Store::open(dir.path()).unwrap();
        other.pretend(policy, &world.ctx()).unwrap();
        let query = PageQuery { tab, from: From::Top, rows: 9, filter: Filter::default(), now: world.now };
        assert_eq!(other.page(&query).unwrap().rows.len(), 5);
        assert_eq!(other.summary(id(2)).unwrap().unwrap().stage, Stage::Assigned);
        let counts = other.counts(&world.ctx()).unwrap();
        assert_eq!((counts.of(Tab::New), counts.of(Tab::Deferred), counts.of(Tab::Due)), (5, 0, 5));
        let found = other.search(&Filter::parse("tab:due first2").unwrap(), 9, world.now).unwrap();
        assert_eq!(found.len(), 1);
        // Whoever works meanwhile is not kept from it, and who pretends cannot write.
        store.register_source("fair", true).unwrap();
        assert!(other.act(id(1), &reject(), &world.ctx()).is_err());
    }
    assert_eq!(contents(&store), before);
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

#[test]
fn another_model_scores_the_open_leads_that_came_without_a_score_again() {
    let mut world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(dir.path()).unwrap();
    store.adopt_policy("none").unwrap();
    let mut all = arrivals(3);
    for arrival in &mut all[..2] {
        arrival.lead.score = None;
        arrival.lead.person.title = Some("Head of it".into());
    }
    store.receive(&all, &world.ctx()).unwrap();
    store.act(id(2), &reject(), &world.ctx()).unwrap().unwrap();
    let scores = |store: &Store| [1, 2, 3].map(|n| store.summary(id(n)).unwrap().unwrap().score);
    assert_eq!(scores(&store), [None, None, Some(21)]);
    let model = |points: i32| {
        let model = crate::config::parse_model(
            &format!(
                "id = 'role'\nversion = 1\nmode = 'additive'\nthreshold = 9\n\
                 [[rules]]\nname = 'head'\naxis = 'fit'\nlead = {{ title = ['head'] }}\npoints = {points}\n"
            ),
            "role.toml",
        );
        Models { all: vec![model.unwrap()], active: Some("role".into()) }
    };
    // Somebody else asks what would be.
    world.scoring = model(30);
    let before = contents(&store);
    let mut other = Store::open(dir.path()).unwrap();
    other.pretend("thirty", &world.ctx()).unwrap();
    assert_eq!(scores(&other), [Some(30), None, Some(21)]);
    assert_eq!(other.inspect(id(1)).unwrap().lead.score.map(|score| score.total), Some(30));
    drop(other);
    assert_eq!(contents(&store), before);
    for (fingerprint, points) in [("twenty", 20), ("forty", 40)] {
        world.scoring = model(points);
        store.adopt_policy(fingerprint).unwrap();
        while store.wake(&world.ctx(), 1).unwrap() > 0 {}
        assert_eq!(scores(&store), [Some(points), None, Some(21)], "what is done stays as it was judged");
        assert_eq!(store.inspect(id(1)).unwrap().lead.score.map(|score| score.total), Some(points));
        check_truth(&store, &world);
    }
    world.scoring = Models::default();
    store.adopt_policy("none again").unwrap();
    while store.wake(&world.ctx(), 1).unwrap() > 0 {}
    assert_eq!(scores(&store), [None, None, Some(21)]);
    check_truth(&store, &world);
}
