//! The edge: terminal, event loop, effect runner, signals, clipboard, opening links. The only room that knows them all.
//!
//! One thread draws and decides, and never waits for disk or network. Keys come from a thread of their own ([`input`]),
//! the store is asked on others ([`worker`]), remote sources are spoken to on one more ([`courier`]). All of them speak
//! to the loop through one channel of [`Happening`]s; everything that waits is taken in before a frame is drawn.

pub mod answer;
mod courier;
mod input;
mod launch;
pub mod panics;
mod team;
mod terminal;
mod unclean;
mod worker;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use chrono::Utc;
use crossterm::event::{Event, KeyEventKind, MouseEventKind};
use rustix::process::{Signal, getpid, kill_process};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

use crate::app::effect::{Ask, Effect, Launch, LaunchKind};
use crate::app::launch::Command;
use crate::app::msg::{Net, Reply};
use crate::app::team::{TeamAsk, TeamReply};
use crate::app::{self, Key, KeyMap, Model, Msg, Settings, What};
use crate::source::Source;
use crate::source::demo::Cable;
use crate::source::hub::Transport;
use crate::store::{Store, StoreError};
use crate::ui;
use crate::ui::inert::inert;

pub use courier::{Renew, Renewed};

use answer::Rules;
use terminal::Screen;
use unclean::Marked;
use worker::Worker;

/// What the app is opened with.
pub struct Launchpad {
    /// The data folder, which holds the store.
    pub data_dir: PathBuf,
    /// The rep's store, open.
    pub store: Store,
    /// What the app is told of the configuration.
    pub settings: Settings,
    /// Which key does what.
    pub keymap: KeyMap,
    /// What the rules need to answer questions.
    pub rules: Rules,
    /// Commands that open links, by kind (F23).
    pub open_with: BTreeMap<LaunchKind, Command>,
    /// The sources that are spoken to while the app is open.
    pub sources: Vec<Box<dyn Source>>,
    /// The network cable of the demo.
    pub cable: Option<Cable>,
    /// The way to the hub for one who directs a team.
    pub team: Option<Box<dyn Transport>>,
    /// Looks whether the team's rules changed.
    pub renew: Option<Renew>,
    /// What is amiss from the start, in words: it is shown, and the app opens all the same.
    pub trouble: Option<String>,
}

/// Everything that can happen to the loop.
enum Happening {
    Input(Event),
    /// The terminal went away, or could not be read.
    InputEnded,
    Reply(Reply),
    StoreChanged,
    Team(TeamReply),
    Net(Net),
    Renewed(Box<Renewed>),
    Report {
        problem: bool,
        text: String,
    },
    Resize,
    /// TERM, HUP, INT or QUIT.
    End,
    Suspend,
}

/// Why the app ended badly.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The terminal.
    #[error("the terminal could not be used: {0}")]
    Terminal(#[from] io::Error),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Opens the app and runs it until it is left.
pub fn run(launchpad: Launchpad) -> Result<(), AppError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { App::open(launchpad)?.run().await })
}

struct App {
    screen: Screen,
    model: Model,
    store: Option<Store>,
    data_dir: PathBuf,
    rules: Arc<Rules>,
    open_with: BTreeMap<LaunchKind, Command>,
    sources: Vec<Box<dyn Source>>,
    cable: Option<Cable>,
    team: Option<UnboundedSender<TeamAsk>>,
    renew: Option<Renew>,
    worker: Option<Worker>,
    marked: Marked,
    drawn: Option<u64>,
    happenings: UnboundedReceiver<Happening>,
    tell: UnboundedSender<Happening>,
    done: bool,
}

impl App {
    /// Takes the terminal and draws the first frame: one page of the store stands before it, and nothing else.
    fn open(launchpad: Launchpad) -> Result<Self, AppError> {
        let Launchpad { data_dir, store, settings, keymap, rules, open_with, sources, cable, team, renew, trouble } =
            launchpad;
        let (tell, happenings) = unbounded_channel();
        let team = team.map(|way| team::spawn(way, tell.clone())).transpose()?;
        // Before the terminal is taken: a signal must find somebody who gives it back, and no change of size is missed.
        listen(&tell)?;
        let screen = Screen::take(settings.mouse)?;
        let model = Model::new(Utc::now(), settings, keymap);
        let mut app = Self {
            screen,
            model,
            store: Some(store),
            data_dir,
            rules: Arc::new(rules),
            open_with,
            sources,
            cable,
            team,
            renew,
            worker: None,
            marked: Marked::default(),
            drawn: None,
            happenings,
            tell,
            done: false,
        };
        app.resized()?;
        app.take_in(What::Start)?;
        if let Some(text) = trouble {
            app.take_in(What::Report { problem: true, text })?;
        }
        app.draw()?;
        Ok(app)
    }

