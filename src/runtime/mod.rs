//! The edge: terminal, event loop, effect runner, signals, clipboard, opening links. The only room that knows them all.
//!
//! One thread draws and decides, and never waits for disk or network. Keys come from a thread of their own ([`input`]),
//! the store is asked on others ([`worker`]), remote sources are spoken to on one more ([`courier`]). All of them speak
//! to the loop through one channel of [`Happening`]s; everything that waits is taken in before a frame is drawn. What
//! belongs to the one person who sits there is a [`seat`].

pub mod answer;
mod courier;
mod desktop;
mod input;
mod launch;
pub mod panics;
mod seat;
mod team;
mod terminal;
mod unclean;
mod worker;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use crossterm::event::{Event, KeyEventKind, MouseEventKind};
use rustix::process::{Signal, getpid, kill_process};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;

use crate::app::effect::{Ask, Effect, Launch, LaunchKind};
use crate::app::launch::Command;
use crate::app::model::Notify;
use crate::app::msg::{Net, Reply};
use crate::app::team::TeamReply;
use crate::app::{self, Key, Msg, What};
use crate::hub::inside::Cable;
use crate::store::StoreError;
use crate::ui;
use crate::ui::inert::inert;

pub use courier::{Renew, Renewed};
pub use seat::Place;

use desktop::Desktop;
use seat::{Seat, Seated};
use terminal::Screen;

/// What the app is opened with.
pub struct Launchpad {
    /// Whose app it is.
    pub place: Place,
    /// Commands that open links, by kind (F23).
    pub open_with: BTreeMap<LaunchKind, Command>,
    /// What only the demo has.
    pub demo: Option<Demo>,
    /// What is amiss from the start, in words: it is shown, and the app opens all the same.
    pub trouble: Option<String>,
}

/// What only the demo has.
pub struct Demo {
    /// The network cable.
    pub cable: Cable,
    /// The app of the one who does not sit there now, each time it is asked for.
    pub other: Other,
}

/// Opens the other one's app; else says why it cannot be.
pub type Other = Box<dyn FnMut() -> Result<Place, String>>;

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

impl Happening {
    /// It comes from the terminal or the system, whoever sits there.
    fn is_from_outside(&self) -> bool {
        matches!(self, Self::Input(_) | Self::InputEnded | Self::Resize | Self::End | Self::Suspend)
    }
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
    seat: Seat,
    seated: Seated,
    open_with: BTreeMap<LaunchKind, Command>,
    demo: Option<Demo>,
    desktop: Desktop,
    drawn: Option<u64>,
    done: bool,
}

impl App {
    /// Takes the terminal and draws the first frame: one page of the store stands before it, and nothing else.
    fn open(launchpad: Launchpad) -> Result<Self, AppError> {
        let Launchpad { place, open_with, demo, trouble } = launchpad;
        let seat = Seat::take(place)?;
        let seated = Seated::new(&seat);
        // Before the terminal is taken: a signal must find somebody who gives it back, and no change of size is missed.
        listen(&seated)?;
        let screen = Screen::take(seat.model.settings.mouse)?;
        let mut app =
            Self { screen, seat, seated, open_with, demo, desktop: Desktop::default(), drawn: None, done: false };
        app.show()?;
        if let Some(text) = trouble {
            app.take_in(What::Report { problem: true, text })?;
            app.draw()?;
        }
        Ok(app)
    }

    /// Draws the first frame of whoever sits there.
    fn show(&mut self) -> Result<(), AppError> {
        self.drawn = None;
        self.resized()?;
        self.take_in(What::Start)?;
        self.draw()
    }

    async fn run(mut self) -> Result<(), AppError> {
        let ran = self.work().await;
        self.leave();
        ran
    }

    /// Gives the terminal back, then lets the store finish what it was asked. If that could not be done, there is no
    /// screen any more to say so.
    fn leave(&mut self) {
        self.screen.release();
        self.seat.finish();
        while let Ok(happening) = self.seat.happenings.try_recv() {
            if let Some(why) = not_done(&happening) {
                // Nobody may be listening.
                let _ = writeln!(io::stderr(), "leadbox: {}", inert(&why));
            }
        }
    }

    /// Lets the other one sit down.
    fn switch(&mut self) -> Result<(), AppError> {
        let Some(demo) = &mut self.demo else { return Ok(()) };
        let place = match (demo.other)() {
            Ok(place) => place,
            Err(text) => return self.take_in(What::Report { problem: true, text }),
        };
        let next = Seat::take(place)?;
        self.seat.finish();
        let said = self.seated.change(&mut self.seat, &next);
        self.seat = next;
        self.show()?;
        for text in said.iter().filter_map(not_done) {
            self.take_in(What::Report { problem: true, text })?;
        }
        self.start()
    }

