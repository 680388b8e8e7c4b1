//! No sequence of messages gets past the gate or makes an illegal transition: random keys, pastes, ticks and restarts in
//! two windows under strict and relaxed policies, the command line between them, a source that changes, closes and takes
//! back leads, and a clock that goes forwards and backwards, all on one real store.
//!
//! What must hold is said by a model of its own, [`Watch`], which knows nothing of the desk.
//!
//! `LEADBOX_GATE_SEQUENCES=100000 cargo test --release --test gate_property` runs the long form.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on should stop")]

use std::collections::VecDeque;

use chrono::{Duration, NaiveDate};
use leadbox::app::effect::{Ask, Effect};
use leadbox::app::{self, Key, KeyMap, Model, Msg, Reply, Settings, What};
use leadbox::handoff::Time;
use leadbox::handoff::arrival::Arrival;
use leadbox::handoff::disposition::{Act, Attempt, Channel, Deferral, Outcome, Rejection};
use leadbox::handoff::event::Actor;
use leadbox::handoff::lead::{Lead, LeadId, LeadKey, Person, SourceStage};
use leadbox::handoff::policy::{GateMode, Policy};
use leadbox::handoff::query::Filter;
use leadbox::handoff::scoring::Models;
use leadbox::handoff::state::{Handoff, Stage};
use leadbox::handoff::summary::Tab;
use leadbox::runtime::answer::{Rules, answer};
use leadbox::store::{From, PageQuery, Received, Store};

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
    &["S"],
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

fn ids() -> impl Iterator<Item = LeadId> {
    (1..=LEADS as i64).map(LeadId)
}

/// One window of the app, the rules that it was opened with, and what it has asked and not yet heard.
struct Window {
    rules: Rules,
    model: Model,
    asked: VecDeque<Ask>,
}

impl Window {
    fn open(mode: GateMode, now: Time) -> Self {
        let mut policy = Policy::default();
        policy.gate.mode = mode;
        let settings = Settings { policy: policy.clone(), ..Settings::default() };
        let rules = Rules {
            policy,
            scoring: Models::default(),
            approach: Vec::new(),
            actor: Actor::rep("ana"),
            zone: chrono_tz::UTC,
            clock: leadbox::keeping::clock::Clock::default(),
        };
        Self { rules, model: Model::new(now, settings, KeyMap::default()), asked: VecDeque::new() }
    }

    fn mode(&self) -> GateMode {
        self.rules.policy.gate.mode
    }
}

/// What the gate owes, by a model of its own: it hears what was shown and what was done, and never looks at the desk.
#[derive(Default)]
struct Watch {
    /// Seen whole under a strict gate and not disposed of; the last one is the one to turn to.
    owed: Vec<LeadId>,
    /// Opened under a relaxed gate, where seeing binds to nothing.
    loose: Option<LeadId>,
    /// Owed when their source settled them, and owed again when it takes that back.
    withdrawn: Vec<LeadId>,
    /// Every act that was done and not taken back, the newest last, and whether its lead was open then.
    acts: Vec<(LeadId, Act, bool)>,
    /// Skips on the day that counts.
    skips: (Option<NaiveDate>, u32),
}

impl Watch {
    /// The rep answered it here, or its source says that they did.
    fn is_answered(&self, id: LeadId, handoff: &Handoff) -> bool {
        let by_rep =
            |(lead, act, _): &(LeadId, Act, bool)| *lead == id && pays(act) && !matches!(act, Act::Skip { .. });
        match handoff.stage {
            stage if stage.is_closed() => self.acts.iter().any(by_rep),
            Stage::Assigned => false,
            stage => stage.is_open(),
        }
    }

    /// A lead was shown whole, `opened` by the rep or looked at again.
    fn saw(&mut self, id: LeadId, handoff: &Handoff, opened: bool, mode: GateMode) {
        if let Some(&front) = self.owed.last() {
            assert_eq!(id, front, "{id} was shown whole, and {front} is owed");
        } else if opened && mode == GateMode::Relaxed {
            self.loose = Some(id);
        }
        let is_loose = self.loose == Some(id);
        if opened && mode == GateMode::Strict && !self.owed.contains(&id) {
            self.owed.push(id);
            self.loose = None;
        }
        assert!(
            self.owed.contains(&id) || is_loose || self.is_answered(id, handoff),
            "{id} was shown whole for nothing: {:?}",
            handoff.stage
        );
    }

