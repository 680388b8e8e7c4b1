//! The list: a window of rows around the selection, paged by keyset, never the whole tab.

use crate::handoff::lead::LeadId;
use crate::handoff::summary::Summary;

use crate::app::effect::Cursor;

/// A window of rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct List {
    /// The rows that are at hand, in list order: more than the screen shows.
    pub rows: Vec<Summary>,
    /// Where the first row stands, if there are rows above it.
    pub above: Option<Cursor>,
    /// Where the last row stands, if there are rows below it.
    pub below: Option<Cursor>,
    /// How many rows of the tab stand above the first one, where that is known.
    pub before: Option<usize>,
    /// The selected lead; the selection follows it across refreshes.
    pub selected: Option<LeadId>,
    /// Where the selected lead stood in `rows`, so that its successor is selected when it goes.
    pub at: usize,
    /// The first row on the screen, as an index into `rows`.
    pub top: usize,
    /// Of the window that is awaited or shown; answers to older questions are dropped.
    pub generation: u64,
    /// A window is awaited.
    pub loading: bool,
    /// The first window came: an empty list is empty, not unread.
    pub read: bool,
}

impl List {
    /// The selected row.
    pub fn selected_row(&self) -> Option<&Summary> {
        self.rows.get(self.at).filter(|row| Some(row.id) == self.selected)
    }

    /// The rows on the screen, where it shows `height` of them.
    pub fn visible(&self, height: usize) -> &[Summary] {
        let end = (self.top + height).min(self.rows.len());
        self.rows.get(self.top..end).unwrap_or_default()
    }
}
