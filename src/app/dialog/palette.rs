//! The palette: every command by name, by the words of its description, and fuzzily (F5).

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
    /// nothing is. What is typed finds those too that are not allowed now, which then say why: else the name of one
    /// would run another one that happens to have the same letters.
    pub(super) fn narrow(&mut self, model: &Model) {
        let mut matcher = Matcher::new(Config::DEFAULT);
        let typed = self.input.text().to_lowercase();
        let pattern = Pattern::parse(&typed, CaseMatching::Ignore, Normalization::Smart);
        let mut buffer = Vec::new();
        let mut fitting: Vec<(Fit, PaletteRow)> = Action::all()
            .filter(|&action| is_command(action) && action.is_known(&model.settings))
            .filter(|&action| !typed.trim().is_empty() || allowed(model, action).is_ok())
            .filter_map(|action| {
                let told = action.told(&model.settings);
                let fuzzily = || pattern.score(Utf32Str::new(action.name(), &mut Vec::new()), &mut Matcher::default());
                let fit = Fit::of(&typed, action.name(), &told).or_else(|| fuzzily().map(|_| Fit::Letters))?;
                let mut matched = Vec::new();
                pattern.indices(Utf32Str::new(&told, &mut buffer), &mut matcher, &mut matched);
                matched.sort_unstable();
                matched.dedup();
                Some((fit, PaletteRow { action, key: model.keymap.label(action), matched }))
            })
            .collect();
        fitting.sort_by_key(|(fit, _)| *fit);
        self.rows = fitting.into_iter().map(|(_, row)| row).collect();
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

/// How well a command fits what is typed, the best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// Its name is that.
    Name,
    /// Its name begins like that.
    Beginning,
    /// Each word begins one of its name.
    NameWords,
    /// Each word begins one of its name or of its description.
    Words,
    /// Its name has the letters in that order.
    Letters,
}

impl Fit {
    fn of(typed: &str, name: &str, told: &str) -> Option<Self> {
        let (typed, told) = (typed.trim().replace('-', " "), told.to_lowercase());
        let name = name.replace('-', " ");
        let begins =
            |text: &str, word: &str| text.split(|c: char| !c.is_alphanumeric()).any(|each| each.starts_with(word));
        let all = |fits: &dyn Fn(&str) -> bool| typed.split_whitespace().all(fits);
        if name == typed {
            Some(Self::Name)
        } else if name.starts_with(&typed) {
            Some(Self::Beginning)
        } else if all(&|word| begins(&name, word)) {
            Some(Self::NameWords)
        } else {
            all(&|word| begins(&name, word) || begins(&told, word)).then_some(Self::Words)
        }
    }
}

/// Worth a line among the commands: not the palette itself, and not mere movement.
fn is_command(action: Action) -> bool {
    action != Action::Palette && Motion::of(action, 1).is_none()
}