    async fn run(mut self) -> Result<(), AppError> {
        let ran = self.work().await;
        self.leave();
        ran
    }

    /// Gives the terminal back, then lets the store finish what it was asked: an act whose key was pressed counts. If
    /// it could not be done, there is no screen any more to say so.
    fn leave(&mut self) {
        self.screen.release();
        let Some(worker) = self.worker.take() else { return };
        worker.cancel_search();
        worker.finish();
        if let Some(mark) = self.marked.get() {
            // Then the store is checked once for nothing.
            let _ = mark.clear();
        }
        while let Ok(happening) = self.happenings.try_recv() {
            if let Happening::Reply(reply) = happening
                && let Some(why) = not_done(&reply)
            {
                // Nobody may be listening.
                let _ = writeln!(io::stderr(), "leadbox: the last act was not recorded: {}", inert(&why));
            }
        }
    }

    async fn work(&mut self) -> Result<(), AppError> {
        input::spawn(&self.tell)?;
        self.marked = unclean::watch(&self.data_dir, self.tell.clone())?;
        if let Some(store) = self.store.take() {
            let sends = !self.sources.is_empty();
            let worker = Worker::start(store, &self.data_dir, Arc::clone(&self.rules), self.tell.clone())?;
            if sends {
                let sources = std::mem::take(&mut self.sources);
                let (rules, tell) = (Arc::clone(&self.rules), self.tell.clone());
                let (cable, renew) = (self.cable.clone(), self.renew.take());
                courier::spawn(sources, &self.data_dir, rules, tell, cable, renew)?;
            }
            self.worker = Some(worker);
        }
        while !self.done {
            let sleep = self.sleep();
            if let Ok(happening) = timeout(sleep, self.happenings.recv()).await {
                // The channel cannot close: the loop holds a sender itself.
                let Some(happening) = happening else { break };
                self.happen(happening)?;
                // Whatever waits is taken in before a frame is drawn, so that held keys never queue up frames.
                while !self.done
                    && let Ok(happening) = self.happenings.try_recv()
                {
                    self.happen(happening)?;
                }
            } else {
                self.take_in(What::Tick)?;
            }
            self.draw()?;
        }
        Ok(())
    }

    /// Until the next shown digit changes.
    fn sleep(&self) -> Duration {
        let own = app::next_tick(&self.model);
        let next = ui::next_change(&self.model).map_or(own, |countdown| countdown.min(own));
        (next - Utc::now()).to_std().unwrap_or_default()
    }

    fn happen(&mut self, happening: Happening) -> Result<(), AppError> {
        match happening {
            Happening::Input(event) => match translate(event) {
                Some(what) => self.take_in(what),
                None => Ok(()),
            },
            Happening::Reply(reply) => self.take_in(What::Reply(reply)),
            Happening::StoreChanged => self.take_in(What::StoreChanged),
            Happening::Team(reply) => self.take_in(What::Team(reply)),
            Happening::Net(net) => self.take_in(What::Net(net)),
            Happening::Renewed(renewed) => self.renew(*renewed),
            Happening::Report { problem, text } => self.take_in(What::Report { problem, text }),
            Happening::Resize => self.resized(),
            Happening::Suspend => self.suspend(),
            Happening::InputEnded | Happening::End => {
                self.done = true;
                Ok(())
            }
        }
    }

    /// The team's rules are others: whoever goes by them is told.
    fn renew(&mut self, renewed: Renewed) -> Result<(), AppError> {
        let Renewed { rules, quiet, fingerprint } = renewed;
        self.rules = Arc::new(rules);
        if let Some(worker) = &self.worker {
            worker.renew(Arc::clone(&self.rules), fingerprint);
        }
        self.take_in(What::Rules { policy: Box::new(self.rules.policy.clone()), quiet })
    }

    fn resized(&mut self) -> Result<(), AppError> {
        let (width, height) = self.screen.size()?;
        let list_rows = ui::list_rows(height);
        self.take_in(What::Resize { width, height, list_rows })
    }

    fn take_in(&mut self, what: What) -> Result<(), AppError> {
        let effects = app::update(&mut self.model, Msg::new(Utc::now(), what));
        effects.into_iter().try_for_each(|effect| self.carry_out(effect))
    }

