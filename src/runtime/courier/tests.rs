//! The election, with windows that are processes of their own: this test binary runs itself.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use tokio::sync::mpsc::unbounded_channel;

use chrono::Utc;

use super::*;
use crate::handoff::arrival::Arrival;
use crate::handoff::disposition::{Act, Rejection};
use crate::handoff::event::Actor;
use crate::handoff::lead::{Lead, LeadKey};
use crate::handoff::policy::Policy;
use crate::handoff::scoring::Models;
use crate::keeping::clock::Clock;
use crate::source::{
    Answer, Applied, Capabilities, ConflictDetection, Cursor, Detail, Disposition, Page, Probe, Record, Step, Tombstone,
};

const WINDOW: &str = "LEADBOX_ELECTION_TEST_DIR";
/// After so long a line is not coming.
const PATIENCE: Duration = Duration::from_secs(60);

/// A remote that says what reaches it, and keeps it in a folder, for whichever window asks.
struct Loud(PathBuf);

impl Loud {
    fn place(&self, step: &Step) -> PathBuf {
        self.0.join(step.key.to_string())
    }
}

impl Source for Loud {
    fn name(&self) -> &str {
        "crm"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            writes: true,
            atomic: true,
            repeatable: false,
            conflicts: ConflictDetection::None,
            read_lag: 0,
            tells_news: false,
            sees_deletes: true,
            detail: Detail::None,
            asked_every: 0,
        }
    }

    fn pull(&mut self, _: Option<&Cursor>) -> Answer<'_, Page> {
        Box::pin(async {
            Ok(Page { changes: Vec::new(), left_out: Vec::new(), next: Cursor("c".into()), more: false })
        })
    }

    fn reconcile(&mut self, _: &[String]) -> Answer<'_, Vec<Tombstone>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn detail(&mut self, _: &str) -> Answer<'_, Option<Record>> {
        Box::pin(async { Ok(None) })
    }

    fn plan(&mut self, disposition: &Disposition) -> Answer<'_, Vec<Step>> {
        let body = disposition.lead.external_id.clone().into();
        let step = Step { key: disposition.key, number: 0, what: "write".into(), sets: None, body };
        Box::pin(async { Ok(vec![step]) })
    }

    fn apply(&mut self, step: &Step) -> Answer<'_, Applied> {
        std::fs::write(self.place(step), "").unwrap();
        println!("\nsent {}", step.body.as_str().unwrap());
        Box::pin(async { Ok(Applied::Applied) })
    }

    fn probe(&mut self, step: &Step, _: Option<chrono::Duration>) -> Answer<'_, Probe> {
        let is_there = self.place(step).exists();
        Box::pin(async move { Ok(if is_there { Probe::Committed } else { Probe::Absent }) })
    }
}

fn rules() -> Rules {
    Rules {
        policy: Policy { undo_seconds: 0, ..Policy::default() },
        clock: Clock::default(),
        approach: Vec::new(),
        scoring: Models::default(),
        actor: Actor::rep("ana"),
        zone: chrono_tz::UTC,
    }
}

#[test]
fn a_window_of_the_test_below() {
    let Some(dir) = std::env::var_os(WINDOW) else {
        println!("skipped: this is the other process of the test below");
        return;
    };
    let dir = PathBuf::from(dir);
    let (tell, mut told) = unbounded_channel();
    spawn(vec![Box::new(Loud(dir.join("remote")))], &dir, Arc::new(rules()), tell, None, None).unwrap();
    println!("\nopen");
    thread::spawn(move || {
        while let Some(happening) = told.blocking_recv() {
            if matches!(happening, Happening::Net(_)) {
                println!("\nelected");
            }
        }
    });
    // Until whoever opened it goes away.
    let _ = std::io::stdin().read(&mut [0]);
}

struct Window {
    process: Child,
    lines: Receiver<String>,
}

