//! One lead, whole.

use uuid::Uuid;

use super::{from_now, inbox, now};
use crate::app::Model;
use crate::app::msg::Opened;
use crate::app::screen::Screen;
use crate::handoff::Time;
use crate::handoff::activity::{Activity, ActivityKind, Direction};
use crate::handoff::approach::{Approach, Priority};
use crate::handoff::clocks::{Clock, ClosedClock};
use crate::handoff::disposition::{Attempt, Channel, NextStep, Outcome, Rejection};
use crate::handoff::dossier::Dossier;
use crate::handoff::event::{Actor, Event, EventKind};
use crate::handoff::gate::Desk;
use crate::handoff::lead::{
    Attribution, Company, Lead, LeadId, LeadKey, Person, PreflightItem, Routing, SourceStage, Trigger, TriggerKind,
};
use crate::handoff::score::{Axis, Category, Score, ScorePart};
use crate::handoff::sla::{self, Mode};
use crate::handoff::state::{Handoff, Stage};
use crate::handoff::summary::{ClockKind, Counts};

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn part(axis: Axis, label: &str, points: f64, full: Option<f64>, days: Option<i64>) -> ScorePart {
    ScorePart { axis, label: label.into(), points, full, at: days.map(|days| from_now(-days * 86_400)) }
}

fn activity(minutes: i64, kind: ActivityKind, direction: Direction, text: &str) -> Activity {
    Activity {
        external_id: format!("a{minutes}"),
        kind,
        direction,
        at: Some(from_now(-minutes * 60)),
        actor: (direction != Direction::Inbound).then(|| "J. Beck".to_owned()),
        outcome: None,
        text: text.into(),
        url: None,
    }
}

