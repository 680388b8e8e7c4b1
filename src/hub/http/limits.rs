//! How much one caller may ask, and how often one address may fail to show who asks: a bucket of tokens for each, kept
//! in memory, filled at a steady rate.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{Extensions, HeaderMap};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::answer::Failed;
use super::remote::address;
use crate::wire::MOST_BYTES;
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

    /// Takes so many, or says how long to wait for them.
    fn take(&mut self, many: u32, now: Instant) -> Result<(), Duration> {
        self.look(many, now)?;
        self.left -= f64::from(many);
        Ok(())
    }

    /// Says how long to wait until there are so many.
    fn look(&mut self, many: u32, now: Instant) -> Result<(), Duration> {
        self.fill(now);
        let lacking = f64::from(many) - self.left;
        if lacking <= 0.0 {
            return Ok(());
        }
        Err(Duration::from_secs_f64(lacking / f64::from(self.rate.per_second)))
    }
}

/// The most streams of one token: a laptop has one, and a second while the first ends.
const MOST_STREAMS: usize = 4;

/// The most that is read at once of what strangers post, in bytes: eight posts of the largest size.
const MOST_AT_ONCE: usize = 8 * MOST_BYTES;

/// And of what comes from one address.
const MOST_FROM_ONE: usize = 2 * MOST_BYTES;

/// After so long it makes sense to try again what is done once at a time.
const HEAVY: Duration = Duration::from_secs(5);

/// What reads so much that it is done once at a time.
#[derive(Clone, Copy)]
pub(super) enum Heavy {
    /// The walk through the whole log.
    Audit,
    /// The walk through all leads with other rules.
    Simulate,
}

/// Room for what a stranger posts, as long as it is held.
pub(super) struct Room {
    all: Arc<Semaphore>,
    taken: Arc<Mutex<HashMap<String, usize>>>,
    /// From where it comes, if that counts.
    from: Option<String>,
    bytes: usize,
    held: Vec<OwnedSemaphorePermit>,
}

impl Room {
    /// Takes up so many bytes more, or says that there is no room.
    pub(super) fn take(&mut self, bytes: usize) -> Result<(), Failed> {
        let crowded = |what: &str| Failed::from(Problem::new(Code::Unavailable, format!("{what}; come again later")));
        let permits = u32::try_from(bytes).unwrap_or(u32::MAX);
        let held = Arc::clone(&self.all).try_acquire_many_owned(permits);
        let held = held.map_err(|_| crowded("too much is being posted at once"))?;
        if let Some(from) = &self.from {
            let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
            let taken = taken.entry(from.clone()).or_default();
            if *taken + bytes > MOST_FROM_ONE {
                return Err(crowded("too much is being posted from your address at once"));
            }
            *taken += bytes;
        }
        self.bytes += bytes;
        self.held.push(held);
        Ok(())
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let Some(from) = &self.from else { return };
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(bytes) = taken.get_mut(from) else { return };
        *bytes = bytes.saturating_sub(self.bytes);
        if *bytes == 0 {
            taken.remove(from);
        }
    }
}

/// A stream that is counted while it lives.
pub(super) struct Streaming {
    limits: Arc<Limits>,
    name: String,
}

impl Drop for Streaming {
    fn drop(&mut self) {
        let mut streams = self.limits.streams.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(many) = streams.get_mut(&self.name) else { return };
        *many -= 1;
        if *many == 0 {
            streams.remove(&self.name);
        }
    }
}

/// The limits of all callers.
pub(super) struct Limits {
    buckets: Mutex<HashMap<String, Bucket>>,
    streams: Mutex<HashMap<String, usize>>,
    room: Arc<Semaphore>,
    /// How much of it is taken up by what comes from each address.
    taken: Arc<Mutex<HashMap<String, usize>>>,
    turns: [Arc<Semaphore>; 2],
    behind_proxy: bool,
}

impl Limits {
    /// Of a hub that something else stands in front of, or not.
    pub(super) fn new(behind_proxy: bool) -> Self {
        Self {
            buckets: Mutex::default(),
            streams: Mutex::default(),
            room: Arc::new(Semaphore::new(MOST_AT_ONCE)),
            taken: Arc::default(),
            turns: [(); 2].map(|()| Arc::new(Semaphore::new(1))),
            behind_proxy,
        }
    }

    /// Lets a caller pass who is known by `name`, or says when to come again.
    pub(super) fn pass(&self, name: String, rate: Rate) -> Result<(), Failed> {
        self.pass_many(name, rate, 1)
    }

