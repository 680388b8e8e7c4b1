//! A rep's laptop: the real store and engine, a clock of its own, and a ledger of what the store acknowledged.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use chrono::Duration;
use chrono_tz::Tz;
use leadbox::config::{Config, Surroundings};
use leadbox::handoff::Time;
use leadbox::handoff::disposition::{Act, Attempt, Channel, Deferral, Outcome, Qualification, Rejection};
use leadbox::handoff::event::{Actor, Event, EventKind, Role};
use leadbox::handoff::lead::LeadId;
use leadbox::handoff::outbox::OutboxState;
use leadbox::handoff::policy::Policy;
use leadbox::handoff::refusal::Refusal;
use leadbox::handoff::scoring::Models;
use leadbox::source::hub::{HubSource, SOURCE};
use leadbox::store::{Ctx, Store};
use leadbox::sync::engine::{Engine, Round};
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::clock::{Own, jitter};
use super::net::{Line, Net};
use super::office::{Files, copy_of, put_files, start};

/// Something that the store said is saved.
pub struct Deed {
    pub op: Uuid,
    /// The lead's number at the hub.
    pub lead: i64,
    pub what: EventKind,
    pub is_undone: bool,
    pub is_given_up: bool,
}

impl Deed {
    pub fn is_contact(&self) -> bool {
        matches!(self.what, EventKind::Attempted(_))
    }
}

pub struct Laptop {
    pub net: Arc<Net>,
    pub own: Own,
    pub store: Store,
    pub ledger: Vec<Deed>,
    pub crashes: u64,
    engine: Engine,
    dir: PathBuf,
    policy: Policy,
    scoring: Models,
    actor: Actor,
    /// The acts that were not taken back, with what each told the hub.
    acts: Vec<(LeadId, Vec<Uuid>)>,
}

fn template() -> &'static Files {
    static FILES: OnceLock<Files> = OnceLock::new();
    FILES.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(dir.path()).unwrap();
        store.register_source(SOURCE, true).unwrap();
        drop(store);
        copy_of(dir.path())
    })
}

impl Laptop {
    pub fn new(net: Net, own: Own, dir: &Path, policy: &str) -> Self {
        let dir = dir.join(net.name).join("0");
        put_files(&dir, template());
        let net = Arc::new(net);
        let mut laptop = Self {
            store: Store::open(&dir).unwrap(),
            engine: engine(&net, &own),
            actor: Actor::rep(net.name),
            policy: Policy::default(),
            scoring: Models::default(),
            ledger: Vec::new(),
            acts: Vec::new(),
            crashes: 0,
            net,
            own,
            dir,
        };
        laptop.adopt_policy(policy);
        laptop
    }

    /// The team's rules as this laptop knows them from now on.
    pub fn adopt_policy(&mut self, toml: &str) {
        (self.policy, self.scoring) = read_policy(toml);
        self.store.adopt_policy(toml).unwrap();
    }

