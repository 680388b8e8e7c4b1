//! The outbox and the log.

use super::golden;
use super::samples::{from_now, inbox};
use crate::app::Model;
use crate::app::msg::OutboxLine;
use crate::app::screen::Screen;
use crate::app::screen::outbox::LogLine;
use crate::handoff::disposition::{Attempt, Channel, Deferral, Outcome, Rejection};
use crate::handoff::event::{Actor, Event, EventKind};
use crate::handoff::lead::LeadId;
use crate::handoff::outbox::OutboxState;
use uuid::Uuid;

pub fn line(id: i64, name: &str, what: EventKind, state: OutboxState) -> OutboxLine {
    let target = if state == OutboxState::Local { "olist" } else { "acme hub" };
    OutboxLine {
        lead: LeadId(id),
        name: name.into(),
        event: Event::new(Uuid::nil(), 1, from_now(-id * 400), Actor::rep("ana"), what),
        at: from_now(-id * 400),
        target: target.into(),
        state,
        tries: 0,
        next_try: None,
        error: None,
        hub: None,
    }
}

pub fn outbox() -> Model {
    use OutboxState::{Cancelled, Held, Local, Parked, Sent, Waiting};
    let mut model = inbox();
    model.screen = Screen::Outbox;
    model.outbox.read = true;
    let accepted = || EventKind::Accepted { implicit: false };
    let rejected = |code: &str, sub: Option<&str>| {
        EventKind::Rejected(Rejection { code: code.into(), sub: sub.map(str::to_owned), ..Rejection::default() })
    };
    let voicemail = Attempt {
        channel: Channel::Phone,
        outcome: Outcome::Voicemail,
        at: None,
        note: Some("asked for Tuesday, will call back".into()),
        cited: None,
        next: None,
        consent_override: None,
    };
    let deferral = Deferral { until: from_now(9 * 86_400), why: "budget comes in December".into() };
    let mut rows = vec![
        line(1, "Dana Whitfield", accepted(), Held),
        line(4, "Maya Chen", EventKind::Attempted(voicemail), Waiting),
        // The team's word for it, not the code.
        line(22, "R. Okafor", rejected("budget", None), Parked),
        line(23, "Tomás Ferreira", EventKind::Deferred(deferral), Waiting),
        line(40, "王小明", accepted(), Sent),
        line(41, "Ingrid Solberg", EventKind::Skipped { reason: "in a meeting".into() }, Cancelled),
        line(300, "f7a3c1", rejected("bad_data", Some("bad_email")), Local),
    ];
    (rows[2].tries, rows[3].tries) = (3, 2);
    rows[2].error = Some("acme hub refused it: the owner “ana.r” is not known there. Ask your administrator.".into());
    (rows[3].next_try, rows[3].error) = (Some(from_now(90)), Some("the connection was refused".into()));
    model.outbox.rows = rows;
    model.outbox.at = 2;
    model
}

#[test]
fn the_outbox() {
    golden("outbox", &outbox());
    let mut empty = outbox();
    empty.outbox.rows.clear();
    golden("outbox-empty", &empty);
}

#[test]
fn the_log() {
    let mut model = inbox();
    model.screen = Screen::Log;
    let lines = [
        (3, false, "accepted Dana Whitfield"),
        (70, true, "acme hub cannot be reached: the connection was refused"),
        (200, false, "12 new leads came from acme hub"),
        (10_000, false, "leadbox began"),
    ];
    for (ago, problem, text) in lines {
        model.log.lines.push_back(LogLine { at: from_now(-ago), problem, text: text.into() });
    }
    golden("log", &model);
}