    /// The same for a request that counts as so many.
    pub(super) fn pass_many(&self, name: String, rate: Rate, many: u32) -> Result<(), Failed> {
        self.with(name, rate, |bucket, now| bucket.take(many, now)).map_err(|wait| {
            let Rate { burst, per_second } = rate;
            refused(wait, format!("too many requests: {burst} at once, then {per_second} a second; come again later"))
        })
    }

    /// The turn for what reads so much that it is done once at a time; whoever comes meanwhile is sent away.
    pub(super) fn turn(&self, of: Heavy) -> Result<OwnedSemaphorePermit, Failed> {
        let turn = Arc::clone(&self.turns[of as usize]).try_acquire_owned();
        turn.map_err(|_| refused(HEAVY, "another one is at it; this is done once at a time, come again later".into()))
    }

    /// Counts a stream of the caller of this name, for as long as what comes back lives; refuses one too many.
    pub(super) fn listen(self: &Arc<Self>, name: String) -> Result<Streaming, Failed> {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        let many = streams.entry(name.clone()).or_default();
        if *many >= MOST_STREAMS {
            let what = format!("this token has {MOST_STREAMS} streams already; end one of them first");
            return Err(refused(HEAVY, what));
        }
        *many += 1;
        Ok(Streaming { limits: Arc::clone(self), name })
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
            .with(name.clone(), FAILURE_RATE, |bucket, now| bucket.look(1, now))
            .map_err(|wait| refused(wait, "too many failed attempts from your address; come again later".into()))
    }

    /// Room for what they post; none of it is taken up yet.
    pub(super) fn room(&self) -> Room {
        let Limits { room, taken, .. } = self.limits;
        let (all, taken) = (Arc::clone(room), Arc::clone(taken));
        Room { all, taken, from: self.name.clone(), bytes: 0, held: Vec::new() }
    }

    /// Counts a failure: whoever asked is not known.
    pub(super) fn failed(&self) {
        if let Some(name) = &self.name {
            let _ = self.limits.with(name.clone(), FAILURE_RATE, |bucket, now| bucket.take(1, now));
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
        assert!((0..3).all(|_| bucket.take(1, start).is_ok()));
        assert_eq!(bucket.take(1, start), Err(Duration::from_millis(500)));
        let later = |millis| start + Duration::from_millis(millis);
        assert!(bucket.take(1, later(500)).is_ok());
        assert_eq!(bucket.take(1, later(750)), Err(Duration::from_millis(250)));
        assert!((0..3).all(|_| bucket.take(1, later(60_000)).is_ok()), "never more than the burst");
        assert!(bucket.take(1, later(60_000)).is_err());
        assert!(bucket.take(1, start).is_err(), "a time before changes nothing");
    }

    #[test]
    fn what_one_address_posts_leaves_room_for_others() {
        let limits = Limits::new(true);
        let from = |address: Option<&str>| {
            let name = address.map(str::to_owned);
            Stranger { limits: &limits, name }.room()
        };
        let mut rooms: Vec<Room> = (0..2).map(|_| from(Some("192.0.2.1"))).collect();
        assert!(rooms.iter_mut().all(|room| room.take(MOST_BYTES).is_ok()));
        assert!(from(Some("192.0.2.1")).take(1).is_err(), "one address too much");
        let mut other = from(Some("192.0.2.2"));
        assert!(other.take(MOST_BYTES).is_ok());
        // What is over makes room, and of what was refused nothing counts.
        rooms.pop();
        assert!(from(Some("192.0.2.1")).take(MOST_BYTES).is_ok());
        drop((rooms, other));
        assert!(limits.taken.lock().unwrap().is_empty());
        let mut unknown: Vec<Room> = (0..8).map(|_| from(None)).collect();
        assert!(unknown.iter_mut().all(|room| room.take(MOST_BYTES).is_ok()));
        assert!(from(None).take(1).is_err() && from(Some("192.0.2.2")).take(1).is_err(), "all of it is taken");
        assert!(limits.taken.lock().unwrap().is_empty());
    }

    #[test]
    fn each_of_what_is_heavy_has_one_turn_which_comes_back() {
        let limits = Limits::new(false);
        let turn = limits.turn(Heavy::Audit).ok();
        assert!(turn.is_some() && limits.turn(Heavy::Audit).is_err());
        assert!(limits.turn(Heavy::Simulate).is_ok(), "another matter");
        drop(turn);
        assert!(limits.turn(Heavy::Audit).is_ok());
    }

    #[test]
    fn looking_takes_nothing() {
        let (rate, start) = (Rate { burst: 1, per_second: 1 }, Instant::now());
        let mut bucket = Bucket::full(rate, start);
        assert!((0..3).all(|_| bucket.look(1, start).is_ok()));
        assert!(bucket.take(1, start).is_ok());
        assert_eq!(bucket.look(1, start), Err(Duration::from_secs(1)));
    }
}