    fn carry_out(&mut self, effect: Effect) -> Result<(), AppError> {
        match effect {
            Effect::Store(ask) => self.ask(ask)?,
            Effect::Team(ask) => {
                // Its thread ends with the app's.
                if let Some(team) = &self.team {
                    let _ = team.send(ask);
                }
            }
            Effect::CancelSearch => {
                if let Some(worker) = &self.worker {
                    worker.cancel_search();
                }
            }
            Effect::Copy(text) => {
                let lines: Vec<_> = text.lines().map(inert).collect();
                self.screen.copy(&lines.join("\n"))?;
            }
            Effect::Launch(launch) => self.launch(launch)?,
            Effect::Bell => self.screen.bell()?,
            Effect::Notify(text) => self.screen.notify(self.model.settings.notify, &inert(&text))?,
            Effect::Network(up) => {
                if let Some(cable) = &self.cable {
                    cable.store(up, Ordering::Relaxed);
                }
            }
            Effect::Redraw => {
                self.screen.forget()?;
                self.drawn = None;
            }
            Effect::Suspend => self.suspend()?,
            Effect::Quit => self.done = true,
        }
        Ok(())
    }

    /// Asks the store: on its own thread, or here before the first frame, when there is nobody else to ask.
    fn ask(&mut self, ask: Ask) -> Result<(), AppError> {
        match (&self.worker, &mut self.store) {
            (Some(worker), _) => worker.ask(ask),
            (None, Some(store)) => {
                let reply = answer::answer(store, &self.rules, Utc::now(), ask);
                self.take_in(What::Reply(reply))?;
            }
            (None, None) => {}
        }
        Ok(())
    }

    /// Opens it on a thread of its own: what opens it may take its time.
    fn launch(&mut self, launch: Launch) -> io::Result<()> {
        let (command, tell) = (self.open_with.get(&launch.kind).cloned(), self.tell.clone());
        let open = move || {
            if let Err(text) = launch::open(&launch, command.as_ref()) {
                let _ = tell.send(Happening::Report { problem: true, text });
            }
        };
        thread::Builder::new().name("launch".into()).spawn(open).map(drop)
    }

    fn suspend(&mut self) -> Result<(), AppError> {
        self.screen.release();
        // STOP cannot be caught, so this stops here, and goes on here after `fg`.
        let _ = kill_process(getpid(), Signal::STOP);
        self.screen.resume()?;
        self.drawn = None;
        self.resized()?;
        self.take_in(What::Resumed)
    }

    fn draw(&mut self) -> Result<(), AppError> {
        if self.drawn != Some(self.model.revision) && !self.done {
            let (width, height) = (self.model.size.width, self.model.size.height);
            let most = ui::scroll_most(&self.model, width, height);
            app::limit_scroll(&mut self.model, most);
            let model = &self.model;
            self.screen.draw(|frame| ui::draw(frame, model))?;
            if model.settings.title {
                self.screen.title(inert(&ui::title(model)).into_owned())?;
            }
            self.drawn = Some(model.revision);
        }
        Ok(())
    }
}

/// Why an act that was asked for was not done.
fn not_done(reply: &Reply) -> Option<String> {
    let is_act = |ask: &Ask| matches!(ask, Ask::Act { .. } | Ask::ActMany { .. } | Ask::Undo);
    match reply {
        Reply::Refused { ask, refusal } if is_act(ask) => Some(refusal.to_string()),
        Reply::Failed { ask, error } if is_act(ask) => Some(error.clone()),
        Reply::BulkDone { refused, .. } => refused.first().map(|(lead, refusal)| format!("{lead}: {refusal}")),
        _ => None,
    }
}

/// Signals become happenings.
fn listen(tell: &UnboundedSender<Happening>) -> io::Result<()> {
    type Make = fn() -> Happening;
    let wanted: [(SignalKind, Make); 6] = [
        (SignalKind::terminate(), || Happening::End),
        (SignalKind::hangup(), || Happening::End),
        (SignalKind::interrupt(), || Happening::End),
        (SignalKind::quit(), || Happening::End),
        (SignalKind::window_change(), || Happening::Resize),
        (SignalKind::from_raw(Signal::TSTP.as_raw()), || Happening::Suspend),
    ];
    for (kind, make) in wanted {
        let mut stream = signal(kind)?;
        let tell = tell.clone();
        tokio::spawn(async move { while stream.recv().await.is_some() && tell.send(make()).is_ok() {} });
    }
    Ok(())
}

/// An event of the terminal as a message; nothing for those that mean nothing to the app.
fn translate(event: Event) -> Option<What> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => Key::try_from(key).ok().map(What::Key),
        Event::Paste(text) => Some(What::Paste(text)),
        Event::Mouse(mouse) => match mouse.kind {
            MouseEventKind::ScrollDown => Some(What::Wheel(3)),
            MouseEventKind::ScrollUp => Some(What::Wheel(-3)),
            MouseEventKind::Down(_) => mouse.row.checked_sub(ui::LIST_TOP).map(|row| What::Click { row }),
            _ => None,
        },
        _ => None,
    }
}
