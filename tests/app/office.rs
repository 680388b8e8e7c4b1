//! A real store in memory with invented leads, answering as the program's own does.

use std::collections::BTreeMap;

use chrono::{Duration, TimeZone, Utc};
use leadbox::app::Reply;
use leadbox::app::effect::Ask;
use leadbox::handoff::Time;
use leadbox::handoff::activity::{Activity, ActivityKind, Direction};
use leadbox::handoff::arrival::Arrival;
use leadbox::handoff::disposition::Act;
use leadbox::handoff::event::Actor;
use leadbox::handoff::gate::Desk;
use leadbox::handoff::lead::{Lead, LeadId, LeadKey, Person, SourceStage, Trigger, TriggerKind};
use leadbox::handoff::machine;
use leadbox::handoff::policy::Policy;
use leadbox::handoff::scoring::Models;
use leadbox::handoff::state::{Handoff, Stage};
use leadbox::runtime::answer::{Rules, answer};
use leadbox::store::{Batch, Store};

/// Friday, 20 November 2026, 14:00 UTC: when every test begins.
pub fn start() -> Time {
    Utc.with_ymd_and_hms(2026, 11, 20, 14, 0, 0).unwrap()
}

/// The store, and the rules it is asked under.
pub struct Office {
    store: Store,
    rules: Rules,
    arrivals: BTreeMap<i64, Arrival>,
    /// Everything that is asked fails with this.
    pub broken: Option<String>,
    /// Grows whenever something may have been written.
    pub version: u64,
}

/// The names of the leads, in their order.
pub const NAMES: [&str; 8] = [
    "Maya Chen",
    "Tomas Ferreira",
    "Ingrid Solberg",
    "R. Okafor",
    "Wei Zhang",
    "Priya Natarajan",
    "Luc Moreau",
    "Dana Whitfield",
];

impl Office {
    /// A store with a lead at each of these stages, numbered from 1.
    pub fn with(stages: &[Stage]) -> Self {
        let rules = Rules {
            policy: Policy::default(),
            scoring: Models::default(),
            approach: Vec::new(),
            actor: Actor::rep("Ana"),
            zone: chrono_tz::UTC,
            clock: leadbox::keeping::clock::Clock::default(),
        };
        let mut store = Store::open_in_memory().unwrap();
        store.register_source("test", true).unwrap();
        let mut office = Self { store, rules, arrivals: BTreeMap::new(), broken: None, version: 0 };
        office.arrive(stages);
        office
    }

    /// So many unanswered leads.
    pub fn new(count: usize) -> Self {
        Self::with(&vec![Stage::Assigned; count])
    }

    /// More leads, at these stages.
    pub fn arrive(&mut self, stages: &[Stage]) {
        let first = self.arrivals.len() as i64 + 1;
        let more: Vec<_> = (first..).zip(stages).map(|(number, &stage)| (number, arrival(number, stage))).collect();
        let arrivals: Vec<_> = more.iter().map(|(_, arrival)| arrival.clone()).collect();
        self.store.receive(&arrivals, &self.rules.ctx(start())).unwrap();
        self.arrivals.extend(more);
        self.version += 1;
    }

    /// Its source says something else about a lead.
    pub fn change(&mut self, number: i64, change: impl FnOnce(&mut Lead)) {
        let arrival = self.arrivals.get_mut(&number).unwrap();
        change(&mut arrival.lead);
        self.store.receive(std::slice::from_ref(arrival), &self.rules.ctx(start())).unwrap();
        self.version += 1;
    }

    /// Its source takes a lead away, for this reason.
    pub fn withdraw(&mut self, number: i64, why: &str) {
        let gone = vec![(format!("x{number}"), why.to_owned(), None)];
        let batch = Batch { gone, next: Some("there".into()), ..Batch::default() };
        self.store.take_in("test", batch, &self.rules.ctx(start())).unwrap();
        self.version += 1;
    }

