//! HubSpot's double: a server on loopback that keeps an account's records as the real one does on its dated paths
//! (`/2026-09/`), with the real one's bad habits, each of which can be switched. It was built from the published
//! documents and what is told of the service; what is from memory is said to be so.
//!
//! It has a clock of its own, which only a test moves, and a thread of its own: no runtime is needed. [`hands`] holds
//! what a test does to it as a person would in the CRM's own screens.

#![allow(dead_code, reason = "each test file uses its part")]

mod account;
mod answer;
mod batch;
mod beside;
mod definitions;
mod faults;
pub mod hands;
mod limits;
mod objects;
mod query;
mod records;
mod routes;
mod search;
mod serve;
pub mod staff;
mod state;

use std::collections::BTreeMap;
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

pub use account::{Account, Habits};
pub use faults::Fault;
pub use limits::Asked;
use state::State;

/// When its clock starts: 2026-11-20, ten in the morning UTC, in milliseconds since 1970.
pub const START: i64 = 1_795_168_800_000;

/// What the threads share.
struct Shared {
    state: Mutex<State>,
    clock: Arc<AtomicI64>,
    is_over: AtomicBool,
}

/// The server. It ends when this is dropped.
pub struct Hubspot {
    /// Where it is, such as `http://127.0.0.1:4711`.
    pub url: String,
    shared: Arc<Shared>,
}

impl Hubspot {
    /// An account that is served on a free port of this machine, with one owner (id 501) and no bad habits.
    pub fn start(account: Account) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let clock = Arc::new(AtomicI64::new(START));
        let state = Mutex::new(State::new(account, START));
        let shared = Arc::new(Shared { state, clock, is_over: AtomicBool::new(false) });
        let served = Arc::clone(&shared);
        thread::spawn(move || serve::serve(&listener, &served));
        let hubspot = Self { url, shared };
        hubspot.owner(501, "ana@example.com", "Ana", "Ruiz");
        hubspot
    }

    /// The clock, in milliseconds since 1970: for whoever is to live by it too.
    pub fn clock(&self) -> Arc<AtomicI64> {
        Arc::clone(&self.shared.clock)
    }

    /// What it shows now.
    pub fn now(&self) -> i64 {
        self.shared.clock.load(Ordering::SeqCst)
    }

    /// Time passes.
    pub fn advance(&self, seconds: i64) {
        self.shared.clock.fetch_add(seconds * 1000, Ordering::SeqCst);
    }

    /// The token that it takes.
    pub fn token(&self) -> String {
        self.state().account.token.clone()
    }

    /// From now on the account is another one: tier, token, scopes.
    pub fn account(&self, change: impl FnOnce(&mut Account)) {
        change(&mut self.state().account);
    }

    /// From now on it has other habits.
    pub fn habits(&self, change: impl FnOnce(&mut Habits)) {
        change(&mut self.state().habits);
    }

    /// Once `after` calls of this kind went well (part of [`Asked::kind`]; empty for any), the next goes wrong so.
    pub fn order(&self, kind: &str, after: usize, fault: Fault) {
        self.state().faults.order(kind, after, fault);
    }

    /// From now on this says of each call what goes wrong with it.
    pub fn schedule(&self, schedule: impl FnMut(&Asked) -> Option<Fault> + Send + 'static) {
        self.state().faults.schedule(Some(Box::new(schedule)));
    }

    /// Nothing more goes wrong by order or schedule.
    pub fn mend(&self) {
        self.state().faults = faults::Faults::default();
    }

    /// What it was asked, in order.
    pub fn log(&self) -> Vec<Asked> {
        self.state().log.clone()
    }

    /// Forgets what it was asked.
    pub fn forget(&self) {
        self.state().log.clear();
    }

    /// How often each kind of call was asked.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        limits::counts(&self.state().log)
    }

    /// How often a kind of call was asked: all whose kind holds this.
    pub fn count(&self, kind: &str) -> usize {
        self.state().log.iter().filter(|asked| asked.kind.contains(kind)).count()
    }

    /// The most calls of those meant that came in within so many milliseconds.
    pub fn busiest(&self, milliseconds: i64, is_meant: impl Fn(&Asked) -> bool) -> usize {
        limits::busiest(&self.state().log, milliseconds, is_meant)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.shared.state.lock().unwrap();
        state.now = self.now();
        state
    }
}

impl Drop for Hubspot {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        // Whoever waits for connections sees it by one.
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
    }
}
