//! Simulated time: the hub's, and each laptop's own, which is off by something and runs a little fast or slow.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use leadbox::handoff::Time;

const SECOND: i64 = 1_000_000;

/// The hub's time, in microseconds: finer than anybody keeps it.
#[derive(Clone)]
pub struct Clock(Arc<AtomicI64>);

impl Clock {
    pub fn starting(at: Time) -> Self {
        // Real clocks do not stop at whole milliseconds.
        Self(Arc::new(AtomicI64::new(at.timestamp_micros() + 123_457)))
    }

    pub fn now(&self) -> Time {
        Time::from_timestamp_micros(self.0.load(Ordering::Relaxed)).unwrap()
    }

    pub fn pass(&self, seconds: f64) {
        self.0.fetch_add((seconds * SECOND as f64) as i64, Ordering::Relaxed);
    }
}

/// A laptop's clock.
#[derive(Clone)]
pub struct Own {
    real: Clock,
    start: Time,
    /// What it is off by, in seconds.
    pub off: Arc<AtomicI64>,
    /// How much too fast it runs, in millionths.
    drift: i64,
}

impl Own {
    pub fn new(real: &Clock, off: i64, drift: i64) -> Self {
        Self { real: real.clone(), start: real.now(), off: Arc::new(AtomicI64::new(off)), drift }
    }

    pub fn now(&self) -> Time {
        let real = self.real.now();
        let ran = (real - self.start).num_microseconds().unwrap_or_default();
        let off = self.off.load(Ordering::Relaxed) * SECOND + ran / 1_000_000 * self.drift;
        real + chrono::Duration::microseconds(off)
    }
}

thread_local! {
    static JITTER: RefCell<Option<fastrand::Rng>> = const { RefCell::new(None) };
}

/// The chance by which waits are spread; each world has a thread to itself.
pub fn jitter() -> f64 {
    JITTER.with(|rng| rng.borrow_mut().as_mut().map_or(0.5, fastrand::Rng::f64))
}

pub fn seed_jitter(seed: u64) {
    JITTER.with(|rng| *rng.borrow_mut() = Some(fastrand::Rng::with_seed(seed)));
}
