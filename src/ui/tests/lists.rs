//! The outbox and the log.

use super::golden;
use super::samples::{from_now, inbox};
use crate::app::Model;
use crate::app::msg::OutboxLine;
use crate::app::screen::Screen;
use crate::app::screen::outbox::LogLine;
use crate::handoff::lead::LeadId;
use crate::handoff::outbox::OutboxState;

fn line(id: i64, name: &str, what: &str, state: OutboxState) -> OutboxLine {
    let target = if state == OutboxState::Local { "olist" } else { "acme hub" };
    OutboxLine {
        lead: LeadId(id),
        name: name.into(),
        what: what.into(),
        at: from_now(-id * 400),
        target: target.into(),
        state,
        tries: 0,
        next_try: None,
        error: None,
    }
}

pub fn outbox() -> Model {
    use OutboxState::{Cancelled, Held, Local, Parked, Sent, Waiting};
    let mut model = inbox();
    model.screen = Screen::Outbox;
    model.outbox.read = true;
    let mut rows = vec![
        line(1, "Dana Whitfield", "accepted", Held),
        line(4, "Maya Chen", "contact: phone, voicemail · “asked for Tuesday, will call back”", Waiting),
        line(22, "R. Okafor", "rejected: no budget", Parked),
        line(23, "Tomás Ferreira", "deferred until Mon Nov 30, 09:00", Waiting),
        line(40, "王小明", "accepted", Sent),
        line(41, "Ingrid Solberg", "skipped", Cancelled),
        line(300, "f7a3c1", "rejected: bad data · email", Local),
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
