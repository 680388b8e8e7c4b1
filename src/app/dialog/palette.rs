//! The palette: every command that is allowed now, by name, fuzzily (F5).

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::{Dialog, Flow, Press};
use crate::app::action::Action;
use crate::app::allowed::allowed;
use crate::app::input::{Input, Typed};
use crate::app::model::Model;
use crate::app::screen::Motion;

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

/// Opens the palette.
pub fn open(model: &mut Model) {
    let mut dialog = PaletteDialog::default();
    dialog.narrow(model);
    model.dialogs.push(Dialog::Palette(dialog));
}

impl PaletteDialog {
    /// Fits the commands to what is typed, the best first; all that are allowed now, in their own order, where
    /// nothing is.
    pub(super) fn narrow(&mut self, model: &Model) {
        let mut matcher = Matcher::new(Config::DEFAULT);
        let pattern = Pattern::parse(self.input.text(), CaseMatching::Ignore, Normalization::Smart);
        let mut buffer = Vec::new();
        let mut scored: Vec<(u32, PaletteRow)> = Action::all()
            .filter(|&action| is_command(action) && action.is_known(&model.settings) && allowed(model, action).is_ok())
            .filter_map(|action| {
                let mut matched = Vec::new();
                let name = pattern.score(Utf32Str::new(action.name(), &mut buffer), &mut matcher);
                let told = action.told(&model.settings);
                let words = Utf32Str::new(&told, &mut buffer);
                let words = pattern.indices(words, &mut matcher, &mut matched);
                matched.sort_unstable();
                matched.dedup();
                // The name counts more than what stands somewhere in its description.
                let score = name.map(|score| score * 2).max(words)?;
                Some((score, PaletteRow { action, key: model.keymap.label(action), matched }))
            })
            .collect();
        scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        self.rows = scored.into_iter().map(|(_, row)| row).collect();
        self.at = 0;
    }

    pub(super) fn press(&mut self, press: Press, model: &Model) -> Flow {
        match press.action {
            Some(Action::Confirm) => match self.rows.get(self.at) {
                Some(row) => return Flow::Run(row.action),
                None => return Flow::Stay,
            },
            Some(Action::Cancel) => return Flow::Close,
            Some(Action::NextChoice) => self.at = (self.at + 1).min(self.rows.len().saturating_sub(1)),
            Some(Action::PreviousChoice) => self.at = self.at.saturating_sub(1),
            _ => {
                if self.input.key(press.key) == Typed::Changed {
                    self.narrow(model);
                }
            }
        }
        Flow::Stay
    }
}

/// Worth a line among the commands: not the palette itself, and not mere movement.
fn is_command(action: Action) -> bool {
    action != Action::Palette && Motion::of(action, 1).is_none()
}
