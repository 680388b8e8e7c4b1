//! No sequence of messages gets past the gate or makes an illegal transition: random keys, pastes, ticks and restarts in
//! two windows, and the command line between them, all on one real store.
//!
//! `LEADBOX_GATE_SEQUENCES=100000 cargo test --release --test gate_property` runs the long form.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on should stop")]

use std::collections::{BTreeMap, VecDeque};

use chrono::Duration;
use leadbox::app::effect::{Ask, Effect};
use leadbox::app::{self, Key, KeyMap, Model, Msg, Reply, Settings, What};
use leadbox::handoff::Time;
use leadbox::handoff::arrival::Arrival;
use leadbox::handoff::disposition::{Act, Attempt, Channel, Deferral, Outcome, Rejection};
use leadbox::handoff::event::{Actor, EventKind};
use leadbox::handoff::gate::Desk;
use leadbox::handoff::lead::{Lead, LeadId, LeadKey, Person};
use leadbox::handoff::machine;
use leadbox::handoff::policy::Policy;
use leadbox::handoff::state::{Debt, Handoff, Stage};
use leadbox::runtime::answer::{Rules, answer};
use leadbox::store::Store;

const LEADS: usize = 6;
const STEPS: usize = 40;

/// What a hand may do in one go: single keys, and the ways through the dialogs.
const KEYS: &[&[&str]] = &[
    &["j"],
    &["k"],
    &["g"],
    &["G"],
    &["enter"],
    &["enter"],
    &["n"],
    &["n"],
    &["n"],
    &["a"],
    &["a"],
    &["r", "1"],
    &["r", "2"],
    &["r", "3", "1"],
    &["r"],
    &["c", "p", "v"],
    &["c", "p", "r"],
    &["c", "e", "n"],
    &["c"],
    &["d"],
    &["Q"],
    &["s"],
    &["z"],
    &["u"],
    &["u"],
    &["."],
    &["space"],
    &["tab"],
    &["shift-tab"],
    &["1"],
    &["2"],
    &["3"],
    &["4"],
    &["5"],
    &["6"],
    &["/"],
    &[":"],
    &["ctrl-k"],
    &["?"],
    &["o"],
    &["y"],
    &["O"],
    &["L"],
    &["w"],
    &["x"],
    &["]"],
    &["["],
    &["q"],
    &["esc"],
    &["esc"],
    &["backspace"],
    &["+"],
    &["f"],
    &["5", "j"],
    &["down"],
    &["up"],
    &["home"],
    &["end"],
    &["pagedown"],
    &["ctrl-c"],
    &["d", "+", "3", "d", "tab", "l", "a", "t", "e", "r", "enter"],
    &["s", "b", "u", "s", "y", "enter"],
    &["z", "+", "2", "h", "enter"],
    &["Q", "p", "tab", "a", "tab", "n", "enter"],
    &["space", "j", "space", "r", "1"],
    &["/", "m", "a", "enter", "enter"],
    &[":", "n", "e", "x", "t", "enter"],
    &["O", "enter"],
    &["2", "j", "enter"],
];