/// Maya Chen, as her source has her.
pub fn maya() -> Lead {
    let trigger = Trigger {
        kind: TriggerKind::Demo,
        what: "demo form on “Q4 pricing”".into(),
        at: Some(from_now(-260)),
        before: Some(58),
        after: Some(92),
        threshold: Some(65),
    };
    let score = Score {
        total: 92,
        fit: Some(38),
        intent: Some(34),
        behavior: Some(20),
        parts: vec![
            part(Axis::Intent, "demo request", 30.0, None, Some(0)),
            part(Axis::Fit, "VP or above", 20.0, None, None),
            part(Axis::Fit, "500 to 1,000 people", 15.0, None, None),
            part(Axis::Behavior, "pricing page ×3", 12.0, None, Some(0)),
            part(Axis::Behavior, "webinar attended", 8.0, Some(15.0), Some(9)),
            part(Axis::Intent, "asked about a product", 4.0, None, Some(0)),
            part(Axis::Fit, "uses Salesforce", 3.0, None, None),
            part(Axis::Behavior, "careers page", -2.0, Some(-10.0), Some(79)),
        ],
        model: some("s1-points@1"),
        evaluated: None,
    };
    Lead {
        key: LeadKey { source: "hubspot".into(), external_id: "90012".into() },
        url: some("https://crm.example/contacts/90012"),
        person: Person {
            first_name: some("Maya"),
            last_name: some("Chen"),
            title: some("VP Revenue Operations"),
            email: some("maya@northwind.example"),
            phone: some("+1 312 555 0143"),
            city: some("Chicago"),
            country: some("US"),
            zone: some("America/Chicago"),
            ..Person::default()
        },
        company: Company {
            name: some("Northwind Traders"),
            domain: some("northwind.example"),
            industry: some("retail"),
            size: some("800"),
            revenue: some("~$140 M"),
            city: some("Chicago"),
            country: some("US"),
            tech: vec!["Salesforce".into(), "HubSpot".into(), "Snowflake".into()],
            news: vec!["raised a series C, Sep 2026".into(), "hired a chief revenue officer".into()],
            provided_by: some("Firmographer"),
            as_of: Some(from_now(-12 * 86_400)),
            ..Company::default()
        },
        owner: some("Ana Ruiz"),
        stage: SourceStage { raw: some("Open - Not Contacted"), ..SourceStage::default() },
        mql_at: Some(from_now(-281)),
        assigned_at: Some(from_now(-259)),
        trigger: Some(trigger),
        attribution: Attribution {
            source: some("Google Ads"),
            campaign: some("Q4 pricing"),
            medium: some("cpc"),
            message: some("Prices that fit your quarter"),
            first_touch: some("buyer's guide, Oct 30"),
            ..Attribution::default()
        },
        score: Some(score),
        category: Some(Category::A),
        routing: Some(Routing {
            rule: "demo requests, Midwest".into(),
            queue: some("inbound"),
            pinned: false,
            at: Some(from_now(-259)),
        }),
        preflight: vec![
            PreflightItem { item: "business_email".into(), passed: true, why: None, ..PreflightItem::default() },
            PreflightItem { item: "company_known".into(), passed: true, why: None, ..PreflightItem::default() },
            PreflightItem {
                item: "phone_reachable".into(),
                passed: false,
                why: some("not checked yet"),
                ..PreflightItem::default()
            },
        ],
        message: some("Can we see the Salesforce sync next week? We would like to decide before the quarter ends."),
        extras: [("preferred_language", "English"), ("utm_content", "blue-button")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        ..Lead::default()
    }
}

fn trail() -> Vec<Activity> {
    use ActivityKind::{Call, DemoRequest, Download, Email, EmailClick, EmailOpen, Event, Note, PageVisit};
    use Direction::{Inbound, Internal, Outbound};
    let day = 1440;
    let mut trail = vec![
        activity(4, DemoRequest, Inbound, "“Can we see the Salesforce sync next week?”"),
        activity(7, PageVisit, Inbound, "pricing, 2 min 40, third visit in 2 h"),
        activity(11, PageVisit, Inbound, "integrations / salesforce"),
        activity(2 * day, EmailClick, Inbound, "“Q4 pricing”, the link to the prices"),
        activity(2 * day + 3, EmailOpen, Inbound, "“Q4 pricing”"),
        activity(5 * day, Email, Outbound, "Your question about the rollout"),
        activity(6 * day, Call, Outbound, "introduction"),
        activity(9 * day, Event, Inbound, "webinar “RevOps in practice”, stayed 41 of 45 min"),
        activity(21 * day, Download, Inbound, "buyer's guide"),
        activity(30 * day, Note, Internal, "met at the spring fair, remembers us"),
        activity(400 * day, PageVisit, Inbound, "home page"),
    ];
    trail[5].outcome = some("no reply");
    trail[6].outcome = some("no answer");
    trail
}

pub fn clock(kind: ClockKind, due: i64, budget: i64) -> Clock {
    Clock {
        kind,
        start: from_now(due - budget),
        due: Some(from_now(due)),
        mode: Mode::Business,
        budget,
        frozen: 0,
        rule: "demo or pricing".into(),
        met_at: None,
        outcome: None,
    }
}

fn opened(lead: Lead, trail: Vec<Activity>) -> Opened {
    let handoff = Handoff::arrived(&lead, now());
    let dossier = Dossier {
        id: LeadId(12),
        lead,
        handoff,
        trail,
        events: Vec::new(),
        unread: 0,
        updated_at: from_now(-150),
        twins: Vec::new(),
    };
    Opened {
        dossier,
        clocks: Vec::new(),
        approach: None,
        is_theirs: false,
        desk: Desk::default(),
        counts: Counts::default(),
    }
}

fn shown(opened: Opened, engaged: bool) -> Model {
    let mut model = inbox();
    model.screen = Screen::Lead;
    if engaged {
        model.desk = Some(Desk { engaged: vec![opened.dossier.id], ..Desk::default() });
    }
    model.opened = Some(Box::new(opened));
    model
}

/// Maya Chen, engaged, with 41 seconds to answer.
pub fn engaged() -> Model {
    let mut opened = opened(maya(), trail());
    opened.clocks = vec![clock(ClockKind::Acceptance, 41, 300), clock(ClockKind::FirstContact, 259, 1200)];
    opened.approach = Some(Approach {
        opening: some("Hi Maya, about your question on the Salesforce sync: what must it carry first?"),
        topics: vec!["the sync: offer Tuesday; she read the prices three times".into()],
        objections: vec!["“how long is the rollout”: six weeks, with dates".into()],
        next_step: some("30 minutes with a solutions engineer"),
        channel: Some(Channel::Phone),
        priority: Priority::Urgent,
        respond_within: Some(300),
        templates: Vec::new(),
    });
    shown(opened, true)
}

fn event(seq: u32, minutes: i64, what: EventKind) -> Event {
    let at: Time = from_now(-minutes * 60);
    Event::new(Uuid::nil(), seq, at, Actor::rep("Ana"), what)
}

/// The same lead some touches later, opened again.
pub fn contacted() -> Model {
    let mut opened = opened(maya(), trail());
    let next = NextStep { at: from_now(4 * 86_400 - 14_551), what: "call back".into() };
    let attempt = Attempt {
        channel: Channel::Phone,
        outcome: Outcome::Voicemail,
        at: None,
        note: some("asked for Tuesday"),
        cited: some("pricing page"),
        next: Some(next.clone()),
        consent_override: None,
    };
    let mail =
        Attempt { channel: Channel::Email, outcome: Outcome::NoAnswer, note: None, cited: None, ..attempt.clone() };
    opened.dossier.events = vec![
        event(1, 2900, EventKind::Accepted { implicit: true }),
        event(2, 2900, EventKind::Attempted(mail)),
        event(3, 95, EventKind::Attempted(attempt)),
    ];
    let handoff = &mut opened.dossier.handoff;
    handoff.stage = Stage::Attempted;
    handoff.answered_at = Some(from_now(-2900 * 60));
    handoff.last_touch_at = Some(from_now(-95 * 60));
    handoff.touches.count = 2;
    handoff.touches.generic = 1;
    handoff.first_attempt_at = handoff.answered_at;
    let closed = |clock, met, diff_seconds| ClosedClock {
        clock,
        rule: "demo or pricing".into(),
        start: from_now(-2900 * 60 - 300),
        budget: 300,
        mode: Mode::Business,
        at: from_now(-2900 * 60),
        outcome: sla::Outcome { met, due: Some(from_now(-2900 * 60 + diff_seconds)), diff_seconds },
        calendar: "95824da011b1773d".into(),
    };
    handoff.closed = vec![closed(ClockKind::Acceptance, true, 22), closed(ClockKind::FirstContact, false, -720)];
    handoff.next_step = Some(next);
    opened.clocks = vec![Clock { budget: 0, rule: "agreed".into(), ..clock(ClockKind::NextStep, 331_049, 331_049) }];
    shown(opened, false)
}

/// A lead of which next to nothing is known, closed at the source.
pub fn bare() -> Model {
    let mut lead = Lead {
        key: LeadKey { source: "olist".into(), external_id: "f7a3c1".into() },
        stage: SourceStage { raw: some("lost"), ..SourceStage::default() },
        ..Lead::default()
    };
    lead.person.do_not_call = true;
    let mut opened = opened(lead, Vec::new());
    opened.dossier.handoff.stage = Stage::Rejected;
    opened.dossier.handoff.closed_at = Some(from_now(-9 * 86_400));
    opened.dossier.handoff.rejection =
        Some(Rejection { code: "budget".into(), note: some("nothing before 2027"), ..Rejection::default() });
    shown(opened, false)
}

/// A lead whose every field is hostile or wide.
pub fn hostile() -> Model {
    let mut model = engaged();
    if let Some(opened) = &mut model.opened {
        let lead = &mut opened.dossier.lead;
        lead.person.first_name = some("\u{1b}[2J王\u{202e}小明");
        lead.person.last_name =
            some("Z\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}algo\r\n👩\u{200d}👧\u{1b}]0;x\u{7}");
        lead.person.title = some("采购经理\t\u{200b}");
        lead.company.name = some("海港机器人有限公司海港机器人有限公司海港机器人有限公司");
        lead.message = some(
            "一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十",
        );
        opened.dossier.trail[0].text = "“\u{1b}[31m\u{2066}red\u{2069}”".into();
    }
    model
}
