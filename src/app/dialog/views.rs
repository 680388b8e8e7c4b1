//! The saved views: a digit shows one (F11).

use super::{Dialog, Flow, Press};
use crate::app::action::Action;
use crate::app::model::Model;

/// The state of the menu of saved views.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ViewsDialog {
    /// The highlighted one.
    pub at: usize,
}

/// Opens the menu.
pub fn open(model: &mut Model) {
    model.dialogs.push(Dialog::Views(ViewsDialog::default()));
}

impl ViewsDialog {
    pub(super) fn press(&mut self, press: Press, model: &Model) -> Flow {
        let last = model.settings.views.len().saturating_sub(1);
        let view = |number: usize| {
            let number = u8::try_from(number).ok().filter(|&number| model.settings.view(number).is_some());
            number.map_or(Flow::NotMine, |number| Flow::Run(Action::View(number)))
        };
        match (press.action, press.key.typed()) {
            (Some(Action::Confirm), _) => return view(self.at + 1),
            (Some(Action::Cancel), _) | (_, Some('v')) => return Flow::Close,
            (Some(Action::NextChoice), _) | (_, Some('j')) => self.at = (self.at + 1).min(last),
            (Some(Action::PreviousChoice), _) | (_, Some('k')) => self.at = self.at.saturating_sub(1),
            (_, Some(char)) => {
                return char.to_digit(10).and_then(|digit| usize::try_from(digit).ok()).map_or(Flow::NotMine, view);
            }
            _ => return Flow::NotMine,
        }
        Flow::Stay
    }
}
