//! One run: what a seed decides to happen, step by step, and then everything heals and is looked at.

use std::sync::Mutex;
use std::sync::atomic::Ordering;

use leadbox::handoff::outbox::OutboxState;
use leadbox::source::hub::Method;
use leadbox::wire::intake::Taken;
use serde_json::json;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::Notify;

use super::check;
use super::clock::{Clock, Own, seed_jitter};
use super::laptop::{Laptop, folder};
use super::net::{Net, Profile, State, deliver};
use super::office::{Office, REPS, policy, start};
use super::outcome::Tally;
use super::trace::Trace;

const STEPS: u32 = 64;
/// All is drained so many simulated seconds after the network healed.
const DRAINED: u64 = 60;

pub struct World {
    pub office: Office,
    pub laptops: Vec<Laptop>,
    pub runtime: Runtime,
    pub was_restored: bool,
    pub tally: Tally,
    clock: Clock,
    rng: fastrand::Rng,
    profile: Profile,
    trace: Trace,
    policy: String,
    /// What was posted, to be posted again.
    posted: Vec<serde_json::Value>,
    _dir: TempDir,
}

pub fn run(seed: u64, trace: &Trace) -> Tally {
    let mut world = World::new(seed, trace);
    for _ in 0..STEPS {
        world.step();
    }
    world.heal();
    check::all(&mut world);
    world.counts()
}

impl World {
    fn new(seed: u64, trace: &Trace) -> Self {
        seed_jitter(seed);
        let mut rng = fastrand::Rng::with_seed(seed);
        let profile = [Profile::None, Profile::Light, Profile::Heavy][rng.usize(..3)];
        let dir = folder();
        let clock = Clock::starting(start());
        let office = Office::new(clock.clone(), dir.path());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let policy = office.rules().toml.clone();
        let laptop = |rep: usize| {
            let off = if rng.bool() { 0 } else { rng.i64(-86_400..=86_400) };
            let net = Net {
                name: REPS[rep],
                door: office.door.clone(),
                token: Office::token(rep),
                clock: clock.clone(),
                trace: trace.clone(),
                crash: Notify::new(),
                state: Mutex::new(State {
                    rng: rng.fork(),
                    profile,
                    is_cut: false,
                    late: Vec::new(),
                    calls: 0,
                    faults: 0,
                }),
            };
            Laptop::new(net, Own::new(&clock, off, rng.i64(-200..200)), dir.path(), &policy)
        };
        let laptops = (0..REPS.len()).map(laptop).collect();
        let tally = Tally { seeds: 1, steps: u64::from(STEPS), ..Tally::default() };
        let trace = trace.clone();
        trace.tell(format!("faults: {profile:?}"));
        let (was_restored, posted) = (false, Vec::new());
        Self { office, laptops, runtime, was_restored, tally, clock, rng, profile, trace, policy, posted, _dir: dir }
    }

    fn tell(&self, line: impl std::fmt::Display) {
        self.trace.tell(format!("{} {line}", self.clock.now().format("%d %H:%M:%S%.3f")));
    }

    fn step(&mut self) {
        let rep = self.rng.usize(..self.laptops.len());
        let is_bad = self.profile != Profile::None;
        let is_heavy = self.profile == Profile::Heavy;
        match self.rng.u32(..100) {
            0..12 => self.intake(),
            12..42 => {
                let laptop = &mut self.laptops[rep];
                if let Some(line) = laptop.act(&mut self.rng) {
                    let at = laptop.now().format("%d %H:%M:%S");
                    self.tell(format!("{} (their clock: {at}) {line}", REPS[rep]));
                }
            }
            42..46 => {
                let line = self.laptops[rep].undo().unwrap_or_default();
                self.tell(format!("{} {line}", REPS[rep]));
            }
            46..70 => self.sync(rep),
            70..86 => self.pass(),
            86 => self.edit_policy(),
            87 => self.pass(),
            88..90 => {
                let is_paused = self.rng.bool();
                let body = Office::person_json(rep, is_paused);
                let path = format!("/v1/people/{}", REPS[rep]);
                let done = self.office.call(&self.runtime, Method::Put, &path, "application/json", body);
                self.tell(format!("{} is paused: {is_paused} ({:?})", REPS[rep], done.map(|reply| reply.status)));
            }
            90 => {
                self.tell(format!("{} gives up what was refused", REPS[rep]));
                self.laptops[rep].dismiss();
            }
            91..93 if is_bad => {
                let off = self.rng.i64(-86_400..=86_400);
                self.laptops[rep].own.off.store(off, Ordering::Relaxed);
                self.tell(format!("{}'s clock is set: off by {off} s", REPS[rep]));
            }
            93 | 94 if is_bad => {
                let mut state = self.laptops[rep].net.state.lock().unwrap();
                state.is_cut = !state.is_cut;
                let line = format!("{} is cut off: {}", REPS[rep], state.is_cut);
                drop(state);
                self.tell(line);
            }
            95 if is_bad => {
                self.tell(format!("{}'s laptop crashes", REPS[rep]));
                self.laptops[rep].crash();
            }
            96 if is_bad => self.late(rep),
            97 if is_bad => {
                self.tell("the hub crashes");
                self.office.crash();
                self.tally.crashes += 1;
                if self.rng.bool() {
                    self.office.go_down();
                }
            }
            98 if is_heavy => self.office.back_up(),
            99 if is_heavy => self.restore(),
            _ => {}
        }
    }

