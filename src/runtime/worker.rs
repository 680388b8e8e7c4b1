//! The threads that ask the store: one for everything in order, one for searches, which overtake each other.

use std::io;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

use chrono::Utc;
use rusqlite::InterruptHandle;
use tokio::sync::mpsc::UnboundedSender;

use super::Happening;
use super::answer::{Rules, answer};
use crate::app::effect::Ask;
use crate::store::{Store, StoreError, WAITING};

/// How often one looks whether another window, the command line or time itself changed the store.
const LOOK: Duration = Duration::from_secs(1);
/// Leads woken at once, so that a key never waits long behind them.
const WAKE: usize = 200;

/// Asks the store on behalf of the loop.
pub struct Worker {
    asks: Sender<Ask>,
    searches: Sender<Ask>,
    running_search: Arc<OnceLock<InterruptHandle>>,
}

impl Worker {
    /// Starts the threads. `store` answers everything but searches, which open the store for themselves when the
    /// first one comes.
    pub fn start(store: Store, dir: &Path, rules: Arc<Rules>, tell: UnboundedSender<Happening>) -> io::Result<Self> {
        let (asks, asked) = channel();
        let (searches, searched) = channel();
        let running_search = Arc::new(OnceLock::new());
        let (rules_too, tell_too) = (Arc::clone(&rules), tell.clone());
        thread::Builder::new().name("store".into()).spawn(move || serve(store, &asked, &rules, &tell))?;
        let (dir, handle) = (dir.to_owned(), Arc::clone(&running_search));
        thread::Builder::new()
            .name("search".into())
            .spawn(move || search(&dir, &searched, &rules_too, &tell_too, &handle))?;
        Ok(Self { asks, searches, running_search })
    }

    /// Asks; the answer comes as a happening. A thread that has ended said so before.
    pub fn ask(&self, ask: Ask) {
        let to = if matches!(ask, Ask::Search { .. }) { &self.searches } else { &self.asks };
        let _ = to.send(ask);
    }

    /// Stops the search that runs, if one does.
    pub fn cancel_search(&self) {
        if let Some(handle) = self.running_search.get() {
            handle.interrupt();
        }
    }
}

fn serve(mut store: Store, asked: &Receiver<Ask>, rules: &Rules, tell: &UnboundedSender<Happening>) {
    let teller = tell.clone();
    store.when_waiting(move || {
        let _ = teller.send(Happening::Report { problem: false, text: WAITING.into() });
    });
    let mut version = store.data_version().ok();
    let mut wait = Duration::ZERO;
    loop {
        match asked.recv_timeout(wait) {
            Ok(ask) => {
                let reply = answer(&mut store, rules, Utc::now(), ask);
                if tell.send(Happening::Reply(reply)).is_err() {
                    return;
                }
            }
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {
                let (woken, trouble) = match store.wake(&rules.ctx(Utc::now()), WAKE) {
                    Ok(woken) => (woken, None),
                    Err(error) => (0, Some(error)),
                };
                let seen = store.data_version().ok();
                if (woken > 0 || seen != version) && tell.send(Happening::StoreChanged).is_err() {
                    return;
                }
                version = seen;
                // A busy file is busy for a moment only; anything else the rep should know.
                if let Some(error) = trouble.filter(|error| !matches!(error, StoreError::Busy)) {
                    let _ = tell.send(Happening::Report { problem: true, text: error.to_string() });
                }
                wait = if woken == WAKE { Duration::ZERO } else { LOOK };
            }
        }
    }
}

fn search(
    dir: &Path,
    searched: &Receiver<Ask>,
    rules: &Rules,
    tell: &UnboundedSender<Happening>,
    handle: &OnceLock<InterruptHandle>,
) {
    let mut store: Option<Store> = None;
    while let Ok(mut ask) = searched.recv() {
        // Only the newest letter matters.
        while let Ok(newer) = searched.try_recv() {
            ask = newer;
        }
        let mut opened = match store.take().map_or_else(|| Store::open(dir), Ok) {
            Ok(opened) => opened,
            Err(error) => {
                let _ = tell.send(Happening::Report { problem: true, text: error.to_string() });
                continue;
            }
        };
        handle.get_or_init(|| opened.interrupt_handle());
        let reply = answer(&mut opened, rules, Utc::now(), ask);
        if tell.send(Happening::Reply(reply)).is_err() {
            return;
        }
        store = Some(opened);
    }
}
