//! The demo's remote: it makes new leads as time passes, takes dispositions exactly once, and can be cut off. Now and
//! then an answer of its gets lost after the work was done, as happens with real ones.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::Duration;
use serde_json::json;
use uuid::Uuid;

use super::world::{SOURCE, World};
use crate::handoff::Time;
use crate::source::{
    Answer, Applied, Capabilities, Change, ConflictDetection, Cursor, Disposition, Page, Probe, Record, Source,
    SourceError, Step, Tombstone,
};

/// One in so many answers is lost after the step took hold.
const LOST_ANSWERS: u32 = 6;
/// A new lead comes after so many seconds at the least and at the most.
const PAUSE: std::ops::Range<i64> = 25..70;

/// The network cable of the demo: pulled out while false.
pub type Cable = Arc<AtomicBool>;

/// A remote system that exists only in this process.
pub struct DemoRemote {
    world: World,
    rng: fastrand::Rng,
    cable: Cable,
    next_lead_at: Time,
    taken: BTreeSet<(Uuid, u8)>,
    clock: fn() -> Time,
}

impl DemoRemote {
    /// A remote whose next leads come from `world`. `clock` is read when it is asked for changes.
    pub fn new(world: World, seed: u64, cable: Cable, clock: fn() -> Time) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed ^ 0x5eed);
        let next_lead_at = clock() + Duration::seconds(rng.i64(8..16));
        Self { world, rng, cable, next_lead_at, taken: BTreeSet::new(), clock }
    }

    fn reach(&self) -> Result<(), SourceError> {
        if self.cable.load(Ordering::Relaxed) {
            return Ok(());
        }
        Err(SourceError::Unreachable { source_name: SOURCE.into(), why: "the network is away".into() })
    }

    fn new_leads(&mut self) -> Result<Page, SourceError> {
        self.reach()?;
        let now = (self.clock)();
        let mut changes = Vec::new();
        while self.next_lead_at <= now {
            let arrival = self.world.next(self.next_lead_at);
            changes.push(Change::Upsert(Box::new(Record { arrival, version: None, word: None })));
            self.next_lead_at += Duration::seconds(self.rng.i64(PAUSE));
        }
        // The same until the next lead comes, so that nothing is written where nothing is new.
        Ok(Page { changes, next: Cursor(self.next_lead_at.to_rfc3339()), more: false })
    }

    fn take(&mut self, step: &Step) -> Result<Applied, SourceError> {
        self.reach()?;
        self.taken.insert((step.key, step.number));
        if self.rng.u32(0..LOST_ANSWERS) == 0 {
            return Ok(Applied::Unknown);
        }
        Ok(Applied::Applied { version: None })
    }

    fn look(&self, step: &Step) -> Result<Probe, SourceError> {
        self.reach()?;
        Ok(if self.taken.contains(&(step.key, step.number)) { Probe::Committed } else { Probe::Absent })
    }
}

impl Source for DemoRemote {
    fn name(&self) -> &str {
        SOURCE
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            writes: true,
            atomic: true,
            repeatable: true,
            conflicts: ConflictDetection::None,
            read_lag: 0,
            tells_news: false,
            sees_deletes: true,
        }
    }

    fn pull(&mut self, _after: Option<&Cursor>) -> Answer<'_, Page> {
        Box::pin(async { self.new_leads() })
    }

    fn reconcile(&mut self, _known: &[String]) -> Answer<'_, Vec<Tombstone>> {
        Box::pin(async { self.reach().map(|()| Vec::new()) })
    }

    fn detail(&mut self, _external_id: &str) -> Answer<'_, Option<Record>> {
        Box::pin(async { self.reach().map(|()| None) })
    }

    fn plan(&self, disposition: &Disposition) -> Vec<Step> {
        let what = disposition.event.what.code().replace('_', " ");
        let body = json!({ "lead": disposition.lead.external_id, "event": disposition.event.what });
        vec![Step { key: disposition.key, number: 0, what, body }]
    }

    fn apply(&mut self, step: &Step) -> Answer<'_, Applied> {
        let applied = self.take(step);
        Box::pin(async move { applied })
    }

    fn probe(&mut self, step: &Step) -> Answer<'_, Probe> {
        let found = self.look(step);
        Box::pin(async move { found })
    }
}
