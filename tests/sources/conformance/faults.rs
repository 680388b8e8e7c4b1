//! Whatever goes wrong on the line, at whichever call: nothing is written twice, and nothing is lost.

use leadbox::handoff::disposition::{Act, Outcome};
use leadbox::handoff::outbox::OutboxState;
use leadbox::handoff::state::Stage;
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::desk::{Desk, call, reject};
use super::{Crm, one};
use crate::faults::Fault;

/// So many calls a disposition costs at the most.
const CALLS: usize = 12;

/// How many schedules of faults are asked for by `LEADBOX_SOURCE_SCHEDULES`.
pub fn asked() -> Option<u64> {
    let asked = std::env::var("LEADBOX_SOURCE_SCHEDULES").ok();
    asked.map(|text| text.parse().expect("LEADBOX_SOURCE_SCHEDULES is a number"))
}

/// One fault, at each call that a disposition costs.
pub fn at_each_call(crm: &dyn Crm, runtime: &Runtime, faults: &[Fault]) {
    for fault in faults {
        crm.clear();
        let mut desk = Desk::new(crm, runtime);
        let ids = crm.add(CALLS);
        desk.settle();
        for (n, id) in ids.iter().enumerate() {
            desk.act(id, &Act::Accept);
            let called = desk.act(id, &call(Outcome::Voicemail, "left word")).remove(0);
            let rejected = desk.act(id, &reject()).remove(0);
            let next = crm.line().calls() + n + 1;
            crm.line().at(next, *fault);
            desk.settle();
            crm.line().calm();
            desk.settle();
            for op in [called.id, rejected.id] {
                is_there_once(crm, &desk, op, &format!("{fault:?} at call {n}"));
            }
            assert_eq!((crm.stage(id), desk.stage(id)), (Some(Stage::Rejected), Stage::Rejected), "{fault:?} at {n}");
        }
    }
}

fn is_there_once(crm: &dyn Crm, desk: &Desk<'_>, op: Uuid, told: &str) {
    let item = desk.sent(op);
    assert_eq!(item.state, OutboxState::Sent, "{told}: {item:?}");
    assert_eq!(crm.writes(op), 1, "{told}");
}

/// So many schedules of faults by chance, or as many as are asked for.
pub fn many_by_chance(crm: &dyn Crm, runtime: &Runtime, usual: u64) {
    for seed in 0..asked().unwrap_or(usual) {
        crm.clear();
        by_chance(crm, runtime, seed);
    }
}

/// Faults by chance while leads come and the rep answers them; the program is started anew now and then.
pub fn by_chance(crm: &dyn Crm, runtime: &Runtime, seed: u64) {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut desk = Desk::new(crm, runtime);
    crm.line().random(seed, [0.1, 0.3, 0.6][rng.usize(..3)]);
    let (mut ids, mut ops) = (Vec::new(), Vec::new());
    for _ in 0..rng.usize(2..6) {
        if ids.is_empty() || rng.bool() {
            let id = one(crm);
            ids.push(id);
        }
        desk.round(rng.i64(1..90));
        let id = ids[rng.usize(..ids.len())].clone();
        if desk.find(&id).is_some() && desk.stage(&id).is_open() {
            let act = match (desk.stage(&id), rng.u32(..3)) {
                (Stage::Assigned, 0) => Act::Accept,
                (_, 1) => reject(),
                _ => call(Outcome::Voicemail, "left word"),
            };
            ops.extend(desk.act(&id, &act).into_iter().map(|event| (event.id, event.what.code())));
        }
        if rng.u32(..4) == 0 {
            desk.restart();
        }
    }
    crm.line().calm();
    desk.restart();
    desk.settle();
    for (op, what) in ops {
        let item = desk.sent(op);
        assert_eq!(item.state, OutboxState::Sent, "seed {seed}: {item:?}");
        assert_eq!(crm.writes(op), usize::from(what != "accepted"), "seed {seed}: {what}");
    }
    for id in crm.owned() {
        assert!(desk.find(&id).is_some(), "seed {seed}: lead {id} was missed");
        let there = crm.stage(&id).unwrap();
        let here = desk.stage(&id);
        let is_same = here == there || there == Stage::Accepted && here == Stage::Attempted;
        assert!(is_same, "seed {seed}: lead {id} is {here:?} here and {there:?} there");
    }
}
