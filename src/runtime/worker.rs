//! The threads that ask the store: one for everything in order, one for searches, which overtake each other.

use std::io;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

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

/// What the store's thread is to do.
enum Job {
    Ask(Ask),
    /// Go by these rules from now on, which have this fingerprint.
    Renew(Arc<Rules>, String),
}

/// Asks the store on behalf of the loop.
pub struct Worker {
    asks: Sender<Job>,
    searches: Sender<Ask>,
    running_search: Arc<OnceLock<InterruptHandle>>,
    store: JoinHandle<()>,
}

impl Worker {
    /// Starts the threads. `store` answers everything but searches, which open the store for themselves when the
    /// first one comes.
    pub fn start(store: Store, dir: &Path, rules: Arc<Rules>, tell: UnboundedSender<Happening>) -> io::Result<Self> {
        let (asks, asked) = channel();
        let (searches, searched) = channel();
        let running_search = Arc::new(OnceLock::new());
        let (rules_too, tell_too) = (Arc::clone(&rules), tell.clone());
        let store = thread::Builder::new().name("store".into()).spawn(move || serve(store, &asked, rules, &tell))?;
        let (dir, handle) = (dir.to_owned(), Arc::clone(&running_search));
        thread::Builder::new()
            .name("search".into())
            .spawn(move || search(&dir, &searched, &rules_too, &tell_too, &handle))?;
        Ok(Self { asks, searches, running_search, store })
    }

    /// Asks; the answer comes as a happening. A thread that has ended said so before.
    pub fn ask(&self, ask: Ask) {
        let _ = match ask {
            Ask::Search { .. } => self.searches.send(ask).is_ok(),
            ask => self.asks.send(Job::Ask(ask)).is_ok(),
        };
    }

    /// Has the store go by other rules: what was asked before is answered by the former ones. A search goes by none.
    pub fn renew(&self, rules: Arc<Rules>, fingerprint: String) {
        let _ = self.asks.send(Job::Renew(rules, fingerprint));
    }

    /// Ends when everything that was asked is answered: an act whose key was pressed is done.
    pub fn finish(self) {
        let Self { asks, searches, store, .. } = self;
        drop((asks, searches));
        // A thread that panicked has said so.
        let _ = store.join();
    }

    /// Stops the search that runs, if one does.
    pub fn cancel_search(&self) {
        if let Some(handle) = self.running_search.get() {
            handle.interrupt();
        }
    }
}

fn serve(mut store: Store, asked: &Receiver<Job>, mut rules: Arc<Rules>, tell: &UnboundedSender<Happening>) {
    let teller = tell.clone();
    store.when_waiting(move || {
        let _ = teller.send(Happening::Report { problem: false, text: WAITING.into() });
    });
    let mut next_look = Instant::now();
    // The fingerprint of rules by which the leads do not stand yet.
    let mut unadopted: Option<String> = None;
    loop {
        match asked.recv_timeout(next_look.saturating_duration_since(Instant::now())) {
            Ok(Job::Renew(other, fingerprint)) => {
                (rules, unadopted, next_look) = (other, Some(fingerprint), Instant::now());
            }
            Ok(Job::Ask(ask)) => {
                let reply = answer(&mut store, &rules, rules.clock.read(), ask);
                if tell.send(Happening::Reply(reply)).is_err() {
                    return;
                }
            }
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {}
        }
        // However busy the rep is: between two questions there is time to look.
        if Instant::now() < next_look {
            continue;
        }
        // While somebody else writes, this is left to the next look.
        if let Some(fingerprint) = &unadopted
            && matches!(store.adopts(fingerprint), Ok(true))
        {
            unadopted = None;
        }
        let (woken, trouble) = match store.wake(&rules.ctx(rules.clock.read()), WAKE) {
            Ok(woken) => (woken, None),
            Err(error) => (0, Some(error)),
        };
        // What was written since the first page was read counts too.
        let is_changed = store.written_outside().unwrap_or_default() || woken > 0;
        if is_changed && tell.send(Happening::StoreChanged).is_err() {
            return;
        }
        // A busy file is busy for a moment only; anything else the rep should know.
        if let Some(error) = trouble.filter(|error| !matches!(error, StoreError::Busy)) {
            let _ = tell.send(Happening::Report { problem: true, text: error.to_string() });
        }
        next_look = Instant::now() + if woken == WAKE { Duration::ZERO } else { LOOK };
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
        let reply = answer(&mut opened, rules, rules.clock.read(), ask);
        if tell.send(Happening::Reply(reply)).is_err() {
            return;
        }
        store = Some(opened);
    }
}