    fn did(&mut self, id: LeadId, act: &Act, rules: &Rules, today: NaiveDate) {
        if let Some(&front) = self.owed.last() {
            assert_eq!(id, front, "an act on {id}, and {front} is owed");
        }
        if matches!(act, Act::Skip { .. }) {
            let (day, skips) = self.skips;
            let is_new = day.is_none_or(|day| day < today);
            // Of two zones one may be a day ahead; what is further ahead was a clock's mistake.
            let ahead = day.filter(|&day| Some(day) == today.succ_opt());
            self.skips = (Some(ahead.unwrap_or(today)), if is_new { 1 } else { skips + 1 });
            assert!(self.skips.1 <= rules.policy.gate.skips, "more skips than the budget");
        }
        let was_open = self.owed.contains(&id) || self.loose == Some(id);
        self.acts.push((id, act.clone(), was_open));
        if pays(act) {
            self.release(id);
        }
    }

    /// The last act was taken back, which left its lead as `handoff` says. It is owed again if it was, or if it could
    /// be read by that act.
    fn undid(&mut self, id: LeadId, could_be_read: bool, handoff: &Handoff) {
        let (lead, act, was_open) = self.acts.pop().expect("something was taken back that was never done");
        assert_eq!(lead, id, "another act than the last was taken back");
        if matches!(act, Act::Skip { .. }) {
            self.skips.1 = self.skips.1.saturating_sub(1);
        }
        if was_open || could_be_read {
            self.release(id);
            if handoff.debt().is_some() {
                self.owed.push(id);
                // Under a relaxed gate the one behind owes nothing.
                self.loose = None;
            } else {
                self.withdrawn.push(id);
            }
        } else if handoff.debt().is_none() {
            self.release(id);
        }
    }

    /// Its source said something new of a lead, which left it as `handoff` says.
    fn heard(&mut self, id: LeadId, handoff: &Handoff) {
        if handoff.debt().is_none() {
            let was_owed = self.owed.contains(&id) || self.withdrawn.contains(&id);
            self.release(id);
            self.withdrawn.extend(was_owed.then_some(id));
        } else if self.withdrawn.contains(&id) {
            self.release(id);
            self.owed.insert(0, id);
            self.loose = None;
        }
    }

    fn release(&mut self, id: LeadId) {
        self.owed.retain(|&owed| owed != id);
        self.withdrawn.retain(|&withdrawn| withdrawn != id);
        self.loose.take_if(|loose| *loose == id);
    }
}

/// A disposition, or a skip.
fn pays(act: &Act) -> bool {
    !matches!(act, Act::Snooze { .. })
}

struct World {
    store: Store,
    now: Time,
    windows: [Window; 2],
    watch: Watch,
}

impl World {
    fn new() -> Self {
        let windows = [Window::open(GateMode::Strict, start()), Window::open(GateMode::Strict, start())];
        let mut store = Store::open_in_memory().unwrap();
        store.register_source("crm", true).unwrap();
        let arrivals: Vec<_> = (1..=LEADS).map(lead).collect();
        store.receive(&arrivals, &windows[0].rules.ctx(start())).unwrap();
        let mut world = Self { store, now: start(), windows, watch: Watch::default() };
        world.send(0, What::Start);
        world.send(1, What::Start);
        world
    }

    fn send(&mut self, window: usize, what: What) {
        let Window { model, asked, .. } = &mut self.windows[window];
        for effect in app::update(model, Msg::new(self.now, what)) {
            match effect {
                Effect::Store(ask) => asked.push_back(ask),
                // Leaving and coming back: what was asked is still done, and nobody hears of it.
                Effect::Quit => {
                    let mode = self.windows[window].mode();
                    while let Some(ask) = self.windows[window].asked.pop_front() {
                        self.answer(window, ask);
                    }
                    return self.restart(window, mode);
                }
                _ => {}
            }
        }
    }

    fn restart(&mut self, window: usize, mode: GateMode) {
        self.windows[window] = Window::open(mode, self.now);
        self.send(window, What::Start);
    }

    /// Lets the store answer the oldest question of a window.
    fn hear(&mut self, window: usize) {
        let Some(ask) = self.windows[window].asked.pop_front() else { return };
        let reply = self.answer(window, ask);
        self.send(window, What::Reply(reply));
    }

