//! Carries dispositions out and changes in, one round at a time.
//!
//! The store decides what may be sent (held ones may not, and of each lead only the oldest) and the source how. A
//! disposition that the source refuses is parked and shown; it blocks its own lead and no other. Whether a step of
//! unknown outcome took hold is asked, never guessed.

use std::collections::BTreeMap;

use crate::handoff::Time;
use crate::handoff::arrival::Arrival;
use crate::source::{Applied, Change, Cursor, Disposition, Probe, Source, SourceError, Step};
use crate::store::{Ctx, OutboxItem, Store, StoreError};

use super::backoff;

/// Dispositions sent in one round, so that new leads are not kept waiting.
const SENT_A_ROUND: usize = 20;

/// Speaks to the sources.
pub struct Engine {
    sources: Vec<Box<dyn Source>>,
    chance: fn() -> f64,
    /// Sources that failed: how often, and when they are tried again.
    resting: BTreeMap<String, (u32, Time)>,
    reached_at: Option<Time>,
    trouble: Option<String>,
}

/// What a round came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// The sources' names.
    pub name: Option<String>,
    /// The store was changed.
    pub changed: bool,
    /// When a source answered last.
    pub reached_at: Option<Time>,
    /// Why one cannot be reached.
    pub trouble: Option<String>,
}

/// What became of a disposition.
enum Sent {
    Done,
    Retry(Time, String),
    Parked(String),
}

impl Engine {
    /// An engine for these sources. `chance` gives numbers in 0..1, which spread out the waits.
    pub fn new(sources: Vec<Box<dyn Source>>, chance: fn() -> f64) -> Self {
        Self { sources, chance, resting: BTreeMap::new(), reached_at: None, trouble: None }
    }

    /// Tries sources that failed again with the next round: the network is back.
    pub fn retry_now(&mut self) {
        self.resting.clear();
    }

    /// Fetches what changed and sends what is due. A store that is busy is left for the next round.
    pub async fn round(&mut self, store: &mut Store, ctx: &Ctx<'_>) -> Round {
        let mut changed = false;
        for number in 0..self.sources.len() {
            match self.fetch(number, store, ctx).await {
                Ok(news) => changed |= news,
                Err(StoreError::Busy) => {}
                Err(error) => self.trouble = Some(error.to_string()),
            }
        }
        match self.send(store, ctx).await {
            Ok(sent) => changed |= sent,
            Err(StoreError::Busy) => {}
            Err(error) => self.trouble = Some(error.to_string()),
        }
        let names: Vec<_> = self.sources.iter().map(|source| source.name()).collect();
        let name = (!names.is_empty()).then(|| names.join(", "));
        Round { name, changed, reached_at: self.reached_at, trouble: self.trouble.clone() }
    }

    /// Takes in what changed at one source. Returns whether anything did.
    async fn fetch(&mut self, number: usize, store: &mut Store, ctx: &Ctx<'_>) -> Result<bool, StoreError> {
        let source = &mut self.sources[number];
        let name = source.name().to_owned();
        if self.resting.get(&name).is_some_and(|(_, until)| *until > ctx.now) {
            return Ok(false);
        }
        let mut changed = false;
        let mut after = store.cursor(&name)?.map(Cursor);
        loop {
            match source.pull(after.as_ref()).await {
                Ok(page) => {
                    let arrivals: Vec<Arrival> = page
                        .changes
                        .into_iter()
                        .filter_map(|change| match change {
                            Change::Upsert(record) => Some(record.arrival),
                            // A lead that left its source stays as it is here until a connector needs more.
                            Change::Gone(_) => None,
                        })
                        .collect();
                    if !arrivals.is_empty() {
                        store.receive(&arrivals, ctx)?;
                        changed = true;
                    }
                    // After the leads: a crash between the two reads the page again, which changes nothing.
                    if after.as_ref() != Some(&page.next) && changed {
                        store.set_cursor(&name, &page.next.0)?;
                    }
                    self.resting.remove(&name);
                    self.reached_at = Some(ctx.now);
                    self.trouble = None;
                    if !page.more {
                        return Ok(changed);
                    }
                    after = Some(page.next);
                }
                Err(error) => {
                    self.rest(&name, &error, ctx.now);
                    return Ok(changed);
                }
            }
        }
    }

