//! The outbox and the log: two lists over everything else.

use std::collections::VecDeque;

use crate::app::msg::OutboxLine;
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
}

/// What happened in this session.
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
