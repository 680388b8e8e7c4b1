//! Help: the live key map, searchable.

use super::{Dialog, Flow, Press};
use crate::app::action::{Action, Context};
use crate::app::input::{Input, Typed};
use crate::app::key::Code;
use crate::app::model::Model;

/// The state of the help.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HelpDialog {
    /// What is searched for.
    pub filter: Input,
    /// The first row that is shown, as an index into `rows`.
    pub scroll: usize,
    /// The rows that fit the filter.
    pub rows: Vec<HelpRow>,
}

/// One row of the help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelpRow {
    /// Where it applies: the heading above the first of several; nothing for everywhere.
    pub context: Option<Context>,
    /// The action.
    pub action: Action,
    /// Its keys, as shown.
    pub keys: String,
}

/// Opens the help, over whatever is there.
pub fn open(model: &mut Model) {
    if matches!(model.dialogs.last(), Some(Dialog::Help(_))) {
        return;
    }
    let mut dialog = HelpDialog::default();
    dialog.narrow(model);
    model.dialogs.push(Dialog::Help(dialog));
}

/// Where an action is listed: nowhere in particular if it works on every screen.
fn heading(action: Action) -> Option<Context> {
    match action.contexts() {
        [Context::Inbox] => Some(Context::Inbox),
        [only] => Some(*only),
        contexts if contexts.len() >= 4 => None,
        _ => Some(Context::Lead),
    }
}

impl HelpDialog {
    /// Fits the rows to the filter: every word stands in the name, the description or the keys.
    pub(super) fn narrow(&mut self, model: &Model) {
        let filter = self.filter.text().to_lowercase();
        let fits = |row: &HelpRow| {
            let text =
                format!("{} {} {}", row.action.name(), row.action.told(&model.settings), row.keys).to_lowercase();
            filter.split_whitespace().all(|word| text.contains(word))
        };
        let actions = Action::all().filter(|action| action.is_known(&model.settings));
        let rows =
            actions.map(|action| HelpRow { context: heading(action), action, keys: model.keymap.labels(action) });
        self.rows = rows.filter(fits).collect();
        let order = [
            Some(Context::Lead),
            Some(Context::Inbox),
            None,
            Some(Context::Outbox),
            Some(Context::Compared),
            Some(Context::Log),
            Some(Context::Team),
            Some(Context::Dialog),
        ];
        self.rows.sort_by_key(|row| order.iter().position(|context| *context == row.context));
        self.scroll = 0;
    }

    pub(super) fn press(&mut self, press: Press, model: &Model) -> Flow {
        let last = self.rows.len().saturating_sub(1);
        let page = usize::from(model.size.height / 2).max(1);
        match (press.action, press.key.code) {
            (Some(Action::Cancel), _) if !self.filter.is_blank() => {
                self.filter.clear();
                self.narrow(model);
            }
            (Some(Action::Cancel | Action::Confirm), _) => return Flow::Close,
            (Some(Action::NextChoice), _) => self.scroll = (self.scroll + 1).min(last),
            (Some(Action::PreviousChoice), _) => self.scroll = self.scroll.saturating_sub(1),
            (_, Code::PageDown) => self.scroll = (self.scroll + page).min(last),
            (_, Code::PageUp) => self.scroll = self.scroll.saturating_sub(page),
            // The key that opened it closes it.
            (_, Code::Char('?')) if self.filter.is_blank() => return Flow::Close,
            _ => {
                if self.filter.key(press.key) == Typed::Changed {
                    self.narrow(model);
                }
            }
        }
        Flow::Stay
    }
}