impl Window {
    fn open(dir: &Path) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "runtime::courier::tests::a_window_of_the_test_below", "--nocapture"])
            .env(WINDOW, dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let (send, lines) = channel();
        thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        let window = Self { process, lines };
        assert!(!window.wait_for("open").contains(&"elected".to_owned()));
        window
    }

    /// All that it says until it says this.
    fn wait_for(&self, wanted: &str) -> Vec<String> {
        let mut seen = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            if line == wanted {
                return seen;
            }
            seen.push(line);
        }
        panic!("“{wanted}” did not come, but {seen:?}");
    }

    /// Ends it as a power cut would, and returns what it said that was not waited for.
    fn kill(mut self) -> Vec<String> {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.lines.iter().collect()
    }
}

#[test]
fn one_window_sends_and_when_it_dies_another_takes_over() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("remote")).unwrap();
    let mut store = Store::open(dir.path()).unwrap();
    store.register_source("crm", true).unwrap();
    let rules = rules();
    let now = Utc::now();
    let leads = ["x1", "x2", "x3"].map(|external_id| {
        let key = LeadKey { source: "crm".into(), external_id: external_id.into() };
        Arrival { lead: Lead { key, mql_at: Some(now), ..Lead::default() }, trail: Vec::new(), told: None }
    });
    store.receive(&leads, &rules.ctx(now)).unwrap();
    let mut reject = |name: &str| {
        let id = store.find(name).unwrap().unwrap();
        let act = Act::Reject(Rejection { code: "budget".into(), ..Rejection::default() });
        store.engage(id, &rules.ctx(Utc::now())).unwrap().unwrap();
        store.act(id, &act, &rules.ctx(Utc::now())).unwrap().unwrap();
    };
    let first = Window::open(dir.path());
    first.wait_for("elected");
    let second = Window::open(dir.path());
    for name in ["x1", "x2"] {
        reject(name);
        first.wait_for(&format!("sent {name}"));
    }
    assert!(second.lines.try_iter().all(|line| !line.contains("sent") && line != "elected"), "two windows send");
    assert!(!first.kill().iter().any(|line| line.contains("sent")), "sent twice");
    reject("x3");
    let seen = second.wait_for("sent x3");
    assert!(!seen.iter().any(|line| line.contains("sent")), "{seen:?}");
    assert!(!second.kill().iter().any(|line| line.contains("sent")), "sent twice");
}

/// What the window is told of rules, first.
fn first_of_rules(renew: Renew) -> Happening {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(dir.path()).unwrap();
    let before = crate::handoff::calendar::Calendar::standard(chrono_tz::UTC);
    store.adopt_calendar(&before, Utc::now() - chrono::Duration::days(1)).unwrap();
    let (tell, mut told) = unbounded_channel();
    let remote = dir.path().join("remote");
    spawn(vec![Box::new(Loud(remote))], dir.path(), Arc::new(rules()), tell, None, Some(renew)).unwrap();
    loop {
        let happening = told.blocking_recv().unwrap();
        if matches!(happening, Happening::Renewed(_) | Happening::Report { .. }) {
            return happening;
        }
    }
}

#[test]
fn rules_that_changed_are_told_with_the_calendar_that_held_before() {
    let mut other = rules();
    other.policy.calendar = crate::handoff::calendar::Calendar::always();
    let mut once = Some(Renewed { rules: other, quiet: None, fingerprint: "others".into() });
    let Happening::Renewed(renewed) = first_of_rules(Box::new(move || once.take().map(Ok))) else { panic!() };
    let former = &renewed.rules.policy.former;
    assert_eq!(former.iter().map(|former| former.calendar.name()).collect::<Vec<_>>(), ["standard"]);

    let mut once = Some(Err("line 3: no such key".to_owned()));
    let Happening::Report { problem, text } = first_of_rules(Box::new(move || once.take())) else { panic!() };
    assert!(problem && text.contains("the former ones hold: line 3"), "{text}");
}
