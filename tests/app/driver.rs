//! Random keys, answers in any order between two windows, restarts, time, and a command line beside them: no
//! sequence gets past the gate or makes an illegal transition.

use std::collections::VecDeque;

use chrono::Duration;
use leadbox::app::effect::Ask;
use leadbox::app::screen::Screen;
use leadbox::app::{Effect, Key, KeyMap, Model, Msg, Reply, Settings, What, update};
use leadbox::handoff::Time;
use leadbox::handoff::disposition::Act;
use leadbox::handoff::gate::Desk;
use leadbox::handoff::lead::LeadId;
use leadbox::handoff::state::Stage;
use proptest::prelude::*;

use super::office::{Office, start};

/// One step of a sequence.
#[derive(Clone, Debug)]
pub enum Step {
    /// Keys in a window, each followed by all answers or by none.
    Keys { window: usize, keys: &'static str, settle: bool },
    /// The store answers the window's oldest question.
    Serve(usize),
    /// The window hears its oldest answer.
    Hear(usize),
    /// Everything that is under way arrives, and every window hears that others wrote.
    Settle,
    /// The window is killed and opened again; what it had asked is done or not, what it would have heard is lost.
    Restart { window: usize, served: bool },
    /// Time passes.
    Pass(i64),
    /// The command line does something.
    CommandLine(Ask),
}

struct Window {
    model: Model,
    asks: VecDeque<Ask>,
    replies: VecDeque<Reply>,
    /// The store's version when the window last heard that it changed, or changed it itself.
    heard: u64,
}

/// A store and its windows.
pub struct World {
    store: Office,
    windows: Vec<Window>,
    now: Time,
}

impl World {
    fn new(store: Office, windows: usize) -> Self {
        let mut world = Self { store, windows: Vec::new(), now: start() };
        for _ in 0..windows {
            let window = world.open();
            world.windows.push(window);
        }
        for window in 0..windows {
            world.send(window, What::Start);
        }
        world.settle();
        world
    }

    fn open(&self) -> Window {
        let settings = Settings { policy: self.store.policy(), demo: true, ..Settings::default() };
        let model = Model::new(self.now, settings, KeyMap::default());
        Window { model, asks: VecDeque::new(), replies: VecDeque::new(), heard: self.store.version }
    }

    pub fn step(&mut self, step: &Step) {
        match *step {
            Step::Keys { window, keys, settle } => {
                for key in keys.split(' ') {
                    self.key(window, key);
                    if settle {
                        self.drain(window);
                    }
                }
            }
            Step::Serve(window) => self.serve(window),
            Step::Hear(window) => self.hear(window),
            Step::Settle => self.settle(),
            Step::Restart { window, served } => {
                if served {
                    self.serve(window);
                }
                self.windows[window] = self.open();
                self.send(window, What::Start);
            }
            Step::Pass(seconds) => {
                self.now += Duration::seconds(seconds);
                self.store.wake(self.now);
                for window in 0..self.windows.len() {
                    self.send(window, What::Tick);
                }
            }
            Step::CommandLine(ref ask) => {
                self.ask_store(ask.clone());
            }
        }
    }

    fn key(&mut self, window: usize, key: &str) {
        let key: Key = key.parse().unwrap();
        self.send(window, What::Key(key));
    }

    fn send(&mut self, window: usize, what: What) {
        let state = &mut self.windows[window];
        let is_key = matches!(what, What::Key(_));
        let is_act = matches!(what, What::Reply(Reply::Acted(_)));
        for effect in update(&mut state.model, Msg::new(self.now, what)) {
            if let Effect::Store(ask) = effect {
                // Only a hand opens a lead, or an act that goes on to the next one: no refresh ever does.
                let opens = matches!(ask, Ask::Engage(_) | Ask::EngageNext) && !is_key && !is_act;
                assert!(!opens, "{ask:?} came by itself");
                state.asks.push_back(ask);
            }
        }
        self.check_window(window);
    }

    /// The store answers a question; the desk grows by nothing but an opening from an empty desk, or an undo.
    fn ask_store(&mut self, ask: Ask) -> Reply {
        let before = self.store.desk();
        let reply = self.store.answer(ask.clone(), self.now);
        let after = self.store.desk();
        let opened: Vec<_> = after.engaged.iter().filter(|lead| !before.engaged.contains(lead)).collect();
        if !opened.is_empty() {
            let by_opening = before.engaged.is_empty() && matches!(ask, Ask::Engage(_) | Ask::EngageNext);
            assert!(
                by_opening || matches!(ask, Ask::Undo | Ask::UndoBulk(_)),
                "{ask:?} opened {opened:?} beside {:?}",
                before.engaged
            );
        }
        if let Reply::Opened(opened) = &reply {
            let id = opened.dossier.id;
            let current = after.current();
            assert!(
                current == Some(id) || current.is_none() && self.store.handoff(id.0).is_answered(),
                "{ask:?} showed {id}"
            );
        }
        reply
    }

    fn serve(&mut self, window: usize) {
        let Some(ask) = self.windows[window].asks.pop_front() else { return };
        let known = self.windows[window].heard == self.store.version;
        let reply = self.ask_store(ask);
        let state = &mut self.windows[window];
        if known {
            state.heard = self.store.version;
        }
        state.replies.push_back(reply);
    }

    fn hear(&mut self, window: usize) {
        if let Some(reply) = self.windows[window].replies.pop_front() {
            self.send(window, What::Reply(reply));
        }
    }

