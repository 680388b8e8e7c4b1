//! Defer: until when, and what they said (R87, C25).

use super::Form;
use super::date::DateField;
use super::{Flow, Press};
use crate::app::action::Action;
use crate::app::input::Input;
use crate::app::model::Model;
use crate::handoff::disposition::{Act, Deferral};

/// The state of the defer dialog.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeferDialog {
    /// Which lead, and what went wrong.
    pub form: Form,
    /// Until when.
    pub until: DateField,
    /// What they said.
    pub why: Input,
    /// The explanation takes the keys, not the date.
    pub at_why: bool,
}

impl DeferDialog {
    pub(super) fn press(&mut self, press: Press, model: &Model) -> Flow {
        let base = model.base();
        match press.action {
            Some(Action::Confirm) => return self.confirm(model),
            Some(Action::Cancel) => return Flow::Close,
            Some(Action::NextField | Action::PreviousField) => self.at_why = !self.at_why,
            Some(Action::NextChoice) if !self.at_why => self.until.suggest(true, &base),
            Some(Action::PreviousChoice) if !self.at_why => self.until.suggest(false, &base),
            Some(Action::NextChoice | Action::PreviousChoice) => self.at_why = false,
            _ if self.at_why => {
                self.why.key(press.key);
            }
            _ => {
                self.until.key(press.key, &base, false);
            }
        }
        Flow::Stay
    }

    fn confirm(&mut self, model: &Model) -> Flow {
        match (self.until.given(&model.base(), false, "until when?"), self.why.given()) {
            (Ok(until), Some(why)) => return Flow::Submit(Act::Defer(Deferral { until, why })),
            (Err(error), _) => {
                self.at_why = false;
                self.form.error = Some(error);
            }
            // From the date on to the explanation.
            (Ok(_), None) if !self.at_why => self.at_why = true,
            (Ok(_), None) => self.form.error = Some("a deferral needs an explanation: what did they say?".into()),
        }
        Flow::Stay
    }

    pub(super) fn input(&mut self) -> &mut Input {
        if self.at_why { &mut self.why } else { &mut self.until.input }
    }
}
