//! The list: a window of rows around the selection, paged by keyset, never the whole tab.

use std::collections::VecDeque;

use super::{Motion, Screen};
use crate::app::effect::{Ask, Cursor, From, PageAsk};
use crate::app::model::Model;
use crate::app::msg::Page;
use crate::app::out::Out;
use crate::app::search;
use crate::handoff::lead::LeadId;
use crate::handoff::summary::{Summary, Tab};

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
    /// Which end of the awaited window is to be selected.
    pub landing: Landing,
    /// Where the awaited window belongs.
    awaited: Awaited,
    /// The windows that `rows` was put together from, so that it can be cut back where a cursor is known.
    chunks: VecDeque<Chunk>,
}

/// What is selected when an awaited window comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Landing {
    /// The lead that is selected already, or the one that took its place.
    #[default]
    Selected,
    /// The first row.
    First,
    /// The last row.
    Last,
}

/// Where an awaited window belongs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Awaited {
    /// In place of everything.
    #[default]
    All,
    /// Above the first row.
    Above,
    /// Below the last row.
    Below,
}

/// One window as it came.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Chunk {
    rows: usize,
    above: Option<Cursor>,
    below: Option<Cursor>,
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

/// How many rows are asked for at once; the screen shows fewer.
pub const WINDOW: usize = 100;

/// The most windows that are kept; beyond, the far one is let go.
const KEPT: usize = 4;

impl List {
    /// A list of what a search found: it has no more than these.
    pub fn found(rows: Vec<Summary>) -> Self {
        let mut list = Self { read: true, ..Self::default() };
        list.replace(rows, None, None);
        list
    }

    /// A fresh window came: the selection follows its lead, or lands as was asked.
    pub fn replace(&mut self, rows: Vec<Summary>, above: Option<Cursor>, below: Option<Cursor>) {
        let place = match self.landing {
            Landing::First => 0,
            Landing::Last => rows.len(),
            Landing::Selected => self.follow(&rows),
        };
        // The highlighted row stays at its height on the screen; at the very top the new ones push it down, so that
        // one sees them come.
        let is_top = self.top == 0 && self.before == Some(0) && self.landing == Landing::Selected;
        let height = self.at.saturating_sub(self.top);
        self.before = above.is_none().then_some(0);
        self.chunks = [Chunk { rows: rows.len(), above, below }].into();
        self.rows = rows;
        (self.read, self.landing, self.at) = (true, Landing::Selected, place);
        self.settle();
        self.top = if is_top && above.is_none() { 0 } else { self.at.saturating_sub(height) };
    }

    /// Where the selected lead stands among `rows`, or the nearest one after it that is still there, or before it.
    fn follow(&self, rows: &[Summary]) -> usize {
        let find = |row: &Summary| rows.iter().position(|other| other.id == row.id);
        let after = self.rows.iter().skip(self.at).find_map(find);
        let before = || self.rows.iter().take(self.at).rev().find_map(find);
        let selected = rows.iter().position(|row| Some(row.id) == self.selected);
        selected.or(after).or_else(before).unwrap_or(0)
    }

    /// The next window below came.
    pub fn append(&mut self, rows: Vec<Summary>, above: Option<Cursor>, below: Option<Cursor>) {
        let rows = self.unknown(rows);
        self.chunks.push_back(Chunk { rows: rows.len(), above, below });
        self.rows.extend(rows);
        if self.chunks.len() > KEPT
            && let Some(chunk) = self.chunks.pop_front()
        {
            self.rows.drain(..chunk.rows);
            self.at = self.at.saturating_sub(chunk.rows);
            self.top = self.top.saturating_sub(chunk.rows);
            self.before = self.before.map(|before| before + chunk.rows);
        }
        self.settle();
    }

    /// The next window above came.
    pub fn prepend(&mut self, rows: Vec<Summary>, above: Option<Cursor>, below: Option<Cursor>) {
        let rows = self.unknown(rows);
        let count = rows.len();
        self.chunks.push_front(Chunk { rows: count, above, below });
        self.rows.splice(0..0, rows);
        (self.at, self.top) = (self.at + count, self.top + count);
        self.before = if above.is_none() { Some(0) } else { self.before.map(|before| before.saturating_sub(count)) };
        if self.chunks.len() > KEPT
            && let Some(chunk) = self.chunks.pop_back()
        {
            self.rows.truncate(self.rows.len() - chunk.rows);
        }
        self.settle();
    }

    /// Those that are not in the list yet: one may have moved between two windows.
    fn unknown(&self, mut rows: Vec<Summary>) -> Vec<Summary> {
        rows.retain(|row| self.rows.iter().all(|known| known.id != row.id));
        rows
    }

    /// What holds whenever rows came or went.
    fn settle(&mut self) {
        self.loading = false;
        self.above = self.chunks.front().and_then(|chunk| chunk.above);
        self.below = self.chunks.back().and_then(|chunk| chunk.below);
        self.select(self.at);
    }

    /// Selects the row at this place, or the last one.
    pub fn select(&mut self, at: usize) {
        self.at = at.min(self.rows.len().saturating_sub(1));
        self.selected = self.rows.get(self.at).map(|row| row.id);
    }

    /// Selects this lead, if it is at hand.
    pub fn select_lead(&mut self, lead: LeadId) {
        if let Some(at) = self.rows.iter().position(|row| row.id == lead) {
            self.select(at);
        }
    }

    /// The selection goes on from a lead that was dealt with: to the row below it, or above it at the end.
    pub fn advance_from(&mut self, lead: LeadId) {
        if self.selected == Some(lead) {
            self.select(if self.at + 1 < self.rows.len() { self.at + 1 } else { self.at.saturating_sub(1) });
        }
    }

