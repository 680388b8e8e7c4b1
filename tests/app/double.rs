//! A small honest store in memory: the desk, the leads and their events, kept by the domain's own pure functions.

use std::collections::BTreeMap;

use chrono::{Duration, TimeZone, Utc};
use leadbox::app::effect::{Ask, Cursor, From, PageAsk};
use leadbox::app::msg::{Acted, Opened, OutboxLine, OutboxState, Page, Reply};
use leadbox::handoff::Time;
use leadbox::handoff::activity::{Activity, ActivityKind, Direction};
use leadbox::handoff::disposition::Act;
use leadbox::handoff::dossier::Dossier;
use leadbox::handoff::event::{Actor, Event, EventKind};
use leadbox::handoff::gate::Desk;
use leadbox::handoff::lead::{Lead, LeadId, LeadKey, Person, Trigger, TriggerKind};
use leadbox::handoff::machine;
use leadbox::handoff::policy::Policy;
use leadbox::handoff::refusal::Refusal;
use leadbox::handoff::standing::standing;
use leadbox::handoff::state::{Debt, Handoff, Stage};
use leadbox::handoff::summary::{Counts, Summary, Tab};
use uuid::Uuid;

/// Friday, 20 November 2026, 14:00 UTC: when every test begins.
pub fn start() -> Time {
    Utc.with_ymd_and_hms(2026, 11, 20, 14, 0, 0).unwrap()
}

/// One lead with its history.
#[derive(Clone, Debug)]
pub struct Record {
    pub lead: Lead,
    pub trail: Vec<Activity>,
    arrived: Handoff,
    events: Vec<Event>,
    pub handoff: Handoff,
}

impl Record {
    pub fn arrived(&self) -> &Handoff {
        &self.arrived
    }

    pub fn events(&self) -> &[Event] {
        &self.events
    }
}

#[derive(Clone, Debug)]
struct LastAct {
    lead: LeadId,
    first_seq: u32,
    at: Time,
    was_engaged: bool,
    was_skip: bool,
}

/// The store.
#[derive(Clone, Debug)]
pub struct Double {
    pub records: BTreeMap<LeadId, Record>,
    pub desk: Desk,
    pub policy: Policy,
    acts: Vec<LastAct>,
    events_made: u128,
    /// Everything that is asked fails with this.
    pub broken: Option<String>,
    /// How often something was written.
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

impl Double {
    /// A store with a lead at each of these stages, numbered from 1.
    pub fn with(stages: &[Stage]) -> Self {
        let records = (1..).zip(stages).map(|(number, &stage)| (LeadId(number), record(number, stage))).collect();
        Self {
            records,
            desk: Desk::default(),
            policy: Policy::default(),
            acts: Vec::new(),
            events_made: 0,
            broken: None,
            version: 0,
        }
    }

    /// So many unanswered leads.
    pub fn new(count: usize) -> Self {
        Self::with(&vec![Stage::Assigned; count])
    }

    pub fn stage(&self, number: i64) -> Stage {
        self.records[&LeadId(number)].handoff.stage
    }

    /// Answers as the real store does.
    pub fn answer(&mut self, ask: Ask, now: Time) -> Reply {
        if let Some(error) = &self.broken {
            return Reply::Failed { ask, error: error.clone() };
        }
        let refused = |ask, refusal| Reply::Refused { ask, refusal };
        match ask.clone() {
            Ask::Desk => Reply::Desk { desk: self.desk.clone(), counts: self.counts() },
            Ask::Page(page) => self.page(&page),
            Ask::Search { generation, text, most } => self.search(generation, &text, most),
            Ask::Engage(lead) => match self.engage(lead) {
                Ok(()) => self.open(lead),
                Err(refusal) => refused(ask, refusal),
            },
            Ask::EngageNext => self.engage_next(),
            Ask::Show(lead) => match self.may_show(lead) {
                Ok(()) => self.open(lead),
                Err(refusal) => refused(ask, refusal),
            },
            Ask::Act { lead, act } => match self.act(lead, &act, now) {
                Ok(acted) => Reply::Acted(Box::new(acted)),
                Err(refusal) => refused(ask, refusal),
            },
            Ask::ActMany { leads, act } => {
                let (mut done, mut failed) = (Vec::new(), Vec::new());
                for lead in leads {
                    match self.act(lead, &act, now) {
                        Ok(_) => done.push(lead),
                        Err(refusal) => failed.push((lead, refusal)),
                    }
                }
                let (desk, counts) = (self.desk.clone(), self.counts());
                Reply::BulkDone { act, done, refused: failed, undo_until: now + Duration::seconds(10), desk, counts }
            }
            Ask::Undo => match self.undo(now) {
                Ok(lead) => Reply::Undone { lead, desk: self.desk.clone(), counts: self.counts() },
                Err(refusal) => refused(ask, refusal),
            },
            Ask::WhyDue(lead) => Reply::Walked { lead, walks: Vec::new() },
            Ask::Outbox { .. } | Ask::RetryParked { .. } => Reply::Outbox(self.outbox()),
        }
    }

    fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for record in self.records.values() {
            counts.by_tab[tab(record) as usize] += 1;
        }
        counts
    }

    fn page(&self, ask: &PageAsk) -> Reply {
        let rows = self
            .records
            .iter()
            .filter(|(_, record)| tab(record) == ask.tab || ask.tab == Tab::Due && record.handoff.stage.is_open());
        let all: Vec<Summary> = rows.map(|(&id, record)| summary(id, record)).collect();
        let place = |id: LeadId| all.iter().position(|row| row.id >= id).unwrap_or(all.len());
        let first = match ask.from {
            From::Top => 0,
            From::Bottom => all.len().saturating_sub(ask.rows),
            From::After(cursor) => all.iter().position(|row| row.id > cursor.id).unwrap_or(all.len()),
            From::Before(cursor) => place(cursor.id).saturating_sub(ask.rows),
            From::Around(lead) if all.iter().any(|row| row.id == lead) => place(lead).saturating_sub(ask.rows / 2),
            From::Around(_) => 0,
        };
        let end = match ask.from {
            From::Before(cursor) => place(cursor.id),
            _ => (first + ask.rows).min(all.len()),
        };
        let cursor = |row: &Summary| Cursor { sort: 0, rank: 0, id: row.id };
        let rows = all[first..end].to_vec();
        Reply::Page(Page {
            generation: ask.generation,
            tab: ask.tab,
            above: rows.first().filter(|_| first > 0).map(cursor),
            below: rows.last().filter(|_| end < all.len()).map(cursor),
            rows,
        })
    }

    fn search(&self, generation: u64, text: &str, most: usize) -> Reply {
        let error = text.contains("bad:").then(|| "there is no “bad:”".to_owned());
        let fits = |row: &Summary| row.name.to_lowercase().contains(&text.to_lowercase());
        let all = self.records.iter().map(|(&id, record)| summary(id, record));
        let mut rows: Vec<Summary> = all.filter(|row| error.is_none() && fits(row)).collect();
        let more = rows.len() > most;
        rows.truncate(most);
        Reply::Found { generation, rows, more, error }
    }

    fn may_show(&self, lead: LeadId) -> Result<(), Refusal> {
        self.desk.may_turn_to(lead, &self.policy.gate)?;
        if self.desk.current() == Some(lead) || self.records[&lead].handoff.is_answered() {
            Ok(())
        } else {
            Err(Refusal::Missing("open it first: then it owes a disposition"))
        }
    }

    /// Opens a lead and owes it a disposition.
    pub fn engage(&mut self, lead: LeadId) -> Result<(), Refusal> {
        self.desk = self.desk.engage(lead, &self.records[&lead].handoff, &self.policy.gate)?;
        self.version += 1;
        Ok(())
    }

    fn engage_next(&mut self) -> Reply {
        let turn = |record: &Record| match record.handoff.debt()? {
            Debt::Answer => Some(u8::from(record.handoff.skipped_at.is_some()) * 2),
            Debt::Contact => Some(1 + u8::from(record.handoff.skipped_at.is_some()) * 2),
        };
        let first = self.records.iter().filter_map(|(&id, record)| Some((turn(record)?, id))).min();
        match (self.desk.current(), first) {
            (Some(lead), _) => self.open(lead),
            (None, Some((_, lead))) => {
                self.engage(lead).unwrap();
                self.open(lead)
            }
            (None, None) => Reply::NoneLeft { desk: self.desk.clone(), counts: self.counts() },
        }
    }

    fn open(&self, id: LeadId) -> Reply {
        let record = &self.records[&id];
        let dossier = Dossier {
            id,
            lead: record.lead.clone(),
            handoff: record.handoff.clone(),
            trail: record.trail.clone(),
            events: record.events.clone(),
            updated_at: start(),
        };
        let (desk, counts) = (self.desk.clone(), self.counts());
        Reply::Opened(Box::new(Opened { dossier, clocks: Vec::new(), approach: Vec::new(), desk, counts }))
    }

