//! A rep's laptop: the real store and engine, and a clock that passes as the case wants it.

use std::collections::BTreeSet;

use chrono::Duration;
use chrono_tz::Tz;
use leadbox::config::{Config, Surroundings};
use leadbox::handoff::Time;
use leadbox::handoff::disposition::{Act, Attempt, Channel, Deferral, Outcome, Qualification, Rejection};
use leadbox::handoff::dossier::Dossier;
use leadbox::handoff::event::{Actor, Event, EventKind, Role};
use leadbox::handoff::lead::LeadId;
use leadbox::handoff::outbox::OutboxState;
use leadbox::handoff::state::Stage;
use leadbox::source::Change;
use leadbox::store::{Ctx, Load, OutboxItem, Store, StoreError};
use leadbox::sync::engine::{Engine, Round};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::Place;

/// The most rounds until all is at rest.
const ROUNDS: usize = 60;

pub struct Desk<'a> {
    place: &'a dyn Place,
    runtime: &'a Runtime,
    dir: TempDir,
    store: Store,
    engine: Engine,
    config: Config,
    actor: Actor,
    name: String,
    /// All that was done here.
    done: BTreeSet<Uuid>,
    pub now: Time,
}

impl<'a> Desk<'a> {
    pub fn new(place: &'a dyn Place, runtime: &'a Runtime) -> Self {
        // In memory, where there is such a place: what becomes of a disk is tried elsewhere.
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| TempDir::new()).unwrap();
        let mut store = Store::open(dir.path()).unwrap();
        let now = place.now();
        let surroundings = Surroundings { zone: Tz::UTC, user: "ana".into(), now };
        let config = Config::team("", "policy", &surroundings).unwrap();
        let source = place.source();
        let name = source.name().to_owned();
        store.register_source(&name, source.capabilities().writes).unwrap();
        let engine = Engine::new(vec![source], || 0.0);
        Self { place, runtime, dir, store, engine, config, actor: Actor::rep("ana"), name, done: BTreeSet::new(), now }
    }

    fn with<T>(&mut self, job: impl FnOnce(&Runtime, &mut Store, &mut Engine, &Ctx<'_>) -> T) -> T {
        let (policy, scoring) = (&self.config.policy, &self.config.scoring);
        let (now, actor) = (self.now, &self.actor);
        let ctx = Ctx { now, ahead: Duration::zero(), policy, scoring, actor, zone: Tz::UTC };
        job(self.runtime, &mut self.store, &mut self.engine, &ctx)
    }

    /// One round of the engine, after some time.
    pub fn round(&mut self, seconds: i64) -> Round {
        self.now += Duration::seconds(seconds);
        self.place.time_passes(seconds);
        self.with(|runtime, store, engine, ctx| runtime.block_on(engine.round(store, ctx)))
    }

    /// The program is started anew on the same file.
    pub fn restart(&mut self) {
        self.store = Store::open(self.dir.path()).unwrap();
        self.engine = Engine::new(vec![self.place.source()], || 0.0);
    }

    /// What is never asked for changes is read from its start to its end, as `leadbox import` does.
    fn import(&mut self) {
        let mut source = self.place.source();
        self.with(|runtime, store, _, ctx| {
            let mut after = None;
            let loaded = store.load::<(), StoreError>(Load::Batches, ctx, |loader| {
                loop {
                    let page = runtime.block_on(source.pull(after.as_ref())).unwrap();
                    for change in page.changes {
                        let Change::Upsert(record) = change else { panic!("a file says of no lead that it is gone") };
                        loader.push(&record.arrival)?;
                    }
                    if !page.more {
                        return Ok(());
                    }
                    after = Some(page.next);
                }
            });
            loaded.unwrap();
        });
    }

    /// Rounds until nothing is on its way and nothing more is to be read, then one more look at everything.
    pub fn settle(&mut self) {
        if self.place.source().capabilities().asked_every == 0 {
            return self.import();
        }
        for _ in 0..ROUNDS {
            let round = self.round(60);
            let waits = self.outbox().iter().any(|item| matches!(item.state, OutboxState::Held | OutboxState::Waiting));
            if !waits && !round.more && round.trouble.is_none() {
                self.round(700);
                while self.round(1).more {}
                return;
            }
        }
        panic!("not at rest after {ROUNDS} rounds: {:?}", self.outbox());
    }

    /// How many leads there are here.
    pub fn all(&self) -> usize {
        (1..).map_while(|number| self.store.inspect(LeadId(number)).ok()).count()
    }

    pub fn find(&self, id: &str) -> Option<LeadId> {
        self.store.find(&format!("{}:{id}", self.name)).unwrap()
    }

    pub fn lead(&self, id: &str) -> Dossier {
        let found = self.find(id).unwrap_or_else(|| panic!("lead {id} is not here"));
        self.store.inspect(found).unwrap()
    }

    pub fn stage(&self, id: &str) -> Stage {
        self.lead(id).handoff.stage
    }

    /// Why it was taken away, if it was.
    pub fn taken_away(&self, id: &str) -> Option<String> {
        self.store.summary(self.find(id)?).unwrap()?.taken_away
    }

    /// The rep has it before them.
    pub fn open(&mut self, id: &str) {
        let lead = self.find(id).unwrap();
        let opened = self.with(|_, store, _, ctx| store.engage(lead, ctx).unwrap());
        opened.unwrap_or_else(|refusal| panic!("{id}: {refusal}"));
    }

    /// The rep acts; the events that the source is to hear of.
    pub fn act(&mut self, id: &str, act: &Act) -> Vec<Event> {
        let lead = self.find(id).unwrap();
        // What is owed elsewhere is not what is looked at here.
        let acted = self.with(|_, store, _, ctx| store.act(lead, act, ctx).unwrap());
        let events = acted.unwrap_or_else(|refusal| panic!("{act:?} on {id}: {refusal}")).events;
        self.done.extend(events.iter().map(|event| event.id));
        events.into_iter().filter(|event| !event.what.is_private()).collect()
    }

    pub fn outbox(&self) -> Vec<OutboxItem> {
        self.store.outbox(9999).unwrap()
    }

    pub fn sent(&self, op: Uuid) -> OutboxItem {
        self.outbox().into_iter().find(|item| item.op == op).unwrap()
    }

    /// What was done about the lead elsewhere, as it was told here.
    pub fn moves(&self, id: &str) -> usize {
        let is_theirs = |event: &&Event| {
            let is_done = event.actor.role == Role::Rep || matches!(event.what, EventKind::MovedAtSource { .. });
            is_done && !self.done.contains(&event.id)
        };
        self.lead(id).events.iter().filter(is_theirs).count()
    }
}

pub fn call(outcome: Outcome, note: &str) -> Act {
    contact(Channel::Phone, outcome, note)
}

pub fn contact(channel: Channel, outcome: Outcome, note: &str) -> Act {
    Act::Attempt(Attempt {
        channel,
        outcome,
        at: None,
        note: Some(note.into()),
        cited: None,
        next: None,
        consent_override: None,
    })
}

pub fn reject() -> Act {
    let note = Some("not before 2028".into());
    Act::Reject(Rejection { code: "budget".into(), note, ..Rejection::default() })
}

pub fn defer(now: Time) -> Act {
    Act::Defer(Deferral { until: now + Duration::days(3), why: "on holiday".into() })
}

pub fn qualify() -> Act {
    Act::Qualify(Qualification {
        problem: "loses leads".into(),
        authority: "is the VP".into(),
        next_step: "a demo".into(),
        next_at: None,
    })
}