    /// Shows the lead as it stands now.
    pub fn refresh(&mut self, summary: Summary) {
        if let Some(row) = self.rows.iter_mut().find(|row| row.id == summary.id) {
            *row = summary;
        }
    }

    /// Brings the selected row onto a screen of `height` rows.
    pub fn scroll_to_selected(&mut self, height: usize) {
        let height = height.max(1);
        self.top = self.top.clamp((self.at + 1).saturating_sub(height), self.at);
        // Rows that went leave no gap at the end.
        self.top = self.top.min(self.rows.len().saturating_sub(height));
    }

    /// The window that should be at hand soon: the selection comes near an end of the rows that are.
    fn wants(&self, height: usize) -> Option<(Awaited, From)> {
        if self.loading {
            return None;
        }
        let near = height.max(10);
        match (self.below, self.above) {
            (Some(below), _) if self.at + near >= self.rows.len() => Some((Awaited::Below, From::After(below))),
            (_, Some(above)) if self.at < near => Some((Awaited::Above, From::Before(above))),
            _ => None,
        }
    }

    /// Takes a window that came, if it is the one that is awaited.
    fn take(&mut self, page: Page) -> bool {
        if page.generation != self.generation || !self.loading {
            return false;
        }
        match self.awaited {
            Awaited::All => self.replace(page.rows, page.above, page.below),
            Awaited::Above => self.prepend(page.rows, page.above, page.below),
            Awaited::Below => self.append(page.rows, page.above, page.below),
        }
        true
    }
}

fn ask(model: &mut Model, awaited: Awaited, from: From, out: &mut Out) {
    let list = if model.search.active { &mut model.search.under } else { &mut model.list };
    list.loading = true;
    list.awaited = awaited;
    let rows = WINDOW.max(2 * usize::from(model.size.list_rows));
    out.ask(Ask::Page(PageAsk { generation: list.generation, tab: model.tab, from, rows }));
}

/// Reads the list anew from there; what was asked before is void.
pub fn reload(model: &mut Model, from: From, out: &mut Out) {
    let list = if model.search.active { &mut model.search.under } else { &mut model.list };
    list.generation += 1;
    ask(model, Awaited::All, from, out);
}

/// Reads what is shown anew, about the selection.
pub fn refresh(model: &mut Model, out: &mut Out) {
    if model.search.active {
        search::refresh(model, out);
    } else {
        let landing = model.list.landing;
        let from = match (landing, model.list.selected) {
            (Landing::Last, _) => From::Bottom,
            (Landing::Selected, Some(lead)) => From::Around(lead),
            _ => From::Top,
        };
        reload(model, from, out);
    }
}

/// A window came.
pub fn page(model: &mut Model, mut page: Page, out: &mut Out) {
    model.next = page.next.take();
    let total = model.counts.of(page.tab) as usize;
    let list = if model.search.active { &mut model.search.under } else { &mut model.list };
    let is_end = list.landing == Landing::Last && page.below.is_none();
    if page.tab != model.tab || !list.take(page) {
        out.quiet();
    } else if is_end && list.before.is_none() {
        // Counted from the end, as far as the counts can be trusted.
        list.before = total.checked_sub(list.rows.len());
    }
    if model.screen != Screen::Inbox {
        out.quiet();
    }
}

/// A window could not be read: it may be asked for again by the next movement.
pub fn missed(model: &mut Model) {
    model.list.loading = false;
    model.search.under.loading = false;
}

/// Keeps the selection on the screen and the rows about it at hand. After every message.
pub fn keep_up(model: &mut Model, out: &mut Out) {
    model.list.scroll_to_selected(model.size.list_rows.into());
    if !model.search.active
        && let Some((awaited, from)) = model.list.wants(model.size.list_rows.into())
    {
        ask(model, awaited, from, out);
    }
}

/// Shows another tab.
pub fn show_tab(model: &mut Model, tab: Tab, out: &mut Out) {
    search::close(model);
    model.marks.clear();
    model.opened = None;
    model.screen = Screen::Inbox;
    model.tab = tab;
    let generation = model.list.generation;
    model.list = List { generation, ..List::default() };
    reload(model, From::Top, out);
}

/// The app opens on what is due; where nothing is, on the first tab that has work in it, so that a rep who just
/// imported leads, or looks in on a Sunday, does not stand before an empty screen.
pub fn begin_where_work_is(model: &mut Model, out: &mut Out) {
    let has_work = |tab: &&Tab| model.counts.of(**tab) > 0;
    let Some(&tab) = [Tab::Due, Tab::New, Tab::Working].iter().find(has_work) else { return };
    if model.screen == Screen::Inbox && !model.search.active && model.tab == Tab::Due && tab != Tab::Due {
        show_tab(model, tab, out);
    }
}

/// Moves the selection.
pub fn travel(model: &mut Model, motion: Motion, out: &mut Out) {
    let page = usize::from(model.size.list_rows);
    let list = &mut model.list;
    match motion {
        Motion::First if list.above.is_some() => {
            list.landing = Landing::First;
            reload(model, From::Top, out);
        }
        Motion::Last if list.below.is_some() => {
            list.landing = Landing::Last;
            reload(model, From::Bottom, out);
        }
        motion => list.select(motion.from(list.at, list.rows.len(), page)),
    }
}

/// Marks the selected lead, or unmarks it, and goes on to the next row (F7).
pub fn mark(model: &mut Model) {
    if let Some(row) = model.list.selected_row() {
        let (lead, name) = (row.id, row.name.clone());
        if model.marks.remove(&lead).is_none() {
            model.marks.insert(lead, name);
        }
        model.list.select(model.list.at + 1);
    }
}
