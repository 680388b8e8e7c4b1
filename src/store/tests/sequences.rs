//! Whatever is done, in whatever order, by two windows and across restarts: the gate holds, every handoff is what its
//! events say, and what is counted is what is there.

use proptest::prelude::*;

use super::*;
use crate::handoff::gate::Desk;
use crate::handoff::state::Handoff;

const LEADS: i64 = 5;

#[derive(Clone, Debug)]
enum Op {
    Engage(i64),
    Next(Option<Tab>),
    Act(i64, usize),
    Undo,
    Receive(usize, Option<Stage>),
    Rouse,
    Send(usize),
    Restart,
    Pass(i64),
}

fn ops() -> impl Strategy<Value = Vec<(bool, Op)>> {
    let one = 1..=LEADS;
    let stage = proptest::option::of(proptest::sample::select(vec![
        Stage::Assigned,
        Stage::Rejected,
        Stage::Mql,
        Stage::DataCompletion,
        Stage::Attempted,
        Stage::Deferred,
    ]));
    let op = prop_oneof![
        3 => one.clone().prop_map(Op::Engage),
        3 => proptest::option::of(proptest::sample::select(&Tab::ALL[..])).prop_map(Op::Next),
        8 => (one, 0_usize..9).prop_map(|(lead, act)| Op::Act(lead, act)),
        3 => Just(Op::Undo),
        2 => (1..=6_usize, stage).prop_map(|(lead, stage)| Op::Receive(lead, stage)),
        1 => Just(Op::Rouse),
        1 => (0_usize..4).prop_map(Op::Send),
        1 => Just(Op::Restart),
        2 => proptest::sample::select(vec![1, 5, 11, 3600, 90_000, -3600, -90_000]).prop_map(Op::Pass),
    ];
    proptest::collection::vec((any::<bool>(), op), 1..60)
}

fn act(world: &World, which: usize) -> Act {
    match which {
        0 => Act::Accept,
        1 => reject(),
        2 => call(Outcome::Reached),
        3 => call(Outcome::NoAnswer),
        4 => defer(world, 1),
        5 => skip(),
        6 => Act::Snooze { until: world.now + Duration::hours(1) },
        7 => Act::Qualify(Qualification {
            problem: "leads drop".into(),
            authority: "she decides".into(),
            next_step: "a demo".into(),
            next_at: None,
        }),
        _ => Act::Attempt(Attempt {
            channel: Channel::Email,
            outcome: Outcome::AutoReply,
            at: None,
            note: None,
            cited: Some("pricing page".into()),
            next: None,
            consent_override: None,
        }),
    }
}

/// Opens the file without waiting for the disk, which these tests are not about.
fn open(dir: &Path) -> Store {
    let store = Store::open(dir).unwrap();
    store.conn.pragma_update(None, "synchronous", "OFF").unwrap();
    store
}

fn stands(store: &Store, world: &World, lead: LeadId) -> Handoff {
    record::must_load(&store.conn, lead).unwrap().handoff.at(world.now).into_owned()
}

