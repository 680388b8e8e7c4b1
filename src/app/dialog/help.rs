//! Help: the live key map, searchable.

use crate::app::action::{Action, Context};
use crate::app::input::Input;

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
