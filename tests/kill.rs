//! Kill -9 at random moments while dispositions are being made: nothing acknowledged is lost, nothing is doubled.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on should stop")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use leadbox::handoff::Time;
use leadbox::handoff::arrival::Arrival;
use leadbox::handoff::disposition::{Act, Attempt, Channel, Outcome, Rejection};
use leadbox::handoff::event::Actor;
use leadbox::handoff::lead::{Lead, LeadKey};
use leadbox::handoff::policy::Policy;
use leadbox::handoff::scoring::Models;
use leadbox::store::{Ctx, Store};

const CHILD: &str = "LEADBOX_KILL_TEST_DIR";
const ROUNDS: u32 = 200;
const LEADS: usize = 4000;

fn start() -> Time {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

fn with_ctx<T>(now: Time, then: impl FnOnce(&Ctx<'_>) -> T) -> T {
    let (policy, scoring, actor) = (Policy::default(), Models::default(), Actor::rep("ana"));
    then(&Ctx {
        now,
        ahead: chrono::Duration::zero(),
        policy: &policy,
        scoring: &scoring,
        actor: &actor,
        zone: chrono_tz::UTC,
    })
}

/// What the killed process does, when this test binary runs itself: works leads and says what was acknowledged.
#[test]
fn child_that_is_killed() {
    let Ok(dir) = std::env::var(CHILD) else {
        println!("skipped: this is the other process of the test below");
        return;
    };
    let mut store = Store::open(Path::new(&dir)).unwrap();
    let mut out = std::io::stdout().lock();
    for turn in 0.. {
        let Some(dossier) = with_ctx(start(), |ctx| store.engage_next(None, ctx)).unwrap() else { break };
        let act = match turn % 3 {
            0 => Act::Reject(Rejection { code: "budget".into(), ..Rejection::default() }),
            1 => Act::Skip { reason: "busy".into() },
            _ => Act::Attempt(Attempt {
                channel: Channel::Phone,
                outcome: Outcome::Voicemail,
                at: None,
                note: None,
                cited: None,
                next: None,
                consent_override: None,
            }),
        };
        let mut acted = with_ctx(start(), |ctx| store.act(dossier.id, &act, ctx)).unwrap();
        if acted.is_err() {
            // The skips of the day are used up.
            acted = with_ctx(start(), |ctx| {
                store.act(dossier.id, &Act::Reject(Rejection { code: "budget".into(), ..Rejection::default() }), ctx)
            })
            .unwrap();
        }
        for event in acted.unwrap().events {
            // What stays at home has no row to be sent by.
            let sent = if event.what.is_private() { "own" } else { "out" };
            writeln!(out, "ack {} {sent} {}", dossier.id.0, event.id).unwrap();
        }
        out.flush().unwrap();
    }
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_is_doubled() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(dir.path()).unwrap();
    store.register_source("crm", true).unwrap();
    let arrivals: Vec<_> = (0..LEADS).map(lead).collect();
    with_ctx(start(), |ctx| store.receive(&arrivals, ctx)).unwrap();
    drop(store);

    let mut rng = fastrand::Rng::with_seed(1);
    let mut acknowledged: Vec<Ack> = Vec::new();
    for _ in 0..ROUNDS {
        acknowledged.extend(run_and_kill(dir.path(), Duration::from_micros(rng.u64(0..12_000))));
        check_outbox(dir.path(), &acknowledged);
    }
    assert!(acknowledged.len() > ROUNDS as usize, "the killed process got little done: {}", acknowledged.len());
    verify(dir.path(), &acknowledged);
}

/// What the killed process said it had done.
struct Ack {
    lead: i64,
    event: String,
    is_sent: bool,
}

fn lead(number: usize) -> Arrival {
    let key = LeadKey { source: "crm".into(), external_id: format!("x{number}") };
    Arrival { lead: Lead { key, mql_at: Some(start()), ..Lead::default() }, trail: Vec::new(), told: None }
}

/// Lets the child work for a moment after its first acknowledgement, kills it, and returns what it acknowledged.
fn run_and_kill(dir: &Path, moment: Duration) -> Vec<Ack> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_is_killed", "--nocapture"])
        .env(CHILD, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let (send, lines) = channel();
    let reader =
        std::thread::spawn(move || output.lines().map_while(Result::ok).for_each(|line| drop(send.send(line))));
    let mut seen = Vec::new();
    let mut deadline: Option<Instant> = None;
    // Until the first line come what may; from then on, only for the moment.
    loop {
        let wait = deadline.map_or(Duration::from_secs(30), |at| at.saturating_duration_since(Instant::now()));
        match lines.recv_timeout(wait) {
            Ok(line) => {
                if line.contains("ack ") {
                    deadline.get_or_insert_with(|| Instant::now() + moment);
                }
                seen.push(line);
            }
            Err(_) => break,
        }
        if deadline.is_some_and(|at| at <= Instant::now()) {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap();
    seen.extend(lines.try_iter());
    // A line that the kill cut short was not acknowledged.
    let whole = |line: &String| {
        let (_, ack) = line.split_once("ack ")?;
        let mut words = ack.split(' ');
        let (lead, sent, event) = (words.next()?, words.next()?, words.next()?);
        if event.len() != 36 {
            return None;
        }
        Some(Ack { lead: lead.parse().ok()?, event: event.to_owned(), is_sent: sent == "out" })
    };
    seen.iter().filter_map(whole).collect()
}

/// What was acknowledged and must be sent has its one row in the outbox, what stays at home none, and no row is there
/// twice.
fn check_outbox(dir: &Path, acknowledged: &[Ack]) {
    let store = Store::open(dir).unwrap();
    let mut rows: BTreeMap<String, i64> = BTreeMap::new();
    for item in store.outbox(usize::MAX >> 1).unwrap() {
        assert_eq!(item.event.id, item.op, "a row that carries another event");
        assert_eq!(rows.insert(item.op.to_string(), item.lead.0), None, "a disposition twice in the outbox");
    }
    for ack in acknowledged {
        let row = rows.get(&ack.event).copied();
        assert_eq!(row, ack.is_sent.then_some(ack.lead), "{} of L-{}", ack.event, ack.lead);
    }
}

fn verify(dir: &Path, acknowledged: &[Ack]) {
    let store = Store::open(dir).unwrap();
    assert_eq!(store.check().unwrap(), Vec::<String>::new(), "the file is whole");
    let mut stored: BTreeMap<String, i64> = BTreeMap::new();
    for number in 0..LEADS {
        let id = store.find(&format!("crm:x{number}")).unwrap().unwrap();
        let dossier = store.inspect(id).unwrap();
        assert_eq!(store.replayed(id).unwrap().unwrap(), dossier.handoff, "{id}: events and state differ");
        let events = dossier.events;
        for (place, event) in events.iter().enumerate() {
            assert_eq!(event.seq as usize, place + 1, "{id}: a gap in its events");
            assert_eq!(stored.insert(event.id.to_string(), id.0), None, "{id}: an event twice");
        }
    }
    for ack in acknowledged {
        assert_eq!(stored.get(&ack.event), Some(&ack.lead), "an acknowledged event is lost");
    }
    // And the other way round: what was done unacknowledged is sent as well, once.
    let rows = store.outbox(usize::MAX >> 1).unwrap();
    let out: Vec<_> = rows.iter().map(|item| item.op.to_string()).collect();
    let told: usize = (0..LEADS)
        .map(|number| {
            let id = store.find(&format!("crm:x{number}")).unwrap().unwrap();
            store.inspect(id).unwrap().events.iter().filter(|event| !event.what.is_private()).count()
        })
        .sum();
    assert_eq!(out.len(), told, "an event without its row, or a row without its event");
}