    /// Leaves a source alone for a while.
    fn rest(&mut self, name: &str, error: &SourceError, now: Time) -> Time {
        let tries = self.resting.get(name).map_or(0, |(tries, _)| *tries);
        let until = match error {
            SourceError::Throttled { until, .. } => *until,
            _ => now + backoff::wait(tries, (self.chance)()),
        };
        self.resting.insert(name.to_owned(), (tries + 1, until));
        self.trouble = Some(error.to_string());
        until
    }

    /// Sends what is due. Returns whether the outbox changed.
    async fn send(&mut self, store: &mut Store, ctx: &Ctx<'_>) -> Result<bool, StoreError> {
        let due = store.outbox_due(ctx.now, SENT_A_ROUND)?;
        let changed = !due.is_empty();
        for item in due {
            let name = item.key.source.clone();
            let sent = match self.resting.get(&name) {
                Some((_, until)) if *until > ctx.now => {
                    Sent::Retry(*until, self.trouble.clone().unwrap_or_else(|| format!("{name} cannot be reached")))
                }
                _ => self.deliver(&item, ctx.now).await,
            };
            match sent {
                Sent::Done => store.mark_sent(item.op)?,
                Sent::Retry(at, why) => store.mark_retry(item.op, at, &why)?,
                Sent::Parked(why) => store.park(item.op, &why)?,
            }
        }
        Ok(changed)
    }

    async fn deliver(&mut self, item: &OutboxItem, now: Time) -> Sent {
        let Some(number) = self.sources.iter().position(|source| source.name() == item.key.source) else {
            return Sent::Parked(format!("no source named {} is set up", item.key.source));
        };
        let disposition =
            Disposition { key: item.op, lead: item.key.clone(), base_version: None, event: item.event.clone() };
        for step in self.sources[number].plan(&disposition) {
            match self.step(number, &step, item.attempts, now).await {
                Ok(Sent::Done) => {}
                Ok(other) => return other,
                Err(error) => {
                    let name = item.key.source.clone();
                    return Sent::Retry(self.rest(&name, &error, now), error.to_string());
                }
            }
        }
        Sent::Done
    }

    async fn step(&mut self, number: usize, step: &Step, tries: u32, now: Time) -> Result<Sent, SourceError> {
        let again = now + backoff::wait(tries, (self.chance)());
        let source = &mut self.sources[number];
        // A crash may have come between the write and our note of it; where a second write would do harm, look first.
        if !source.capabilities().repeatable {
            match source.probe(step).await? {
                Probe::Committed => return Ok(Sent::Done),
                Probe::Absent => {}
                Probe::TooEarly { lag } => return Ok(later(now, lag)),
            }
        }
        Ok(match source.apply(step).await? {
            Applied::Applied { .. } => Sent::Done,
            Applied::Rejected { why } => Sent::Parked(why),
            Applied::Conflict { .. } => Sent::Parked("the record was changed there meanwhile; look at both".into()),
            Applied::Throttled { until } => Sent::Retry(until, format!("{} asks to wait", source.name())),
            Applied::AuthExpired => Sent::Retry(again, format!("{} no longer accepts our credentials", source.name())),
            Applied::Unknown => match source.probe(step).await? {
                Probe::Committed => Sent::Done,
                Probe::Absent => Sent::Retry(again, "no answer came, and it had not arrived".into()),
                Probe::TooEarly { lag } => later(now, lag),
            },
        })
    }
}

fn later(now: Time, lag: u32) -> Sent {
    Sent::Retry(now + chrono::Duration::seconds(i64::from(lag)), "no answer came; it is looked for later".into())
}