    /// All that one window asked is answered and heard.
    fn drain(&mut self, window: usize) {
        for round in 0.. {
            assert!(round < 1000, "the window and the store never come to rest");
            self.hear(window);
            self.serve(window);
            let state = &self.windows[window];
            if state.asks.is_empty() && state.replies.is_empty() {
                break;
            }
        }
    }

    fn settle(&mut self) {
        for round in 0.. {
            assert!(round < 100, "the windows never come to rest");
            for window in 0..self.windows.len() {
                self.drain(window);
                let version = self.store.version;
                if self.windows[window].heard != version {
                    self.windows[window].heard = version;
                    self.send(window, What::StoreChanged);
                    self.drain(window);
                }
            }
            if self.windows.iter().all(|window| window.heard == self.store.version) {
                break;
            }
        }
        self.store.check();
        for window in 0..self.windows.len() {
            self.check_settled(window);
        }
    }

    /// What holds at every moment, by what the window itself knows.
    fn check_window(&self, window: usize) {
        let model = &self.windows[window].model;
        let Some(opened) = &model.opened else {
            let is_coming = model.pending.is_some() || model.engaged().is_some();
            assert!(model.screen != Screen::Lead || is_coming, "window {window} shows a lead that is not there");
            return;
        };
        let id = opened.dossier.id;
        let current = model.desk.as_ref().and_then(Desk::current);
        assert!(
            current.is_none_or(|current| current == id),
            "window {window} shows {id} while {current:?} is in front"
        );
        let answered = opened.dossier.handoff.is_answered();
        assert!(answered || current == Some(id), "window {window} shows {id}, which is neither answered nor in front");
    }

    /// What holds when everything has arrived, by the truth of the store.
    fn check_settled(&self, window: usize) {
        let model = &self.windows[window].model;
        let opened = model.opened.as_ref().map(|opened| opened.dossier.id);
        match self.store.desk().current() {
            Some(front) => assert_eq!(opened, Some(front), "window {window} is not at the lead in front"),
            None => assert!(
                opened.is_none_or(|id| self.store.handoff(id.0).is_answered()),
                "window {window} shows {opened:?}"
            ),
        }
        assert_eq!(model.pending, None, "window {window} waits for ever");
        let waiting = model.dialogs.iter().any(|dialog| dialog.form().is_some_and(|form| form.waiting));
        assert!(!waiting, "a dialog of window {window} waits for ever");
    }

    /// Whatever came before, the lead in front can be dealt with.
    pub fn check_way_out(&mut self) {
        self.settle();
        let Some(front) = self.store.desk().current() else { return };
        for key in "esc esc esc esc esc esc c p n".split(' ') {
            self.key(0, key);
            self.drain(0);
        }
        let engaged = self.store.desk().engaged;
        assert!(!engaged.contains(&front), "{front} cannot be dealt with: {:?}", self.windows[0].model.status);
    }
}

const KEYS: [&str; 63] = [
    "n",
    "n",
    "enter",
    "enter",
    "a",
    "a",
    "r",
    "r 1",
    "r 3 2",
    "r 4 x enter",
    "r e",
    "c p v",
    "c p r",
    "c e n",
    "c P",
    "c",
    "d + 2 h enter x enter",
    "d",
    "s x enter",
    "s",
    "z + 1 h enter",
    "z",
    "u",
    "u",
    ".",
    "Q",
    "Q x enter x enter x enter enter",
    "j",
    "k",
    "G",
    "g",
    "5 j",
    "space",
    "space j space",
    "M",
    "tab",
    "shift-tab",
    "1",
    "2",
    "3",
    "4",
    "6",
    "] [",
    "]",
    "/",
    "/ m enter",
    "/ m a",
    "/ m enter n N",
    "v",
    ":",
    ": n e x t enter",
    ": a c c e p t enter",
    "?",
    "esc",
    "esc esc",
    "S",
    "esc",
    "O",
    "L",
    "w",
    "y",
    "x f",
    "ctrl-u",
];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let window = || 0..2usize;
    let keys = (window(), proptest::sample::select(&KEYS[..]), prop::bool::weighted(0.8));
    let act = proptest::sample::select(vec![
        Ask::EngageNext,
        Ask::Undo,
        Ask::Act { lead: LeadId(1), act: Act::Accept },
        Ask::Act { lead: LeadId(2), act: Act::Skip { reason: "x".into() } },
        Ask::Engage(LeadId(3)),
        Ask::Engage(LeadId(5)),
    ]);
    let step = prop_oneof![
        20 => keys.prop_map(|(window, keys, settle)| Step::Keys { window, keys, settle }),
        3 => window().prop_map(Step::Serve),
        3 => window().prop_map(Step::Hear),
        3 => Just(Step::Settle),
        1 => (window(), any::<bool>()).prop_map(|(window, served)| Step::Restart { window, served }),
        1 => prop_oneof![Just(1i64), Just(11), Just(7300)].prop_map(Step::Pass),
        1 => act.prop_map(Step::CommandLine),
    ];
    prop::collection::vec(step, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn no_sequence_gets_past_the_gate(steps in steps()) {
        use Stage::{Accepted, Assigned, Attempted, Connected, Deferred, Rejected};
        let store = Office::with(&[Assigned, Assigned, Assigned, Accepted, Connected, Attempted, Deferred, Rejected]);
        let mut world = World::new(store, 2);
        for step in &steps {
            world.step(step);
        }
        world.check_way_out();
    }
}
