//! Snooze: hide until when (F9). The clocks run on.

use super::Form;
use super::date::DateField;
use super::{Flow, Press};
use crate::app::action::Action;
use crate::app::model::Model;
use crate::handoff::disposition::Act;

/// The state of the snooze dialog.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SnoozeDialog {
    /// Which lead, and what went wrong.
    pub form: Form,
    /// Until when.
    pub until: DateField,
}

impl SnoozeDialog {
    pub(super) fn press(&mut self, press: Press, model: &Model) -> Flow {
        let base = model.base();
        match press.action {
            Some(Action::Confirm) => match self.until.given(&base, false, "until when?") {
                Ok(until) => return Flow::Submit(Act::Snooze { until }),
                Err(error) => self.form.error = Some(error),
            },
            Some(Action::Cancel) => return Flow::Close,
            Some(Action::NextChoice) => self.until.suggest(true, &base),
            Some(Action::PreviousChoice) => self.until.suggest(false, &base),
            _ => {
                self.until.key(press.key, &base, false);
            }
        }
        Flow::Stay
    }
}
