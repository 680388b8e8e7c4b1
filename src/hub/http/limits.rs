//! How much one caller may ask, and how often one address may fail to show who asks: a bucket of tokens for each, kept
//! in memory, filled at a steady rate.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{Extensions, HeaderMap};

use super::answer::Failed;
use super::remote::address;
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

/// For the failures of one address: who mistyped a token does not notice it, who tries out many does (reliability,
/// row 34).
pub const FAILURE_RATE: Rate = Rate { burst: 100, per_second: 1 };

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
        self.look(now)?;
        self.left -= 1.0;
        Ok(())
    }

    /// Says how long to wait until there is one.
    fn look(&mut self, now: Instant) -> Result<(), Duration> {
        self.fill(now);
        if self.left >= 1.0 {
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - self.left) / f64::from(self.rate.per_second)))
    }
}

/// The buckets of all callers.
#[derive(Default)]
pub(super) struct Limits {
    buckets: Mutex<HashMap<String, Bucket>>,
    behind_proxy: bool,
}

impl Limits {
    /// Of a hub that something else stands in front of, or not.
    pub(super) fn new(behind_proxy: bool) -> Self {
        Self { behind_proxy, ..Self::default() }
    }

    /// Lets a caller pass who is known by `name`, or says when to come again.
    pub(super) fn pass(&self, name: String, rate: Rate) -> Result<(), Failed> {
        self.with(name, rate, Bucket::take).map_err(|wait| {
            let Rate { burst, per_second } = rate;
            refused(wait, format!("too many requests: {burst} at once, then {per_second} a second; come again later"))
        })
    }

    /// Whether a caller of this name was let pass, not too long ago.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner).contains_key(name)
    }

    /// From where a request comes, as far as failures are counted by that.
    pub(super) fn stranger(&self, headers: &HeaderMap, extensions: &Extensions) -> Stranger<'_> {
        Stranger {
            limits: self,
            name: address(headers, extensions, self.behind_proxy).map(|from| format!("from {from}")),
        }
    }

    fn with<T>(&self, name: String, rate: Rate, act: impl FnOnce(&mut Bucket, Instant) -> T) -> T {
        let now = Instant::now();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MANY {
            buckets.retain(|_, bucket| {
                bucket.fill(now);
                bucket.left < f64::from(bucket.rate.burst)
            });
        }
        act(buckets.entry(name).or_insert_with(|| Bucket::full(rate, now)), now)
    }
}

fn refused(wait: Duration, detail: String) -> Failed {
    Failed::from(Problem::new(Code::TooMany, detail)).wait(wait.as_secs() + 1)
}

/// One who has yet to show who they are.
pub(super) struct Stranger<'l> {
    limits: &'l Limits,
    /// Nothing where their failures are not counted.
    name: Option<String>,
}

impl Stranger<'_> {
    /// Lets them try, unless too many failures came from there; then nothing is looked up, so that whoever tries out
    /// many learns nothing more.
    pub(super) fn may_try(&self) -> Result<(), Failed> {
        let Some(name) = self.name.as_ref().filter(|name| self.limits.knows(name)) else { return Ok(()) };
        self.limits
            .with(name.clone(), FAILURE_RATE, Bucket::look)
            .map_err(|wait| refused(wait, "too many failed attempts from your address; come again later".into()))
    }

    /// Counts a failure: whoever asked is not known.
    pub(super) fn failed(&self) {
        if let Some(name) = &self.name {
            let _ = self.limits.with(name.clone(), FAILURE_RATE, Bucket::take);
        }
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

    #[test]
    fn looking_takes_nothing() {
        let (rate, start) = (Rate { burst: 1, per_second: 1 }, Instant::now());
        let mut bucket = Bucket::full(rate, start);
        assert!((0..3).all(|_| bucket.look(start).is_ok()));
        assert!(bucket.take(start).is_ok());
        assert_eq!(bucket.look(start), Err(Duration::from_secs(1)));
    }
}
