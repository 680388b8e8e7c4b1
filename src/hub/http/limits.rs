//! How much one caller may ask: a bucket of tokens for each, kept in memory, filled at a steady rate.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::answer::Failed;
use crate::wire::problem::{Code, Problem};

/// How many requests are let through.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// So many at once.
    pub burst: u32,
    /// And so many a second from then on.
    pub per_second: u32,
}

/// For one token: a laptop that fetches everything anew, page by page, and sends what a week offline left, stays below.
pub const TOKEN_RATE: Rate = Rate { burst: 1_000, per_second: 50 };

/// For one sender of leads: twice what a hub is to sustain, so that no sender drowns the others.
pub const SOURCE_RATE: Rate = Rate { burst: 10_000, per_second: 2_000 };

/// Buckets that are full again need not be kept; they are looked through when there are so many.
const MANY: usize = 10_000;

/// What is left for one caller.
struct Bucket {
    left: f64,
    at: Instant,
    rate: Rate,
}

impl Bucket {
    fn full(rate: Rate, now: Instant) -> Self {
        Self { left: f64::from(rate.burst), at: now, rate }
    }

    fn fill(&mut self, now: Instant) {
        let more = now.saturating_duration_since(self.at).as_secs_f64() * f64::from(self.rate.per_second);
        self.left = (self.left + more).min(f64::from(self.rate.burst));
        self.at = now;
    }

    /// Takes one, or says how long to wait for it.
    fn take(&mut self, now: Instant) -> Result<(), Duration> {
        self.fill(now);
        if self.left >= 1.0 {
            self.left -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - self.left) / f64::from(self.rate.per_second)))
    }
}

/// The buckets of all callers.
#[derive(Default)]
pub(super) struct Limits(Mutex<HashMap<String, Bucket>>);

impl Limits {
    /// Lets a caller pass who is known by `name`, or says when to come again.
    pub(super) fn pass(&self, name: String, rate: Rate) -> Result<(), Failed> {
        let now = Instant::now();
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MANY {
            buckets.retain(|_, bucket| {
                bucket.fill(now);
                bucket.left < f64::from(bucket.rate.burst)
            });
        }
        let taken = buckets.entry(name).or_insert_with(|| Bucket::full(rate, now)).take(now);
        drop(buckets);
        taken.map_err(|wait| {
            let Rate { burst, per_second } = rate;
            let detail = format!("too many requests: {burst} at once, then {per_second} a second; come again later");
            Failed::from(Problem::new(Code::TooMany, detail)).wait(wait.as_secs() + 1)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_burst_at_once_and_its_rate_from_then_on() {
        let (rate, start) = (Rate { burst: 3, per_second: 2 }, Instant::now());
        let mut bucket = Bucket::full(rate, start);
        assert!((0..3).all(|_| bucket.take(start).is_ok()));
        assert_eq!(bucket.take(start), Err(Duration::from_millis(500)));
        let later = |millis| start + Duration::from_millis(millis);
        assert!(bucket.take(later(500)).is_ok());
        assert_eq!(bucket.take(later(750)), Err(Duration::from_millis(250)));
        assert!((0..3).all(|_| bucket.take(later(60_000)).is_ok()), "never more than the burst");
        assert!(bucket.take(later(60_000)).is_err());
        assert!(bucket.take(start).is_err(), "a time before changes nothing");
    }
}