fn start() -> Time {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

fn rules() -> Rules {
    Rules { policy: Policy::default(), approach: Vec::new(), actor: Actor::rep("ana"), zone: chrono_tz::UTC }
}

/// One window of the app, and what it has asked and not yet heard.
struct Window {
    model: Model,
    asked: VecDeque<Ask>,
}

struct World {
    store: Store,
    rules: Rules,
    now: Time,
    windows: [Window; 2],
    desk: Desk,
    events: BTreeMap<LeadId, usize>,
}

impl World {
    fn new() -> Self {
        let rules = rules();
        let mut store = Store::open_in_memory().unwrap();
        store.register_source("crm", true).unwrap();
        let arrivals: Vec<_> = (1..=LEADS).map(lead).collect();
        store.receive(&arrivals, &rules.ctx(start())).unwrap();
        let window = || {
            let settings = Settings { policy: rules.policy.clone(), ..Settings::default() };
            Window { model: Model::new(start(), settings, KeyMap::default()), asked: VecDeque::new() }
        };
        let windows = [window(), window()];
        let mut world = Self { store, rules, now: start(), windows, desk: Desk::default(), events: BTreeMap::new() };
        world.send(0, What::Start);
        world.send(1, What::Start);
        world
    }

    fn send(&mut self, window: usize, what: What) {
        let Window { model, asked } = &mut self.windows[window];
        for effect in app::update(model, Msg::new(self.now, what)) {
            match effect {
                Effect::Store(ask) => asked.push_back(ask),
                // Leaving and coming back: what was not answered is forgotten, the store is not.
                Effect::Quit => {
                    asked.clear();
                    let fresh = Model::new(self.now, model.settings.clone(), KeyMap::default());
                    *model = fresh;
                    return self.send(window, What::Start);
                }
                _ => {}
            }
        }
    }

    /// Lets the store answer the oldest question of a window.
    fn hear(&mut self, window: usize) {
        let Some(ask) = self.windows[window].asked.pop_front() else { return };
        let before = self.store.desk().unwrap();
        let reply = answer(&mut self.store, &self.rules, self.now, ask.clone());
        self.check_reply(&before, &ask, &reply);
        self.check_desk(&before);
        self.send(window, What::Reply(reply));
    }

    /// Nobody is shown what the gate does not let them see.
    fn check_reply(&self, before: &Desk, ask: &Ask, reply: &Reply) {
        let Reply::Opened(opened) = reply else { return };
        let (id, handoff) = (opened.dossier.id, &opened.dossier.handoff);
        let after = self.store.desk().unwrap();
        if let Some(front) = before.current() {
            assert_eq!(id, front, "{ask:?} showed {id} while {front} was in front");
        }
        if handoff.debt() == Some(Debt::Answer) {
            assert_eq!(after.current(), Some(id), "{ask:?} showed {id}, which nobody answered and nobody engaged");
        }
    }

    /// A lead leaves the front by a disposition of its own only, and skips stay within the budget.
    fn check_desk(&mut self, before: &Desk) {
        let after = self.store.desk().unwrap();
        let released: Vec<_> = before.engaged.iter().filter(|lead| !after.engaged.contains(lead)).collect();
        for &&lead in &released {
            let events = self.store.events(lead).unwrap();
            let known = self.events.get(&lead).copied().unwrap_or_default();
            let paid = events[known.min(events.len())..].iter().any(|event| {
                matches!(
                    event.what,
                    EventKind::Accepted { .. }
                        | EventKind::Rejected(_)
                        | EventKind::Attempted(_)
                        | EventKind::Deferred(_)
                        | EventKind::Qualified(_)
                        | EventKind::Skipped { .. }
                )
            });
            assert!(paid, "{lead} left the front without a disposition: {:?}", events);
        }
        assert!(after.skips <= self.rules.policy.gate.skips, "more skips than the budget");
        let grown = after.engaged.iter().filter(|lead| !before.engaged.contains(lead)).count();
        assert!(grown <= 1, "two leads came to the front at once");
        for id in (1..=LEADS).map(|n| LeadId(n as i64)) {
            let count = self.store.events(id).unwrap().len();
            self.events.insert(id, count);
        }
        self.desk = after;
    }

    /// A lead as the store hands it over.
    fn look(&self, id: LeadId) -> leadbox::store::Exported {
        self.store.export_page(LeadId(id.0 - 1), 1, None).unwrap().remove(0)
    }

    /// The command line, as another process.
    fn command_line(&mut self, rng: &mut fastrand::Rng) {
        let before = self.store.desk().unwrap();
        let lead = LeadId(rng.i64(1..=LEADS as i64));
        let ask = match rng.u8(0..6) {
            0 => Ask::EngageNext,
            1 => Ask::Show(lead),
            2 => Ask::Engage(lead),
            3 => Ask::Undo,
            _ => Ask::Act { lead, act: any_act(rng, self.now) },
        };
        let reply = answer(&mut self.store, &self.rules, self.now, ask.clone());
        self.check_reply(&before, &ask, &reply);
        if let (Some(front), Reply::Acted(acted)) = (before.current(), &reply) {
            assert_eq!(acted.lead, front, "an act on another lead than the one in front");
        }
        self.check_desk(&before);
    }

    fn step(&mut self, rng: &mut fastrand::Rng) {
        let window = rng.usize(0..2);
        match rng.u8(0..20) {
            0 => self.command_line(rng),
            1 => {
                self.now += Duration::seconds(rng.i64(1..20));
                self.send(window, What::Tick);
            }
            2 => {
                self.now += Duration::minutes(rng.i64(1..2000));
                let ctx = self.rules.ctx(self.now);
                let before = self.store.desk().unwrap();
                self.store.wake(&ctx, 100).unwrap();
                assert_eq!(self.store.desk().unwrap().engaged, before.engaged, "time alone moved the gate");
                self.send(window, What::StoreChanged);
            }
            // A crash: the window is gone, the store is not.
            3 => {
                let settings = self.windows[window].model.settings.clone();
                self.windows[window] =
                    Window { model: Model::new(self.now, settings, KeyMap::default()), asked: VecDeque::new() };
                self.send(window, What::Start);
            }
            4 => self.send(window, What::StoreChanged),
            5 => self.send(window, What::Paste("maya\u{1b}[2J\n".into())),
            6 => self.send(window, What::Click { row: rng.u16(0..8) }),
            _ => {
                for key in KEYS[rng.usize(0..KEYS.len())] {
                    self.send(window, What::Key(key.parse::<Key>().unwrap()));
                    if rng.u8(0..4) > 0 {
                        self.hear(window);
                    }
                }
            }
        }
        if rng.bool() {
            self.hear(window);
        }
    }

    /// In the end everybody hears everything: then no screen shows what the gate hides, and every state is the fold
    /// of its events.
    fn settle(&mut self) {
        for window in 0..2 {
            while !self.windows[window].asked.is_empty() {
                self.hear(window);
            }
        }
        for window in 0..2 {
            self.send(window, What::StoreChanged);
            for _ in 0..50 {
                self.hear(window);
            }
            let front = self.store.desk().unwrap().current();
            if let Some(opened) = &self.windows[window].model.opened {
                let id = opened.dossier.id;
                let shown = self.look(id);
                let may = front == Some(id) || (front.is_none() && shown.handoff.is_answered());
                assert!(may, "a window shows {id} whole; in front is {front:?}");
            }
        }
        for id in (1..=LEADS).map(|n| LeadId(n as i64)) {
            let exported = self.look(id);
            let events = self.store.events(id).unwrap();
            let arrived = Handoff::arrived(&exported.lead, start());
            assert_eq!(machine::replay(arrived, &events).unwrap(), exported.handoff, "{id}");
            for (place, event) in events.iter().enumerate() {
                assert_eq!(event.seq as usize, place + 1, "{id}: a gap in its events");
            }
            assert!(exported.handoff.stage != Stage::Sql || exported.handoff.connected_at.is_some());
        }
    }
}

fn lead(number: usize) -> Arrival {
    let lead = Lead {
        key: LeadKey { source: "crm".into(), external_id: format!("x{number}") },
        person: Person { name: Some(format!("Maya {number}")), ..Person::default() },
        mql_at: Some(start() - Duration::minutes(number as i64 * 7)),
        ..Lead::default()
    };
    Arrival { lead, trail: Vec::new() }
}

fn any_act(rng: &mut fastrand::Rng, now: Time) -> Act {
    match rng.u8(0..6) {
        0 => Act::Accept,
        1 => Act::Reject(Rejection { code: "budget".into(), ..Rejection::default() }),
        2 => Act::Defer(Deferral { until: now + Duration::hours(rng.i64(-2..100)), why: "later".into() }),
        3 => Act::Skip { reason: "busy".into() },
        4 => Act::Snooze { until: now + Duration::hours(2) },
        _ => Act::Attempt(Attempt {
            channel: Channel::Phone,
            outcome: Outcome::ALL[rng.usize(0..5)],
            at: None,
            note: None,
            cited: None,
            next: None,
            consent_override: None,
        }),
    }
}

fn run(seed: u64) {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut world = World::new();
    for _ in 0..STEPS {
        world.step(&mut rng);
    }
    world.settle();
}

#[test]
fn no_sequence_gets_past_the_gate() {
    let wanted: u64 = std::env::var("LEADBOX_GATE_SEQUENCES").ok().and_then(|n| n.parse().ok()).unwrap_or(200);
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|thread| {
                scope.spawn(move || {
                    for seed in (thread..wanted).step_by(threads as usize) {
                        // The seed repeats the sequence.
                        if let Err(panic) = std::panic::catch_unwind(|| run(seed)) {
                            eprintln!("the sequence of seed {seed} gets past the gate");
                            std::panic::resume_unwind(panic);
                        }
                    }
                })
            })
            .collect();
        for worker in workers {
            worker.join().unwrap();
        }
    });
}
