//! Schedules of faults that chance makes: a number decides what goes wrong, when, and what the rep does meanwhile.
//!
//! `LEADBOX_SOURCE_SCHEDULES=1000` tries that many for each source, `LEADBOX_SOURCE_SCHEDULES=500-1000` those from 500 on, and
//! `LEADBOX_SOURCE_SCHEDULE=n` the one of that number.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use leadbox::handoff::disposition::{Act, Outcome};
use leadbox::handoff::outbox::OutboxState;
use leadbox::handoff::state::Stage;
use tokio::runtime::Runtime;

use super::desk::{Desk, call, defer, reject};
use super::{Crm, one};

/// How many schedules are asked for, or from which to which.
pub const SCHEDULES: &str = "LEADBOX_SOURCE_SCHEDULES";
/// Which one is asked for, alone.
const SCHEDULE: &str = "LEADBOX_SOURCE_SCHEDULE";
/// After so many that fail the others are not tried.
const ENOUGH: usize = 5;

/// What was tried.
#[derive(Debug, Default)]
pub struct Tally {
    leads: usize,
    dispositions: usize,
    calls: usize,
    faults: usize,
    restarts: usize,
}

/// The schedules that are asked for, or so many.
fn asked(usual: u64) -> Range<u64> {
    let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("{SCHEDULES}: {text} is not a number"));
    if let Ok(one) = std::env::var(SCHEDULE) {
        return number(&one)..number(&one) + 1;
    }
    match std::env::var(SCHEDULES).as_deref().map(|text| text.split_once('-').ok_or(text)) {
        Ok(Ok((from, to))) => number(from)..number(to),
        Ok(Err(many)) => 0..number(many),
        Err(_) => 0..usual,
    }
}

/// Tries so many schedules, or as many as are asked for, or the one that is.
pub fn schedules(usual: u64, mut schedule: impl FnMut(u64, &mut Tally)) {
    let numbers = asked(usual);
    let name = std::thread::current().name().unwrap_or_default().to_owned();
    let (mut tally, mut failed, began) = (Tally::default(), Vec::new(), Instant::now());
    for number in numbers.clone() {
        // Why it fails is told by the panic itself.
        if catch_unwind(AssertUnwindSafe(|| schedule(number, &mut tally))).is_err() {
            eprintln!("schedule {number} fails; alone: {SCHEDULE}={number} cargo test --test sources {name}");
            failed.push(number);
            if failed.len() == ENOUGH {
                break;
            }
        }
        if (number + 1) % 100 == 0 {
            eprintln!("{name}: schedule {} of {}", number + 1, numbers.end);
        }
    }
    println!("{name}: {} schedules in {:.0} s: {tally:?}", numbers.count(), began.elapsed().as_secs_f64());
    assert!(failed.is_empty(), "schedules {failed:?} fail");
}

/// Faults by chance while leads come and the rep answers them; the program is started anew now and then.
pub fn schedule(crm: &dyn Crm, runtime: &Runtime, seed: u64, tally: &mut Tally) {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut desk = Desk::new(crm, runtime);
    crm.line().random(seed, [0.1, 0.3, 0.6][rng.usize(..3)]);
    let (mut ids, mut ops) = (Vec::new(), Vec::new());
    for _ in 0..rng.usize(3..9) {
        if ids.is_empty() || rng.bool() {
            ids.push(one(crm));
        }
        desk.round(rng.i64(1..90));
        let id = ids[rng.usize(..ids.len())].clone();
        if desk.find(&id).is_some() && desk.stage(&id).is_open() {
            let act = match (desk.stage(&id), rng.u32(..8)) {
                (Stage::Assigned, 0..4) => Act::Accept,
                (Stage::Deferred, _) | (_, 4) => reject(),
                (_, 5) => defer(desk.now),
                _ => call(Outcome::Voicemail, "left word"),
            };
            ops.extend(desk.act(&id, &act).into_iter().map(|event| (event.id, event.what.code())));
        }
        if rng.u32(..4) == 0 {
            desk.restart();
            tally.restarts += 1;
        }
    }
    let heard = crm.line().heard();
    tally.calls += heard.len();
    tally.faults += heard.iter().filter(|call| call.fault.is_some()).count();
    tally.leads += ids.len();
    tally.dispositions += ops.len();
    crm.line().calm();
    desk.restart();
    desk.settle();
    for (op, what) in ops {
        let item = desk.sent(op);
        assert_eq!(item.state, OutboxState::Sent, "schedule {seed}: {item:?}");
        assert_eq!(crm.writes(op), usize::from(crm.keeps(what)), "schedule {seed}: {what}");
    }
    for id in crm.owned() {
        assert!(desk.find(&id).is_some(), "schedule {seed}: lead {id} was missed");
        let there = crm.stage(&id).unwrap();
        let here = desk.stage(&id);
        // Not every system has a stage of its own for each of ours.
        let is_same = here == there
            || there == Stage::Accepted && here == Stage::Attempted
            || there.is_open() && here == Stage::Deferred;
        assert!(is_same, "schedule {seed}: lead {id} is {here:?} here and {there:?} there");
    }
}
