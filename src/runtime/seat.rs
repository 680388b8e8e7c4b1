//! One person's app: what is drawn, the store behind it, and the threads that speak to that store and to the network.
//! There is one; in the demo one changes between two, in the same terminal.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::answer::{self, Rules};
use super::courier::{self, Renew};
use super::unclean::{self, Marked};
use super::worker::Worker;
use super::{AppError, Happening, team};
use crate::app::effect::Ask;
use crate::app::msg::Reply;
use crate::app::team::TeamAsk;
use crate::app::{KeyMap, Model, Settings};
use crate::handoff::Time;
use crate::hub::inside::Cable;
use crate::source::Source;
use crate::source::hub::Transport;
use crate::store::Store;

/// What one person's app is opened with.
pub struct Place {
    /// The data folder, which holds the store.
    pub data_dir: PathBuf,
    /// The person's store, open.
    pub store: Store,
    /// What the app is told of the configuration.
    pub settings: Settings,
    /// Which key does what.
    pub keymap: KeyMap,
    /// What the rules need to answer questions.
    pub rules: Rules,
    /// The sources that are spoken to while the app is open.
    pub sources: Vec<Box<dyn Source>>,
    /// The way to the hub for one who directs a team.
    pub team: Option<Box<dyn Transport>>,
    /// Looks whether the team's rules changed.
    pub renew: Option<Renew>,
}

/// The app of one who sits there.
pub(super) struct Seat {
    pub model: Model,
    pub happenings: UnboundedReceiver<Happening>,
    pub tell: UnboundedSender<Happening>,
    rules: Arc<Rules>,
    /// Until the threads have begun.
    store: Option<Store>,
    data_dir: PathBuf,
    sources: Vec<Box<dyn Source>>,
    team: Option<UnboundedSender<TeamAsk>>,
    renew: Option<Renew>,
    worker: Option<Worker>,
    marked: Marked,
}

impl Seat {
    /// Takes the seat; nothing is drawn yet.
    pub fn take(place: Place) -> io::Result<Self> {
        let Place { data_dir, store, settings, keymap, rules, sources, team, renew } = place;
        let (tell, happenings) = unbounded_channel();
        let team = team.map(|way| team::spawn(way, tell.clone())).transpose()?;
        Ok(Self {
            model: Model::new(rules.clock.now(), settings, keymap),
            happenings,
            tell,
            rules: Arc::new(rules),
            store: Some(store),
            data_dir,
            sources,
            team,
            renew,
            worker: None,
            marked: Marked::default(),
        })
    }

    /// Starts the threads, behind the first frame.
    pub fn start(&mut self, cable: Option<&Cable>) -> Result<(), AppError> {
        self.marked = unclean::watch(&self.data_dir, self.tell.clone())?;
        let Some(store) = self.store.take() else { return Ok(()) };
        let worker = Worker::start(store, &self.data_dir, Arc::clone(&self.rules), self.tell.clone())?;
        if !self.sources.is_empty() {
            let sources = std::mem::take(&mut self.sources);
            let (rules, tell) = (Arc::clone(&self.rules), self.tell.clone());
            courier::spawn(sources, &self.data_dir, rules, tell, cable.cloned(), self.renew.take())?;
        }
        self.worker = Some(worker);
        Ok(())
    }

    /// Asks the store: on its own thread, or here before the first frame, when there is nobody else to ask. Then the
    /// answer comes back at once.
    pub fn ask(&mut self, ask: Ask) -> Option<Reply> {
        match (&self.worker, &mut self.store) {
            (Some(worker), _) => {
                worker.ask(ask);
                None
            }
            (None, store) => {
                store.as_mut().map(|store| answer::answer(store, &self.rules, self.rules.clock.read(), ask))
            }
        }
    }

    /// Asks the hub for one who directs a team.
    pub fn ask_team(&self, ask: TeamAsk) {
        // Its thread ends with the app's.
        if let Some(team) = &self.team {
            let _ = team.send(ask);
        }
    }

    /// The time of day, as far as it is known.
    pub fn now(&self) -> Time {
        self.rules.clock.now()
    }

    /// Stops the search that runs, if one does.
    pub fn cancel_search(&self) {
        if let Some(worker) = &self.worker {
            worker.cancel_search();
        }
    }

    /// The team's rules are others: whoever goes by them is told.
    pub fn renew(&mut self, rules: Rules, fingerprint: String) {
        self.rules = Arc::new(rules);
        if let Some(worker) = &self.worker {
            worker.renew(Arc::clone(&self.rules), fingerprint);
        }
    }

    /// Lets the store finish what it was asked: an act whose key was pressed counts. What came of it are happenings.
    pub fn finish(&mut self) {
        let Some(worker) = self.worker.take() else { return };
        worker.cancel_search();
        worker.finish();
        if let Some(mark) = self.marked.get() {
            // Then the store is checked once for nothing.
            let _ = mark.clear();
        }
    }
}

/// Whoever sits there: keys and signals go to them, in one order with what their threads say.
#[derive(Clone)]
pub(super) struct Seated(Arc<Mutex<UnboundedSender<Happening>>>);

impl Seated {
    pub fn new(seat: &Seat) -> Self {
        Self(Arc::new(Mutex::new(seat.tell.clone())))
    }

    fn teller(&self) -> MutexGuard<'_, UnboundedSender<Happening>> {
        // Nothing is left half-done by a thread that died with it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whoever sits there. Says whether there is anybody.
    pub fn tell(&self, happening: Happening) -> bool {
        self.teller().send(happening).is_ok()
    }

    /// From now on it is `next`, who is given the keys that nobody took yet, before any other. Returns what else
    /// was said to the one who left.
    pub fn change(&self, left: &mut Seat, next: &Seat) -> Vec<Happening> {
        let mut teller = self.teller();
        let mut rest = Vec::new();
        while let Ok(happening) = left.happenings.try_recv() {
            if happening.is_from_outside() {
                let _ = next.tell.send(happening);
            } else {
                rest.push(happening);
            }
        }
        *teller = next.tell.clone();
        rest
    }
}