    /// The store answers under the rules of a window, and the model watches.
    fn answer(&mut self, window: usize, ask: Ask) -> Reply {
        let taken_back = match &ask {
            Ask::Undo => self.watch.acts.last().map(|(lead, ..)| vec![*lead]).unwrap_or_default(),
            Ask::UndoBulk(leads) => leads.clone(),
            _ => Vec::new(),
        };
        let readable: Vec<_> =
            taken_back.into_iter().filter(|&lead| self.watch.is_answered(lead, &self.stands(lead))).collect();
        let before = self.store.desk().unwrap();
        let rules = &self.windows[window].rules;
        let reply = answer(&mut self.store, rules, self.now, ask.clone());
        let today = self.now.date_naive();
        match &reply {
            Reply::Opened(opened) => {
                let is_opening = matches!(ask, Ask::Engage(_) | Ask::EngageNext);
                let (id, handoff) = (opened.dossier.id, &opened.dossier.handoff);
                self.watch.saw(id, handoff, is_opening, rules.policy.gate.mode);
            }
            Reply::Acted(acted) => self.watch.did(acted.lead, &acted.act, rules, today),
            Reply::BulkDone { act, done, .. } => done.iter().for_each(|&lead| self.watch.did(lead, act, rules, today)),
            Reply::Undone { leads, .. } => {
                for &lead in leads {
                    let handoff = self.stands(lead);
                    self.watch.undid(lead, readable.contains(&lead), &handoff);
                }
            }
            _ => assert_eq!(self.store.desk().unwrap(), before, "{ask:?} moved the gate"),
        }
        self.check_desk(&ask);
        reply
    }

    /// Whatever is owed is kept on the desk, in its order.
    fn check_desk(&self, after: &dyn std::fmt::Debug) {
        let desk = self.store.desk().unwrap();
        let kept: Vec<_> = desk.engaged.iter().copied().filter(|lead| self.watch.owed.contains(lead)).collect();
        assert_eq!(kept, self.watch.owed, "after {after:?}: {desk:?}");
    }

    /// Where a lead stands now, whatever the gate says.
    fn stands(&self, id: LeadId) -> Handoff {
        self.store.inspect(id).unwrap().handoff.at(self.now).into_owned()
    }

    /// The command line, as another process: it asks under the policy of one window or the other.
    fn command_line(&mut self, rng: &mut fastrand::Rng) {
        let window = rng.usize(0..2);
        let lead = LeadId(rng.i64(1..=LEADS as i64));
        let ask = match rng.u8(0..6) {
            0 => Ask::EngageNext,
            1 => Ask::Show(lead),
            2 => Ask::Engage(lead),
            3 => Ask::Undo,
            _ => Ask::Act { lead, act: any_act(rng, self.now) },
        };
        self.answer(window, ask);
    }

    /// `list`, `search`, `status`, `export`, `outbox`: none of them moves anything.
    fn read(&mut self, rng: &mut fastrand::Rng) {
        let before = self.store.desk().unwrap();
        let tab = Tab::ALL[rng.usize(0..Tab::ALL.len())];
        let query = PageQuery { tab, from: From::Top, rows: 9, filter: Filter::default(), now: self.now };
        let listed = self.store.page(&query).unwrap().rows.len();
        let counts = self.store.counts(&self.windows[0].rules.ctx(self.now)).unwrap();
        assert_eq!(listed, counts.of(tab) as usize, "{tab:?}");
        self.store.search(&Filter::parse("maya").unwrap(), 9, self.now).unwrap();
        assert_eq!(self.store.export_page(LeadId(0), 99, false, self.now).unwrap().len(), LEADS);
        self.store.outbox(9).unwrap();
        assert_eq!(self.store.desk().unwrap(), before);
    }

    /// The source says something new about a lead: often about the one that is open.
    fn import(&mut self, rng: &mut fastrand::Rng) {
        let id = match self.watch.owed.last() {
            Some(&front) if rng.bool() => front,
            _ => LeadId(rng.i64(1..=LEADS as i64)),
        };
        let mut arrival = lead(id.0 as usize);
        let news = &mut arrival.lead;
        let stage = if rng.u8(0..4) == 0 { None } else { Some(Stage::ALL[rng.usize(0..Stage::ALL.len())]) };
        news.stage = SourceStage { canonical: stage, ..SourceStage::default() };
        news.owner = [None, Some("ana".into()), Some("jon".into())][rng.usize(0..3)].clone();
        news.assigned_at = rng.bool().then_some(self.now);
        news.person.title = rng.bool().then(|| "Chief".into());
        let received = self.store.receive(&[arrival], &self.windows[0].rules.ctx(self.now)).unwrap();
        if matches!(received[..], [Received::Updated(_)]) {
            let handoff = self.stands(id);
            self.watch.heard(id, &handoff);
        }
        self.check_desk(&("import", id, stage));
        for window in 0..2 {
            self.send(window, What::StoreChanged);
        }
    }

