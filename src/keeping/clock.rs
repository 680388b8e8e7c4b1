//! The time of day: the machine's clock, set right by what somebody else's says.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Duration, Utc};

/// The machine's clock, set right by as much as it is known to be off. Copies are one clock.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    ahead: Arc<AtomicI64>,
}

/// What a clock shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The time of day.
    pub now: DateTime<Utc>,
    /// By how much that is ahead of the machine's own clock.
    pub ahead: Duration,
}

impl From<DateTime<Utc>> for Reading {
    /// By the machine's own clock.
    fn from(now: DateTime<Utc>) -> Self {
        Self { now, ahead: Duration::zero() }
    }
}

impl Clock {
    /// Reads it.
    pub fn read(&self) -> Reading {
        let ahead = Duration::milliseconds(self.ahead.load(Ordering::Relaxed));
        Reading { now: Utc::now() + ahead, ahead }
    }

    /// The time of day.
    pub fn now(&self) -> DateTime<Utc> {
        self.read().now
    }

    /// From now on it is ahead of the machine's own by so much, in whole milliseconds.
    pub fn set_ahead(&self, ahead: Duration) {
        self.ahead.store(ahead.num_milliseconds(), Ordering::Relaxed);
    }
}
