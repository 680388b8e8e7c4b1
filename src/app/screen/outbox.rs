//! The outbox and the log: two lists over everything else.

use std::collections::VecDeque;

use uuid::Uuid;

use super::{Motion, Screen, reconcile};
use crate::app::effect::Ask;
use crate::app::model::Model;
use crate::app::msg::OutboxLine;
use crate::app::out::Out;
use crate::handoff::Time;

/// What waits to be sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OutboxView {
    /// The rows, newest first.
    pub rows: Vec<OutboxLine>,
    /// The selected row.
    pub at: usize,
    /// The first row on the screen.
    pub top: usize,
    /// The rows came: an empty list is empty, not unread.
    pub read: bool,
    /// What is compared: the first line that is shown, and the furthest that it can be scrolled to.
    pub scroll: usize,
    /// See [`crate::app::screen::lead::LeadView::scroll_most`].
    pub scroll_most: usize,
    /// This was read, and the store has not said that it noted so.
    pub acknowledged: Option<Uuid>,
}

impl OutboxView {
    /// The selected row.
    pub fn selected(&self) -> Option<&OutboxLine> {
        self.rows.get(self.at)
    }
}

/// What happened since the app was opened.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogView {
    /// The lines, newest first; at most [`LogView::MOST`].
    pub lines: VecDeque<LogLine>,
    /// The first line on the screen.
    pub top: usize,
}

impl LogView {
    /// The most lines that are kept.
    pub const MOST: usize = 500;
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When.
    pub at: Time,
    /// It was a problem.
    pub problem: bool,
    /// In words.
    pub text: String,
}

/// The most rows of the outbox that are read.
pub(super) const MOST: usize = 500;

/// Reads the outbox.
pub fn ask(out: &mut Out) {
    out.ask(Ask::Outbox { most: MOST });
}

/// Shows the outbox over whatever is there, or goes back to it.
pub fn toggle(model: &mut Model, out: &mut Out) {
    if model.screen == Screen::Outbox {
        leave(model);
    } else {
        model.screen = Screen::Outbox;
        model.outbox = OutboxView::default();
        ask(out);
    }
}

/// Shows the log, or goes back.
pub fn toggle_log(model: &mut Model) {
    if model.screen == Screen::Log {
        leave(model);
    } else {
        model.screen = Screen::Log;
        model.log.top = 0;
    }
}

/// Back to what lies under the outbox or the log.
pub fn leave(model: &mut Model) {
    model.screen = if model.opened.is_some() { Screen::Lead } else { Screen::Inbox };
}

/// Tries again what was parked.
pub fn retry(out: &mut Out) {
    out.ask(Ask::RetryParked { op: None, most: MOST });
    out.ask(Ask::Desk);
}

/// An act is on disk: it is on its way as well, and what it does again needs nobody any more.
pub fn acted(model: &mut Model, out: &mut Out) {
    if model.screen == Screen::Reconcile {
        model.screen = Screen::Outbox;
    }
    if model.screen == Screen::Outbox {
        ask(out);
    }
}

/// The rows came. The selection follows what was selected; where that is gone, it stays in its place.
pub fn fill(model: &mut Model, rows: Vec<OutboxLine>) {
    let view = &mut model.outbox;
    let selected = view.selected().map(|row| row.event.id);
    let found = rows.iter().position(|row| Some(row.event.id) == selected);
    view.at = found.unwrap_or(view.at).min(rows.len().saturating_sub(1));
    (view.rows, view.read) = (rows, true);
    reconcile::follow(model, found.is_some());
    let view = &mut model.outbox;
    let page = usize::from(model.size.list_rows).max(1);
    view.top = view.top.clamp((view.at + 1).saturating_sub(page), view.at);
}

/// Moves in the outbox or the log.
pub fn travel(model: &mut Model, motion: Motion) {
    let page = usize::from(model.size.list_rows).max(1);
    if model.screen == Screen::Log {
        model.log.top = motion.from(model.log.top, model.log.lines.len(), page);
    } else {
        let view = &mut model.outbox;
        view.at = motion.from(view.at, view.rows.len(), page);
        view.top = view.top.clamp((view.at + 1).saturating_sub(page), view.at);
    }
}