    fn append(&mut self, lead: LeadId, kinds: Vec<EventKind>, at: Time) -> Result<(), Refusal> {
        let record = self.records.get_mut(&lead).unwrap();
        let mut after = record.clone();
        for what in kinds {
            self.events_made += 1;
            let (id, seq) = (Uuid::from_u128(self.events_made), after.handoff.seq + 1);
            let event = Event::new(id, seq, at, Actor::rep("Ana"), what);
            let (handoff, event) = machine::happen(&after.handoff, &after.lead, &self.policy, event)?;
            after.handoff = handoff;
            after.events.push(event);
        }
        *record = after;
        self.version += 1;
        Ok(())
    }

    /// Does what a rep does. Whatever is not legal panics here or is refused: nothing slips through.
    pub fn act(&mut self, lead: LeadId, act: &Act, now: Time) -> Result<Acted, Refusal> {
        let record = &self.records[&lead];
        let was_engaged = self.desk.engaged.contains(&lead);
        let desk = self.desk.after(lead, act, &self.policy.gate, now.date_naive())?;
        let kinds = machine::plan(&record.handoff, act, &record.lead, &self.policy, now)?;
        let first_seq = record.handoff.seq + 1;
        self.append(lead, kinds, now)?;
        self.follow(lead, now);
        self.desk = desk;
        self.acts.push(LastAct { lead, first_seq, at: now, was_engaged, was_skip: matches!(act, Act::Skip { .. }) });
        Ok(Acted {
            lead,
            act: act.clone(),
            was_engaged,
            summary: Some(summary(lead, &self.records[&lead])),
            undo_until: now + Duration::seconds(i64::from(self.policy.undo_seconds)),
            desk: self.desk.clone(),
            counts: self.counts(),
        })
    }

    fn follow(&mut self, lead: LeadId, now: Time) {
        let kinds = machine::consequences(&self.records[&lead].handoff, &self.policy, now);
        if !kinds.is_empty() {
            self.append(lead, kinds, now).unwrap();
        }
    }

    /// What time brings about.
    pub fn wake(&mut self, now: Time) {
        for lead in self.records.keys().copied().collect::<Vec<_>>() {
            self.follow(lead, now);
        }
    }

    /// Takes back the last act.
    pub fn undo(&mut self, now: Time) -> Result<LeadId, Refusal> {
        let seconds = self.policy.undo_seconds;
        let last = self.acts.last().cloned().ok_or(Refusal::NothingToUndo)?;
        if now >= last.at + Duration::seconds(i64::from(seconds)) {
            return Err(Refusal::UndoTooLate { seconds });
        }
        self.acts.pop();
        let record = &self.records[&last.lead];
        let was_open = last.was_engaged || record.handoff.is_answered();
        let gone =
            |event: &Event| record.events.iter().any(|other| other.what == EventKind::Undone { event: event.id });
        let back = record.events.iter().rev().filter(|event| event.seq >= last.first_seq && !gone(event));
        let back = back.filter(|event| !matches!(event.what, EventKind::Undone { .. }));
        let kinds = back.map(|event| EventKind::Undone { event: event.id }).collect();
        self.append(last.lead, kinds, now)?;
        let record = self.records.get_mut(&last.lead).unwrap();
        record.handoff = machine::replay(record.arrived.clone(), &record.events)?;
        let handoff = record.handoff.clone();
        self.desk = self.desk.after_undo(last.lead, &handoff, was_open, last.was_skip);
        Ok(last.lead)
    }

    fn outbox(&self) -> Vec<OutboxLine> {
        let line = |act: &LastAct| OutboxLine {
            lead: act.lead,
            name: self.records[&act.lead].lead.display_name(),
            what: "accepted".into(),
            at: act.at,
            target: "test".into(),
            state: OutboxState::Waiting,
            tries: 0,
            next_try: None,
            error: None,
        };
        self.acts.iter().rev().map(line).collect()
    }
}

fn tab(record: &Record) -> Tab {
    standing(&record.lead, &record.handoff, &Policy::default(), start()).tab
}

fn record(number: i64, stage: Stage) -> Record {
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
        stage: leadbox::handoff::lead::SourceStage { canonical: Some(stage), ..Default::default() },
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
    let handoff = Handoff::arrived(&lead, start());
    Record { lead, trail, arrived: handoff.clone(), events: Vec::new(), handoff }
}

fn summary(id: LeadId, record: &Record) -> Summary {
    Summary {
        id,
        source: "test".into(),
        external_id: record.lead.key.external_id.clone(),
        name: record.lead.display_name(),
        title: None,
        company: None,
        place: None,
        why: Some("demo request".into()),
        trigger: Some(TriggerKind::Demo),
        origin: None,
        category: None,
        score: None,
        parts: [None; 3],
        owner: None,
        stage: record.handoff.stage,
        tab: tab(record),
        deadline: None,
        returns_at: None,
        closed_at: None,
        touches: record.handoff.touches.count,
        asked: None,
    }
}