    fn with<T>(&mut self, job: impl FnOnce(&mut Store, &mut Engine, &Ctx<'_>) -> T) -> T {
        let ctx = Ctx {
            now: self.own.now(),
            ahead: chrono::Duration::zero(),
            policy: &self.policy,
            scoring: &self.scoring,
            actor: &self.actor,
            zone: Tz::UTC,
        };
        job(&mut self.store, &mut self.engine, &ctx)
    }

    pub fn store<T>(&mut self, job: impl FnOnce(&mut Store, &Ctx<'_>) -> T) -> T {
        self.with(|store, _, ctx| job(store, ctx))
    }

    /// One round of the engine; nothing if the laptop crashed meanwhile.
    pub fn sync(&mut self, runtime: &Runtime) -> Option<Round> {
        let net = Arc::clone(&self.net);
        let round = self.with(|store, engine, ctx| {
            runtime.block_on(async {
                tokio::select! {
                    biased;
                    round = engine.round(store, ctx) => Some(round),
                    () = net.crash.notified() => None,
                }
            })
        });
        match round {
            None => self.crash(),
            Some(_) => while self.store(|store, ctx| store.wake(ctx, 100).unwrap()) == 100 {},
        }
        round
    }

    /// The power goes: what is on the disk now is what there is when it comes back.
    pub fn crash(&mut self) {
        self.crashes += 1;
        let files = copy_of(&self.dir);
        self.dir = self.dir.with_file_name(self.crashes.to_string());
        put_files(&self.dir, &files);
        self.store = Store::open(&self.dir).unwrap();
        self.engine = engine(&self.net, &self.own);
    }

    /// The lead with this number at the hub, if this laptop knows it.
    pub fn find(&self, lead: i64) -> Option<LeadId> {
        self.store.find(&format!("{SOURCE}:{lead}")).unwrap()
    }

    /// The rep opens a lead or acts on it. Says what came of it.
    pub fn act(&mut self, rng: &mut fastrand::Rng) -> Option<String> {
        let known = (1..99).map_while(|n| self.store.inspect(LeadId(n)).ok());
        // An open one rather than one that is past.
        let known: Vec<(LeadId, bool)> = known.map(|lead| (lead.id, lead.handoff.stage.is_open())).collect();
        let open: Vec<LeadId> = known.iter().filter(|(_, is_open)| *is_open).map(|(id, _)| *id).collect();
        let wanted = rng.choice(&open).copied().filter(|_| rng.u32(..8) > 0);
        let wanted = wanted.or_else(|| rng.choice(&known).map(|(id, _)| *id))?;
        // Mostly on the one in front; now and then the gate is put to the test.
        let front = self.store.desk().unwrap().current();
        let id = front.filter(|_| rng.u32(..8) > 0).unwrap_or(wanted);
        let is_barred = front.is_some_and(|front| front != id);
        if rng.u32(..3) == 0 {
            let opened = self.store(|store, ctx| store.engage(id, ctx).unwrap().map(|_| ()));
            if is_barred {
                assert!(self.is_held(id, &opened), "the gate let {id} pass: {opened:?}");
            }
            return Some(format!("opens {id}: {}", words(&opened)));
        }
        let act = self.choose(rng);
        let acted = self.store(|store, ctx| store.act(id, &act, ctx).unwrap());
        if is_barred {
            assert!(self.is_held(id, &acted), "the gate let {act:?} on {id} pass");
        }
        if let Ok(acted) = &acted {
            let key = self.store.inspect(id).unwrap().lead.key.external_id;
            let lead = key.parse().unwrap_or(0);
            let told: Vec<&Event> = acted.events.iter().filter(|event| is_told(event)).collect();
            let deed = |event: &&Event| Deed {
                op: event.id,
                lead,
                what: event.what.clone(),
                is_undone: false,
                is_given_up: false,
            };
            self.ledger.extend(told.iter().map(deed));
            self.acts.push((id, told.iter().map(|event| event.id).collect()));
        }
        Some(format!("{} {id}: {}", act.verb(), words(&acted.map(|_| ()))))
    }

    /// Whoever owes a lead an answer gets past it to no other; and to one that was taken away, in no case.
    fn is_held<T>(&self, id: LeadId, done: &Result<T, Refusal>) -> bool {
        let is_away = || self.store.summary(id).unwrap().is_some_and(|summary| summary.taken_away.is_some());
        match done {
            Err(Refusal::Engaged { .. }) => true,
            Err(Refusal::TakenAway { .. }) => is_away(),
            _ => false,
        }
    }

    fn choose(&self, rng: &mut fastrand::Rng) -> Act {
        let now = self.own.now();
        let attempt = |outcome| {
            Act::Attempt(Attempt {
                channel: Channel::Phone,
                outcome,
                at: None,
                note: None,
                cited: None,
                next: None,
                consent_override: None,
            })
        };
        match rng.u32(..16) {
            0..3 => Act::Accept,
            3..5 => attempt(Outcome::Reached),
            5..9 => attempt(Outcome::Voicemail),
            9..11 => Act::Defer(Deferral { until: now + Duration::hours(rng.i64(1..80)), why: "later".into() }),
            11..13 => {
                let code = self.policy.reasons.iter().find(|reason| reason.evidence.is_none()).unwrap().code.clone();
                Act::Reject(Rejection { code, ..Rejection::default() })
            }
            13 => Act::Skip { reason: "in a meeting".into() },
            14 => Act::Snooze { until: now + Duration::minutes(rng.i64(1..600)) },
            _ => Act::Qualify(Qualification {
                problem: "no overview".into(),
                authority: "she signs".into(),
                next_step: "a demo".into(),
                next_at: None,
            }),
        }
    }

    /// The rep takes the last act back: all of it and nothing else.
    pub fn undo(&mut self) -> Option<String> {
        let undone = self.store(|store, ctx| store.undo(ctx).unwrap());
        let Ok(undone) = &undone else { return Some(format!("undoes: {}", words(&undone.map(|_| ())))) };
        let (id, ops) = self.acts.pop().expect("nothing was done that could be undone");
        assert_eq!(id, undone.lead, "another act was undone than the last");
        for op in ops {
            assert_eq!(self.state(op), Some(OutboxState::Cancelled), "what was undone is on its way all the same");
            self.ledger.iter_mut().filter(|deed| deed.op == op).for_each(|deed| deed.is_undone = true);
        }
        Some(format!("undoes the last act on {id}"))
    }

    /// The rep gives up what needs attention.
    pub fn dismiss(&mut self) {
        let now = self.own.now();
        let items = self.store.outbox(9999).unwrap();
        let Some(item) = items.iter().find(|item| item.state == OutboxState::Parked) else { return };
        self.store.dismiss_parked(item.op, now).unwrap();
        self.ledger.iter_mut().filter(|deed| deed.op == item.op).for_each(|deed| deed.is_given_up = true);
    }

    pub fn state(&self, op: Uuid) -> Option<OutboxState> {
        self.store.outbox(9999).unwrap().iter().find(|item| item.op == op).map(|item| item.state)
    }

    pub fn now(&self) -> Time {
        self.own.now()
    }
}

/// What a policy says. There are few, and reading one takes longer than most of what is simulated.
fn read_policy(toml: &str) -> (Policy, Models) {
    static READ: Mutex<BTreeMap<String, (Policy, Models)>> = Mutex::new(BTreeMap::new());
    let read = || {
        let surroundings = Surroundings { zone: Tz::UTC, user: "rep".into(), now: start() };
        let config = Config::team(toml, "policy", &surroundings).unwrap();
        (config.policy, config.scoring)
    };
    READ.lock().unwrap().entry(toml.to_owned()).or_insert_with(read).clone()
}

/// The hub is to hear of it: the rep did it, and not for themself alone.
fn is_told(event: &Event) -> bool {
    !event.what.is_private() && event.actor.role == Role::Rep
}

fn engine(net: &Arc<Net>, own: &Own) -> Engine {
    let own = own.clone();
    let source = HubSource::new(Box::new(Line(Arc::clone(net))), Arc::new(move || own.now()));
    Engine::new(vec![Box::new(source)], jitter)
}

fn words(done: &Result<(), Refusal>) -> String {
    done.as_ref().map_or_else(ToString::to_string, |()| "done".into())
}

/// What a folder of this test's is called: in memory where there is such a place.
pub fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = fs::metadata(memory).ok().and_then(|_| tempfile::tempdir_in(memory).ok());
    made.unwrap_or_else(|| tempfile::tempdir().unwrap())
}