/// Does it, and checks what the gate must say to it.
fn step(store: &mut Store, world: &mut World, op: &Op, dir: &Path) {
    let before: Desk = store.desk().unwrap();
    let barred = |lead: i64| before.current().is_some_and(|current| current != id(lead));
    match op {
        Op::Engage(lead) => {
            let debt = stands(store, world, id(*lead)).debt();
            let opened = store.engage(id(*lead), &world.ctx()).unwrap();
            assert_eq!(
                opened.is_ok(),
                !barred(*lead) && (debt.is_some() || before.current() == Some(id(*lead))),
                "{opened:?}"
            );
            assert_eq!(
                store.desk().unwrap().current(),
                if opened.is_ok() { Some(id(*lead)) } else { before.current() }
            );
        }
        Op::Next(tab) => {
            let wanted = before.current().or(store.next_candidate(*tab).unwrap());
            let opened = store.engage_next(*tab, &world.ctx()).unwrap();
            assert_eq!(opened.map(|dossier| dossier.id), wanted);
            assert_eq!(store.desk().unwrap().current(), wanted);
        }
        Op::Act(lead, which) => {
            let stage = stands(store, world, id(*lead)).stage;
            let contents_before = contents(store);
            let result = store.act(id(*lead), &act(world, *which), &world.ctx()).unwrap();
            match &result {
                Ok(acted) => {
                    assert!(!barred(*lead) && stage.is_open(), "{stage:?}");
                    assert_eq!(acted.desk, store.desk().unwrap());
                    assert_eq!(acted.counts, store.counts(&world.ctx()).unwrap());
                }
                Err(_) => assert_eq!(contents(store), contents_before),
            }
        }
        Op::Undo => {
            let contents_before = contents(store);
            if store.undo(&world.ctx()).unwrap().is_err() {
                assert_eq!(contents(store), contents_before);
            }
        }
        Op::Receive(n, stage) => {
            let mut news = lead(*n);
            news.stage.canonical = *stage;
            store.receive(&[Arrival { lead: news, trail: Vec::new(), told: None }], &world.ctx()).unwrap();
        }
        Op::Rouse => {
            store.conn.execute("UPDATE lead SET wake_at = 0", []).unwrap();
            store.wake(&world.ctx(), 3).unwrap();
        }
        Op::Send(how) => {
            for item in store.outbox_due(world.now, 2, &[]).unwrap() {
                match how {
                    0 => store.mark_sent(item.op).unwrap(),
                    1 => store.mark_retry(item.op, world.now + Duration::seconds(30), "later").unwrap(),
                    2 => store.park(item.op, "refused").unwrap(),
                    _ => {}
                }
            }
            if *how == 3 {
                store.retry_parked(None, world.now).unwrap();
            }
        }
        Op::Restart => *store = open(dir),
        Op::Pass(seconds) => world.pass(*seconds),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_gets_past_the_gate_or_makes_the_file_untrue(ops in ops()) {
        let mut world = World::new();
        let dir = tempfile::tempdir().unwrap();
        let mut first = open(dir.path());
        fill(&mut first, &world, usize::try_from(LEADS).unwrap());
        let mut second = open(dir.path());
        for (in_first, op) in &ops {
            let store = if *in_first { &mut first } else { &mut second };
            step(store, &mut world, op, dir.path());
            check_truth(store, &world);
            // There is always a way on: every engaged lead takes an answer.
            for lead in store.desk().unwrap().engaged {
                prop_assert!(stands(store, &world, lead).stage.is_open(), "{op:?}");
            }
        }
        prop_assert_eq!(first.check().unwrap(), Vec::<String>::new());
    }
}

#[test]
fn two_windows_that_open_at_once_never_hold_two_leads() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let store = on_disk(dir.path(), &world, 8);
    let opened: Vec<_> = std::thread::scope(|scope| {
        let windows: Vec<_> = (1..=8)
            .map(|n| {
                let (world, dir) = (&world, dir.path());
                scope.spawn(move || {
                    let mut window = open(dir);
                    (id(n), window.engage(id(n), &world.ctx()).unwrap())
                })
            })
            .collect();
        windows.into_iter().map(|window| window.join().unwrap()).collect()
    });
    let held = store.desk().unwrap().engaged;
    assert_eq!(held.len(), 1);
    for (lead, opened) in opened {
        match opened {
            Ok(_) => assert_eq!(held, [lead]),
            Err(refusal) => assert_eq!(refusal, Refusal::Engaged { lead: held[0] }),
        }
    }
}

#[test]
fn a_full_disk_is_said_and_nothing_is_half_done() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let mut store = on_disk(dir.path(), &world, 3);
    let pages: i64 = store.conn.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    store.conn.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(())).unwrap();
    // Fill what room is left within the pages, until nothing goes any more.
    let mut n = 3;
    let full = loop {
        n += 1;
        let before = contents(&store);
        if let Err(error) = store.receive(&[Arrival { lead: lead(n), trail: Vec::new(), told: None }], &world.ctx()) {
            assert_eq!(contents(&store), before);
            break error;
        }
    };
    assert!(matches!(full, StoreError::Full), "{full}");
    store.conn.query_row("PRAGMA max_page_count = 100000", [], |_| Ok(())).unwrap();
    store.act(id(1), &reject(), &world.ctx()).unwrap().unwrap();
    check_truth(&store, &world);
}