    /// The clock goes on, jumps far ahead, or is set back; rows follow it, and the gate does not move.
    fn pass(&mut self, rng: &mut fastrand::Rng, window: usize) {
        self.now += match rng.u8(0..8) {
            0 => -Duration::seconds(rng.i64(1..30)),
            1 => -Duration::minutes(rng.i64(1..4000)),
            2 => Duration::days(rng.i64(1..60)),
            _ => Duration::minutes(rng.i64(1..2000)),
        };
        let before = self.store.desk().unwrap();
        while self.store.wake(&self.windows[window].rules.ctx(self.now), 100).unwrap() > 0 {}
        assert_eq!(self.store.desk().unwrap(), before, "time alone moved the gate");
        self.send(window, What::StoreChanged);
    }

    fn step(&mut self, rng: &mut fastrand::Rng) {
        let window = rng.usize(0..2);
        match rng.u8(0..24) {
            0 | 1 => self.command_line(rng),
            2 => {
                self.now += Duration::seconds(rng.i64(1..20));
                self.send(window, What::Tick);
            }
            3 => self.pass(rng, window),
            4 | 5 => self.import(rng),
            // A crash: the window is gone, the store is not. Now and then it comes back under another policy.
            6 => {
                let mode = match (self.windows[window].mode(), rng.u8(0..3)) {
                    (GateMode::Strict, 0) => GateMode::Relaxed,
                    _ => GateMode::Strict,
                };
                self.restart(window, mode);
            }
            7 => self.send(window, What::StoreChanged),
            8 => self.send(window, What::Paste("maya\u{1b}[2J\n".into())),
            9 => self.send(window, What::Click { row: rng.u16(0..8) }),
            10 => self.read(rng),
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
            let Window { model, .. } = &self.windows[window];
            if let Some(opened) = model.opened.as_ref().filter(|_| self.windows[window].mode() == GateMode::Strict) {
                let id = opened.dossier.id;
                let may = front == Some(id) || (front.is_none() && self.watch.is_answered(id, &self.stands(id)));
                assert!(may, "a window shows {id} whole; in front is {front:?}");
            }
        }
        for id in ids() {
            let dossier = self.store.inspect(id).unwrap();
            assert_eq!(self.store.replayed(id).unwrap().unwrap(), dossier.handoff, "{id}");
            for (place, event) in dossier.events.iter().enumerate() {
                assert_eq!(event.seq as usize, place + 1, "{id}: a gap in its events");
            }
            assert!(dossier.handoff.stage != Stage::Sql || dossier.handoff.connected_at.is_some());
        }
        self.pay_off();
    }

    /// There is always a way on: whatever is owed can be paid, one after the other.
    fn pay_off(&mut self) {
        self.restart(0, GateMode::Strict);
        for _ in 0..=LEADS {
            let Some(front) = self.store.desk().unwrap().current() else { break };
            let reject = Act::Reject(Rejection { code: "budget".into(), ..Rejection::default() });
            let reply = self.answer(0, Ask::Act { lead: front, act: reject });
            assert!(matches!(reply, Reply::Acted(_)), "{reply:?}");
        }
        assert_eq!((self.store.desk().unwrap().engaged, &self.watch.owed), (Vec::new(), &Vec::new()));
    }
}

fn lead(number: usize) -> Arrival {
    let lead = Lead {
        key: LeadKey { source: "crm".into(), external_id: format!("x{number}") },
        person: Person { name: Some(format!("Maya {number}")), ..Person::default() },
        mql_at: Some(start() - Duration::minutes(number as i64 * 7)),
        ..Lead::default()
    };
    Arrival { lead, trail: Vec::new(), told: None }
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
    let number = |name| std::env::var(name).ok().and_then(|n| n.parse::<u64>().ok());
    if let Some(seed) = number("LEADBOX_GATE_SEED") {
        return run(seed);
    }
    let wanted = number("LEADBOX_GATE_SEQUENCES").unwrap_or(200);
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|thread| {
                scope.spawn(move || {
                    for seed in (thread..wanted).step_by(threads as usize) {
                        // `LEADBOX_GATE_SEED` repeats the sequence.
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