    /// Somebody fills in a form; now and then the sender posts again, or somebody comes back.
    fn intake(&mut self) {
        let n = self.posted.len();
        let again = (!self.posted.is_empty() && self.rng.u32(..5) == 0).then(|| self.rng.usize(..n));
        let item = match again {
            Some(one) if self.rng.bool() => self.posted[one].clone(),
            _ => {
                let who = again.unwrap_or(n);
                // By the same address somebody is known under another id.
                let id = if again.is_some() && self.rng.bool() { format!("q{n}") } else { format!("p{who}") };
                json!({
                    "key": format!("k{n}"),
                    "id": id,
                    "person": { "first_name": "Ada", "last_name": format!("Lovelace {who}"), "email": format!("ada@c{who}.example") },
                    "company": { "name": format!("Company {who}"), "size": "120" },
                    "flag": "asked for a demo",
                    "activities": [{ "kind": "form", "text": "demo" }],
                })
            }
        };
        let reply = self.office.post(&self.runtime, &item);
        let Some(reply) = reply else { return self.tell("a lead comes in, and nobody is there") };
        // The very same post within the same second was taken already.
        if reply.status == 401 {
            return;
        }
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        let taken: Taken = serde_json::from_slice(&reply.body).unwrap();
        let taken = &taken.items[0];
        let is_known = self.posted.contains(&item);
        assert!(self.was_restored || taken.is_repeat == is_known, "a key counts once");
        self.tell(format!("a lead comes in: {} {} {}", taken.lead, taken.stage, taken.is_repeat));
        if !is_known {
            self.posted.push(item);
        }
        self.office.tick(&self.runtime);
    }

    /// The hub's database is put back to a copy, if there is one.
    fn restore(&mut self) {
        if !self.office.restore(&self.runtime) {
            return;
        }
        self.tell("the hub is put back to a copy of its database");
        self.tally.restores += 1;
        self.was_restored = true;
        // That takes longer than any call waits.
        for laptop in &self.laptops {
            laptop.net.state.lock().unwrap().late.clear();
        }
    }

    pub fn sync(&mut self, rep: usize) {
        self.tell(format!("{} syncs", REPS[rep]));
        if self.laptops[rep].sync(&self.runtime).is_none() {
            self.tell(format!("{}'s laptop crashed", REPS[rep]));
        }
        if self.rng.u32(..10) == 0 {
            let policy = self.policy.clone();
            self.laptops[rep].adopt_policy(&policy);
        }
    }

    fn pass(&mut self) {
        let seconds = match self.rng.u32(..40) {
            0..24 => self.rng.i64(1..15),
            24..36 => self.rng.i64(15..240),
            36..39 => self.rng.i64(240..14_400),
            _ => self.rng.i64(14_400..200_000),
        };
        self.clock.pass(seconds as f64);
        if !self.office.is_up() && self.rng.bool() {
            self.office.crash();
        }
        self.office.tick(&self.runtime);
        self.tell(format!("{seconds} s pass"));
    }

    fn edit_policy(&mut self) {
        let toml = policy(self.rng.u64(1..24));
        let done =
            self.office.call(&self.runtime, Method::Put, "/v1/policy", "application/toml", toml.clone().into_bytes());
        if let Some(reply) = done {
            assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
            self.policy = toml;
            self.tell("the policy is another");
        }
        self.office.tick(&self.runtime);
    }

    /// What was under way in the network for long arrives after all.
    fn late(&mut self, rep: usize) {
        let net = &self.laptops[rep].net;
        let late = std::mem::take(&mut net.state.lock().unwrap().late);
        for call in late {
            let reply = self.runtime.block_on(deliver(&net.door, &net.token, call));
            self.trace.tell(format!("  late from {}: {:?}", REPS[rep], reply.map(|reply| reply.status)));
        }
    }

    /// Everything works from now on; within a minute nothing is left to send.
    fn heal(&mut self) {
        if !self.office.is_up() {
            self.office.crash();
        }
        for rep in 0..self.laptops.len() {
            self.late(rep);
            let mut state = self.laptops[rep].net.state.lock().unwrap();
            (state.profile, state.is_cut) = (Profile::None, false);
        }
        self.tell("all is well again");
        let began = self.clock.now();
        self.drain();
        self.tally.drained = u64::try_from((self.clock.now() - began).num_seconds()).unwrap();
        // What is at rest by its own choice comes back; it may find that the hub lost what it had taken, and offer it again.
        self.clock.pass(35.0);
        self.sync_all();
        assert!(self.is_drained() || self.was_restored, "what was sent waits again: {}", check::left(self));
        self.drain();
        for _ in 0..2 {
            self.sync_all();
        }
        assert!(self.is_drained(), "what was sent waits again: {}", check::left(self));
    }

    fn drain(&mut self) {
        let until = self.clock.now() + chrono::Duration::seconds(i64::try_from(DRAINED).unwrap());
        while !self.is_drained() {
            assert!(self.clock.now() < until, "not drained within {DRAINED} s: {}", check::left(self));
            self.clock.pass(1.0);
            self.sync_all();
        }
    }

    fn sync_all(&mut self) {
        self.office.tick(&self.runtime);
        for rep in 0..self.laptops.len() {
            self.sync(rep);
        }
    }

    fn is_drained(&self) -> bool {
        self.laptops.iter().all(|laptop| {
            let items = laptop.store.outbox(9999).unwrap();
            !items.iter().any(|item| matches!(item.state, OutboxState::Held | OutboxState::Waiting))
        })
    }

    fn counts(mut self) -> Tally {
        for laptop in &self.laptops {
            let state = laptop.net.state.lock().unwrap();
            self.tally.calls += state.calls;
            self.tally.faults += state.faults;
            self.tally.crashes += laptop.crashes;
        }
        self.tally
    }
}