    /// The rules, to be changed before the first window opens.
    pub fn policy_mut(&mut self) -> &mut Policy {
        &mut self.rules.policy
    }

    pub fn policy(&self) -> Policy {
        self.rules.policy.clone()
    }

    pub fn desk(&self) -> Desk {
        self.store.desk().unwrap()
    }

    pub fn handoff(&self, number: i64) -> Handoff {
        self.store.inspect(LeadId(number)).unwrap().handoff
    }

    pub fn stage(&self, number: i64) -> Stage {
        self.handoff(number).stage
    }

    /// Answers as the program's own thread does.
    pub fn answer(&mut self, ask: Ask, now: Time) -> Reply {
        if let Some(error) = &self.broken {
            return Reply::Failed { ask, error: error.clone() };
        }
        self.version += u64::from(!matches!(
            ask,
            Ask::Desk
                | Ask::Alerts
                | Ask::Soon
                | Ask::Page(_)
                | Ask::Search { .. }
                | Ask::Show(_)
                | Ask::WhyDue(_)
                | Ask::Outbox { .. }
        ));
        answer(&mut self.store, &self.rules, now, ask)
    }

    /// Another window opens a lead.
    pub fn engage(&mut self, number: i64) {
        let reply = self.answer(Ask::Engage(LeadId(number)), start());
        assert!(matches!(reply, Reply::Opened(_)), "{reply:?}");
    }

    /// Another window does something to a lead.
    pub fn act(&mut self, number: i64, act: Act, now: Time) {
        let reply = self.answer(Ask::Act { lead: LeadId(number), act }, now);
        assert!(matches!(reply, Reply::Acted(_)), "{reply:?}");
    }

    /// Another window takes the last act back.
    pub fn undo(&mut self, now: Time) {
        let reply = self.answer(Ask::Undo, now);
        assert!(matches!(reply, Reply::Undone { .. }), "{reply:?}");
    }

    /// What time brings about.
    pub fn wake(&mut self, now: Time) {
        self.store.wake(&self.rules.ctx(now), 1000).unwrap();
        self.version += 1;
    }

    /// The history of each lead leads to its state.
    pub fn check(&self) {
        for &number in self.arrivals.keys() {
            let dossier = self.store.inspect(LeadId(number)).unwrap();
            let arrived = Handoff::arrived(&dossier.lead, start());
            assert_eq!(machine::replay(arrived, &dossier.events).unwrap(), dossier.handoff, "{number}");
        }
    }
}

fn arrival(number: i64, stage: Stage) -> Arrival {
    let name = NAMES[(number as usize - 1) % NAMES.len()].to_owned();
    let lead = Lead {
        key: LeadKey { source: "test".into(), external_id: format!("x{number}") },
        url: Some(format!("https://crm.example/{number}")),
        person: Person {
            name: Some(if number as usize > NAMES.len() { format!("{name} {number}") } else { name }),
            email: Some(format!("lead{number}@acme.example")),
            phone: Some("+1 312 555 0143".into()),
            ..Person::default()
        },
        trigger: Some(Trigger {
            kind: TriggerKind::Demo,
            what: "demo request".into(),
            at: None,
            before: None,
            after: None,
            threshold: None,
        }),
        stage: SourceStage { canonical: Some(stage), ..Default::default() },
        assigned_at: Some(start() - Duration::minutes(1)),
        ..Lead::default()
    };
    let act = |kind: ActivityKind, text: &str, minutes| Activity {
        external_id: text.into(),
        kind,
        direction: Direction::Inbound,
        at: Some(start() - Duration::minutes(minutes)),
        actor: None,
        outcome: None,
        text: text.into(),
        url: None,
    };
    let trail = vec![
        act(ActivityKind::PageVisit, "pricing page", 5),
        act(ActivityKind::DemoRequest, "Can we see the sync?", 10),
        act(ActivityKind::EmailOpen, "Q4 pricing", 20),
    ];
    Arrival { lead, trail, told: None }
}
