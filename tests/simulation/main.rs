//! One hub and several laptops in one process, with a network, clocks and crashes that a seed decides upon. The code is
//! the real one; only time, the network and chance are not.
//!
//! `LEADBOX_SIMULATION_SEEDS=10000` runs more seeds, `LEADBOX_SIMULATION_SEED=n` one of them and prints what happened.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on should stop")]

mod check;
mod clock;
mod laptop;
mod net;
mod office;
mod outcome;
mod trace;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use outcome::Tally;
use trace::Trace;

/// Seeds of an ordinary run.
const SEEDS: u64 = 500;

fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}

/// Runs a seed; what went wrong with it, if anything did.
fn run(seed: u64, trace: &Trace) -> Result<Tally, String> {
    catch_unwind(AssertUnwindSafe(|| world::run(seed, trace))).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
    })
}

#[test]
fn whatever_network_clocks_and_crashes_do_nothing_is_lost_doubled_or_out_of_order() {
    if let Some(seed) = asked("LEADBOX_SIMULATION_SEED") {
        let trace = Trace::default();
        let done = run(seed, &trace);
        println!("{}", trace.text(usize::MAX));
        println!("{:?}", done.unwrap_or_else(|why| panic!("seed {seed}: {why}")));
        return;
    }
    let seeds = asked("LEADBOX_SIMULATION_SEEDS").unwrap_or(SEEDS);
    let (next, total, failed) = (AtomicU64::new(0), Mutex::new(Tally::default()), Mutex::new(Vec::new()));
    let began = Instant::now();
    let workers = std::thread::available_parallelism().map_or(2, usize::from).min(8);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds || failed.lock().unwrap().len() >= 5 {
                        return;
                    }
                    let trace = Trace::default();
                    match run(seed, &trace) {
                        Ok(tally) => total.lock().unwrap().add(&tally),
                        Err(why) => {
                            // At once, since a long run may be broken off.
                            println!("seed {seed} fails");
                            failed.lock().unwrap().push(format!("seed {seed}: {why}\n{}", trace.text(60)));
                        }
                    }
                }
            });
        }
    });
    println!("{seeds} seeds in {:.1} s: {:?}", began.elapsed().as_secs_f64(), total.lock().unwrap());
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

#[test]
fn the_same_seed_does_the_same() {
    for seed in [1, 2, 3, 5, 8] {
        let (one, other) = (Trace::default(), Trace::default());
        let done = (run(seed, &one), run(seed, &other));
        assert_eq!(one.text(usize::MAX), other.text(usize::MAX), "seed {seed}");
        assert_eq!(one.hash(), other.hash());
        assert!(done.0.is_ok() && done.0 == done.1, "seed {seed}: {done:?}");
    }
}
