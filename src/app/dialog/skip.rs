//! Skip: why, and how many are left today (F2).

use super::Form;
use super::{Flow, Press};
use crate::app::action::Action;
use crate::app::input::Input;
use crate::handoff::disposition::Act;

/// The state of the skip dialog.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SkipDialog {
    /// Which lead, and what went wrong.
    pub form: Form,
    /// Why.
    pub reason: Input,
    /// Skips left today, this one included.
    pub left: u32,
}

impl SkipDialog {
    pub(super) fn press(&mut self, press: Press) -> Flow {
        match press.action {
            Some(Action::Confirm) => match self.reason.given() {
                Some(reason) => return Flow::Submit(Act::Skip { reason }),
                None => self.form.error = Some("a skip needs a reason".into()),
            },
            Some(Action::Cancel) => return Flow::Close,
            _ => {
                self.reason.key(press.key);
            }
        }
        Flow::Stay
    }
}
