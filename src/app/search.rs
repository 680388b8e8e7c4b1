//! Search and filter (F11): each letter asks anew, Enter keeps what was found, Esc goes back to the tab.

use super::action::{Action, Context};
use super::command;
use super::effect::{Ask, Effect, From};
use super::input::{Input, Typed};
use super::key::Key;
use super::model::Model;
use super::out::Out;
use super::screen::inbox::{self, Landing, List};
use super::screen::{Motion, Screen, lead};
use crate::handoff::summary::Summary;

/// The search bar and what it found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Search {
    /// The bar is open and takes the keys.
    pub typing: bool,
    /// What is typed.
    pub input: Input,
    /// The list shows what was found rather than the tab.
    pub active: bool,
    /// Counts up with each letter.
    pub generation: u64,
    /// The generation of what is shown; behind `generation` while the answer is awaited.
    pub shown: u64,
    /// There are more than are shown.
    pub more: bool,
    /// What is wrong with the filter.
    pub error: Option<String>,
    /// The saved view that it is.
    pub view: Option<String>,
    /// The tab's list as it was before the search, to come back to.
    pub under: List,
    /// What is selected when the answer comes.
    landing: Landing,
}

/// The most rows that a search asks for.
pub const MOST: usize = 200;

impl Search {
    /// The filter's text, trimmed.
    pub fn text(&self) -> &str {
        self.input.text().trim()
    }
}

/// Opens the bar, with the filter that holds.
pub fn open(model: &mut Model) {
    lead::leave(model);
    model.screen = Screen::Inbox;
    model.search.typing = true;
}

/// Shows a saved view (F11).
pub fn view(model: &mut Model, number: u8, out: &mut Out) {
    let Some(view) = model.settings.view(number).cloned() else { return };
    lead::leave(model);
    model.marks.clear();
    model.search.typing = false;
    model.search.input = Input::with(&view.filter);
    ask(model, out);
    model.search.view = Some(view.name);
}

/// Takes a key while the bar is open.
pub fn key(model: &mut Model, key: Key, out: &mut Out) {
    let action = model.keymap.action(Context::Dialog, key).filter(|_| key.typed().is_none());
    match action {
        Some(Action::Confirm) => confirm(model, out),
        Some(Action::Cancel) => clear(model, out),
        Some(Action::NextChoice) => inbox::travel(model, Motion::Lines(1), out),
        Some(Action::PreviousChoice) => inbox::travel(model, Motion::Lines(-1), out),
        Some(action @ (Action::Help | Action::Quit | Action::Suspend | Action::Redraw)) => {
            command::run(model, action, None, out)
        }
        _ => match model.search.input.key(key) {
            Typed::Changed => {
                model.search.view = None;
                ask(model, out);
            }
            Typed::NotMine if key.alt => command::after_esc(model, key, out),
            Typed::Moved | Typed::NotMine => {}
        },
    }
}

/// Types a text into the bar.
pub fn paste(model: &mut Model, text: &str, out: &mut Out) {
    model.search.input.paste(text);
    model.search.view = None;
    ask(model, out);
}

/// Asks for what is typed now; an empty bar shows the tab.
fn ask(model: &mut Model, out: &mut Out) {
    if model.search.text().is_empty() {
        back_to_tab(model, out);
        return;
    }
    model.search.landing = Landing::First;
    send(model, out);
}

/// Asks again for what is shown, since something changed.
pub fn refresh(model: &mut Model, out: &mut Out) {
    send(model, out);
}

fn send(model: &mut Model, out: &mut Out) {
    let search = &mut model.search;
    search.generation += 1;
    out.push(Effect::CancelSearch);
    out.ask(Ask::Search { generation: search.generation, text: search.text().to_owned(), most: MOST });
}

/// An answer came; one to an older letter is dropped.
pub fn found(model: &mut Model, generation: u64, rows: Vec<Summary>, more: bool, error: Option<String>, out: &mut Out) {
    let search = &mut model.search;
    if generation != search.generation || search.text().is_empty() {
        out.quiet();
        return;
    }
    search.shown = generation;
    let is_wrong = error.is_some();
    search.error = error;
    // While a filter is half typed, what the last whole one found stays.
    if is_wrong {
        return;
    }
    search.more = more;
    if !search.active {
        search.active = true;
        search.under = std::mem::take(&mut model.list);
    }
    model.list.landing = std::mem::take(&mut search.landing);
    model.list.replace(rows, None, None);
}

/// Keeps what was found and leaves the bar.
fn confirm(model: &mut Model, out: &mut Out) {
    model.search.typing = false;
    if model.search.text().is_empty() {
        clear(model, out);
    }
}

/// Back to the tab as it was, and read anew.
pub fn clear(model: &mut Model, out: &mut Out) {
    model.search.typing = false;
    model.search.input.clear();
    back_to_tab(model, out);
}

fn back_to_tab(model: &mut Model, out: &mut Out) {
    let was_active = model.search.active;
    let (input, typing) = (std::mem::take(&mut model.search.input), model.search.typing);
    close(model);
    (model.search.input, model.search.typing) = (input, typing);
    out.push(Effect::CancelSearch);
    if was_active {
        let from = model.list.selected.map_or(From::Top, From::Around);
        inbox::reload(model, from, out);
    }
}

/// Ends the search without asking anything.
pub fn close(model: &mut Model) {
    let search = std::mem::take(&mut model.search);
    // An answer that is still on its way belongs to no search any more.
    model.search.generation = search.generation + 1;
    model.search.shown = model.search.generation;
    if search.active {
        model.list = search.under;
    }
}
