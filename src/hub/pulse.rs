//! What a hub counts of itself while it runs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The counts, from the start of this process.
#[derive(Debug, Default)]
pub struct Pulse {
    commits: AtomicU64,
    writes: AtomicU64,
    microseconds: AtomicU64,
    streams: AtomicI64,
    refused: AtomicU64,
    delivered: Mutex<BTreeMap<(String, &'static str), u64>>,
    fallen: Mutex<BTreeSet<&'static str>>,
}

/// The counts at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Commits that were tried.
    pub commits: u64,
    /// Writes in them.
    pub writes: u64,
    /// How long the commits took in all, in microseconds.
    pub microseconds: u64,
    /// Connections that wait for news now.
    pub streams: i64,
    /// Connections that were not let in.
    pub refused: u64,
}

impl Pulse {
    /// A commit came to its end.
    pub(super) fn committed(&self, writes: usize, took: Duration) {
        let add = |counter: &AtomicU64, more: u64| counter.fetch_add(more, Ordering::Relaxed);
        add(&self.commits, 1);
        add(&self.writes, writes as u64);
        add(&self.microseconds, u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    /// Somebody more waits for news, or (-1) no longer does.
    pub fn listening(&self, more: i64) {
        self.streams.fetch_add(more, Ordering::Relaxed);
    }

    /// There was no room for a connection; returns how often that was so.
    pub(super) fn refused(&self) -> u64 {
        self.refused.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// A message was sent by a channel, or not: `sent`, `failed` (it is tried again) or `given_up`.
    pub(super) fn delivered(&self, channel: &str, outcome: &'static str) {
        let mut delivered = self.delivered.lock().unwrap_or_else(PoisonError::into_inner);
        *delivered.entry((channel.to_owned(), outcome)).or_default() += 1;
    }

    /// Messages by channel and outcome.
    pub fn deliveries(&self) -> BTreeMap<(String, &'static str), u64> {
        self.delivered.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A worker ended that should not.
    pub(super) fn fell(&self, worker: &'static str) {
        self.fallen.lock().unwrap_or_else(PoisonError::into_inner).insert(worker);
    }

    /// A worker does its work, or has done it.
    pub(super) fn stands(&self, worker: &'static str) {
        self.fallen.lock().unwrap_or_else(PoisonError::into_inner).remove(worker);
    }

    /// The workers that ended and have not gone on steadily since.
    pub fn fallen(&self) -> Vec<&'static str> {
        self.fallen.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect()
    }

    /// The counts now.
    pub fn counts(&self) -> Counts {
        Counts {
            commits: self.commits.load(Ordering::Relaxed),
            writes: self.writes.load(Ordering::Relaxed),
            microseconds: self.microseconds.load(Ordering::Relaxed),
            streams: self.streams.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
        }
    }
}