#[cfg(test)]
mod tests {
    use chrono::Utc;
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;
    use crate::app::msg::Reply;
    use crate::handoff::arrival::Arrival;
    use crate::handoff::disposition::{Act, Rejection};
    use crate::handoff::event::Actor;
    use crate::handoff::lead::{Lead, LeadId, LeadKey};
    use crate::handoff::policy::Policy;
    use crate::handoff::scoring::Models;
    use crate::handoff::state::Stage;
    use crate::keeping::clock::Clock;

    const LEADS: i64 = 40;

    fn rules() -> Rules {
        Rules {
            policy: Policy::default(),
            scoring: Models::default(),
            approach: Vec::new(),
            actor: Actor::rep("ana"),
            zone: chrono_tz::UTC,
            clock: Clock::default(),
        }
    }

    fn lead(n: i64) -> Arrival {
        let key = LeadKey { source: "crm".into(), external_id: format!("x{n}") };
        Arrival { lead: Lead { key, ..Lead::default() }, trail: Vec::new(), told: None }
    }

    fn filled(dir: &Path) -> Store {
        let mut store = Store::open(dir).unwrap();
        let arrivals: Vec<_> = (1..=LEADS).map(lead).collect();
        store.receive(&arrivals, &rules().ctx(Utc::now())).unwrap();
        store
    }

    #[test]
    fn what_was_asked_before_the_end_is_done() {
        let dir = tempfile::tempdir().unwrap();
        let (tell, _told) = unbounded_channel();
        let worker = Worker::start(filled(dir.path()), dir.path(), Arc::new(rules()), tell).unwrap();
        let reject = Act::Reject(Rejection { code: "budget".into(), ..Rejection::default() });
        for n in 1..=LEADS {
            worker.ask(Ask::Act { lead: LeadId(n), act: reject.clone() });
        }
        worker.finish();
        let store = Store::open(dir.path()).unwrap();
        for n in 1..=LEADS {
            assert_eq!(store.summary(LeadId(n)).unwrap().unwrap().stage, Stage::Rejected);
        }
    }

    #[test]
    fn a_busy_rep_hears_of_other_windows_too() {
        let dir = tempfile::tempdir().unwrap();
        let (tell, mut told) = unbounded_channel();
        let worker = Worker::start(filled(dir.path()), dir.path(), Arc::new(rules()), tell).unwrap();
        let mut other = Store::open(dir.path()).unwrap();
        let (mut asked, mut wrote) = (0, false);
        loop {
            worker.ask(Ask::Desk);
            asked += 1;
            assert!(asked < 200_000, "nobody told of the other window");
            // There is always a question waiting, so that the thread is never idle.
            match told.blocking_recv() {
                Some(Happening::StoreChanged) if wrote => break,
                Some(Happening::Reply(Reply::Desk { .. })) if !wrote => {
                    other.register_source("fair", false).unwrap();
                    wrote = true;
                }
                _ => {}
            }
        }
        worker.finish();
    }

    #[test]
    fn leads_stand_by_other_rules_as_soon_as_those_hold() {
        let dir = tempfile::tempdir().unwrap();
        let (tell, mut told) = unbounded_channel();
        let store = filled(dir.path());
        let due = |store: &Store| store.summary(LeadId(1)).unwrap().unwrap().deadline.and_then(|clock| clock.due);
        let before = due(&store).unwrap();
        let worker = Worker::start(store, dir.path(), Arc::new(rules()), tell).unwrap();
        let mut other = rules();
        other.policy.sla.acknowledge /= 2;
        other.policy.calendar = crate::handoff::calendar::Calendar::always();
        worker.renew(Arc::new(other), "others".into());
        while !matches!(told.blocking_recv(), Some(Happening::StoreChanged)) {}
        worker.finish();
        let after = due(&Store::open(dir.path()).unwrap()).unwrap();
        assert!(after < before, "due {after}, before {before}");
    }
}
