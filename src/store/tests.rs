//! Tests of the store as a whole.

use std::path::Path;

use chrono::Duration;

use super::*;
use crate::handoff::arrival::Arrival;
use crate::handoff::disposition::{Act, Attempt, Channel, Deferral, Outcome, Qualification, Rejection};
use crate::handoff::lead::{Lead, LeadKey, Trigger, TriggerKind};
use crate::handoff::query::Filter;
use crate::handoff::score::{Category, Score};
use crate::handoff::state::Stage;
use crate::handoff::summary::Tab;

mod acting;
mod alerts;
mod anew;
mod calendars;
mod gate;
mod listing;
mod opening;
mod receiving;
mod reconciling;
mod remote;
mod sending;
mod sequences;
mod theirs;
mod turns;
mod waking;
mod words;

/// What a test acts under; the clock is moved by hand.
struct World {
    now: Time,
    policy: Policy,
    scoring: Models,
    actor: Actor,
}

impl World {
    fn new() -> Self {
        Self {
            now: at("2026-11-20T10:00:00Z"),
            policy: Policy::default(),
            scoring: Models::default(),
            actor: Actor::rep("Ana"),
        }
    }

    fn ctx(&self) -> Ctx<'_> {
        Ctx {
            now: self.now,
            ahead: chrono::Duration::zero(),
            policy: &self.policy,
            scoring: &self.scoring,
            actor: &self.actor,
            zone: Tz::UTC,
        }
    }

    fn pass(&mut self, seconds: i64) {
        self.now += Duration::seconds(seconds);
    }
}

fn at(text: &str) -> Time {
    text.parse().unwrap()
}

fn lead(n: usize) -> Lead {
    let mut lead = Lead {
        key: LeadKey { source: "crm".into(), external_id: format!("x{n}") },
        mql_at: Some(at("2026-11-20T09:00:00Z") + Duration::minutes(i64::try_from(n).unwrap())),
        category: [Some(Category::A), Some(Category::B), Some(Category::C), None][n % 4],
        score: Some(Score {
            total: i32::try_from(n * 7 % 100).unwrap(),
            fit: Some(3),
            intent: None,
            behavior: Some(4),
            parts: Vec::new(),
            model: None,
            evaluated: None,
        }),
        trigger: Some(Trigger {
            kind: TriggerKind::ALL[n % 7],
            what: format!("trigger {n}"),
            at: None,
            before: None,
            after: None,
            threshold: None,
        }),
        ..Lead::default()
    };
    lead.person.first_name = Some(format!("First{n}"));
    lead.person.last_name = Some(format!("Last{n}"));
    lead.company.name = Some(format!("Company {n}"));
    lead
}

fn arrivals(count: usize) -> Vec<Arrival> {
    (1..=count).map(|n| Arrival { lead: lead(n), trail: Vec::new(), told: None }).collect()
}

/// A store with leads 1 to `count`, from a source that takes dispositions back.
fn store(world: &World, count: usize) -> Store {
    let mut store = Store::open_in_memory().unwrap();
    fill(&mut store, world, count);
    store
}

fn fill(store: &mut Store, world: &World, count: usize) {
    store.register_source("crm", true).unwrap();
    store.receive(&arrivals(count), &world.ctx()).unwrap();
}

fn on_disk(dir: &Path, world: &World, count: usize) -> Store {
    let mut store = Store::open(dir).unwrap();
    fill(&mut store, world, count);
    store
}

const fn id(n: i64) -> LeadId {
    LeadId(n)
}

fn call(outcome: Outcome) -> Act {
    Act::Attempt(Attempt {
        channel: Channel::Phone,
        outcome,
        at: None,
        note: None,
        cited: None,
        next: None,
        consent_override: None,
    })
}

fn reject() -> Act {
    Act::Reject(Rejection { code: "other".into(), note: Some("a test".into()), ..Rejection::default() })
}

fn defer(world: &World, days: i64) -> Act {
    Act::Defer(Deferral { until: world.now + Duration::days(days), why: "they asked".into() })
}

fn skip() -> Act {
    Act::Skip { reason: "not now".into() }
}

/// Everything in the file, to see that nothing was changed.
fn contents(store: &Store) -> Vec<String> {
    let tables = ["lead", "lead_record", "activity", "event", "outbox", "engagement", "desk", "last_act", "tally"];
    let mut lines = Vec::new();
    for table in tables {
        let mut statement = store.conn.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let cells: Vec<_> = (0..columns).map(|n| format!("{:?}", row.get_ref(n).unwrap())).collect();
            lines.push(format!("{table}: {}", cells.join(" ")));
        }
    }
    lines
}

/// What must hold at any time: kept counts are right, and every handoff is what its events say.
fn check_truth(store: &Store, world: &World) {
    let ctx = world.ctx();
    assert_eq!(store.counts(&ctx).unwrap(), store.counted(&ctx));
    let leads: i64 = store.conn.query_row("SELECT count(*) FROM lead", [], |row| row.get(0)).unwrap();
    for n in 1..=leads {
        let held = record::must_load(&store.conn, id(n)).unwrap();
        let arrived = record::arrived(&store.conn, &held).unwrap();
        let events = record::events(&store.conn, id(n)).unwrap();
        assert!(events.iter().zip(1..).all(|(event, seq)| event.seq == seq), "{events:?}");
        assert_eq!(crate::handoff::machine::replay(arrived, &events).unwrap(), held.handoff);
    }
}
