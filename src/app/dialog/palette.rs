//! The palette: every command that is allowed now, by name, fuzzily (F5).

use crate::app::action::Action;
use crate::app::input::Input;

/// The state of the palette.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PaletteDialog {
    /// What is typed.
    pub input: Input,
    /// The commands that fit, the best first.
    pub rows: Vec<PaletteRow>,
    /// The highlighted one.
    pub at: usize,
}

/// One command of the palette.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaletteRow {
    /// The command.
    pub action: Action,
    /// Its first key, as shown; empty where it has none.
    pub key: String,
    /// Which characters of its description were matched, counted from 0.
    pub matched: Vec<u32>,
}