    fn start(&mut self) -> Result<(), AppError> {
        self.seat.start(self.demo.as_ref().map(|demo| &demo.cable))
    }

    async fn work(&mut self) -> Result<(), AppError> {
        input::spawn(&self.seated)?;
        self.start()?;
        while !self.done {
            let sleep = self.sleep();
            if let Ok(happening) = timeout(sleep, self.seat.happenings.recv()).await {
                // The channel cannot close: the seat holds a sender itself.
                let Some(happening) = happening else { break };
                self.happen(happening)?;
                // Whatever waits is taken in before a frame is drawn, so that held keys never queue up frames.
                while !self.done
                    && let Ok(happening) = self.seat.happenings.try_recv()
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
        let own = app::next_tick(&self.seat.model);
        let next = ui::next_change(&self.seat.model).map_or(own, |countdown| countdown.min(own));
        (next - self.seat.now()).to_std().unwrap_or_default()
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
        let policy = Box::new(rules.policy.clone());
        self.seat.renew(rules, fingerprint);
        self.take_in(What::Rules { policy, quiet })
    }

    fn resized(&mut self) -> Result<(), AppError> {
        let (width, height) = self.screen.size()?;
        let list_rows = ui::list_rows(height);
        self.take_in(What::Resize { width, height, list_rows })
    }

    fn take_in(&mut self, what: What) -> Result<(), AppError> {
        let msg = Msg::new(self.seat.now(), what);
        let effects = app::update(&mut self.seat.model, msg);
        let is_switch = effects.contains(&Effect::Switch);
        effects.into_iter().try_for_each(|effect| self.carry_out(effect))?;
        // What else came of it was for the one who leaves.
        if is_switch { self.switch() } else { Ok(()) }
    }

    fn carry_out(&mut self, effect: Effect) -> Result<(), AppError> {
        match effect {
            Effect::Store(ask) => {
                if let Some(reply) = self.seat.ask(ask) {
                    self.take_in(What::Reply(reply))?;
                }
            }
            Effect::Team(ask) => self.seat.ask_team(ask),
            Effect::CancelSearch => self.seat.cancel_search(),
            Effect::Copy(text) => {
                let lines: Vec<_> = text.lines().map(inert).collect();
                self.screen.copy(&lines.join("\n"))?;
            }
            Effect::Launch(launch) => self.launch(launch)?,
            Effect::Bell => self.screen.bell()?,
            Effect::Notify(text) => match self.seat.model.settings.notify {
                Notify::Desktop => self.desktop.show(inert(&text).into_owned(), self.seat.tell.clone())?,
                how => self.screen.notify(how, &inert(&text))?,
            },
            Effect::Network(up) => {
                if let Some(demo) = &self.demo {
                    demo.cable.store(up, Ordering::Relaxed);
                }
            }
            // It comes last, see `take_in`.
            Effect::Switch => {}
            Effect::Redraw => {
                self.screen.forget()?;
                self.drawn = None;
            }
            Effect::Suspend => self.suspend()?,
            Effect::Quit => self.done = true,
        }
        Ok(())
    }

    /// Opens it on a thread of its own: what opens it may take its time.
    fn launch(&mut self, launch: Launch) -> io::Result<()> {
        let (command, tell) = (self.open_with.get(&launch.kind).cloned(), self.seat.tell.clone());
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
        let model = &mut self.seat.model;
        if self.drawn != Some(model.revision) && !self.done {
            let (width, height) = (model.size.width, model.size.height);
            let most = ui::scroll_most(model, width, height);
            app::limit_scroll(model, most);
            let model = &self.seat.model;
            self.screen.draw(|frame| ui::draw(frame, model))?;
            if model.settings.title {
                self.screen.title(inert(&ui::title(model)).into_owned())?;
            }
            self.drawn = Some(model.revision);
        }
        Ok(())
    }
}

/// What there is to say of an act that was asked for and was not done.
fn not_done(happening: &Happening) -> Option<String> {
    let Happening::Reply(reply) = happening else { return None };
    let is_act = |ask: &Ask| matches!(ask, Ask::Act { .. } | Ask::ActMany { .. } | Ask::Undo);
    let why = match reply {
        Reply::Refused { ask, refusal } if is_act(ask) => refusal.to_string(),
        Reply::Failed { ask, error } if is_act(ask) => error.clone(),
        Reply::BulkDone { refused, .. } => refused.first().map(|(lead, refusal)| format!("{lead}: {refusal}"))?,
        _ => return None,
    };
    Some(format!("the last act was not recorded: {why}"))
}

/// Signals become happenings.
fn listen(seated: &Seated) -> io::Result<()> {
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
        let seated = seated.clone();
        tokio::spawn(async move { while stream.recv().await.is_some() && seated.tell(make()) {} });
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
