//! Qualify: the three things that make an SQL, and when the next step is (R5, F85).

use super::Form;
use super::date::DateField;
use super::{Flow, Press};
use crate::app::action::Action;
use crate::app::input::Input;
use crate::app::model::Model;
use crate::handoff::disposition::{Act, Qualification};

/// The state of the qualify dialog.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QualifyDialog {
    /// Which lead, and what went wrong.
    pub form: Form,
    /// Which field takes the keys.
    pub step: QualifyStep,
    /// The confirmed problem or trigger.
    pub problem: Input,
    /// The decision authority, or the way to it.
    pub authority: Input,
    /// The scheduled next step.
    pub next_step: Input,
    /// When that is; may stay empty.
    pub next_at: DateField,
}

/// The fields of the qualify dialog, in their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QualifyStep {
    /// The confirmed problem.
    #[default]
    Problem,
    /// The decision authority.
    Authority,
    /// The next step.
    NextStep,
    /// When that is.
    NextAt,
}

impl QualifyStep {
    const ALL: [Self; 4] = [Self::Problem, Self::Authority, Self::NextStep, Self::NextAt];

    fn beside(self, by: usize) -> Self {
        Self::ALL[(self as usize + by) % Self::ALL.len()]
    }
}

impl QualifyDialog {
    pub(super) fn press(&mut self, press: Press, model: &Model) -> Flow {
        match press.action {
            Some(Action::Confirm) if self.step != QualifyStep::NextAt => self.step = self.step.beside(1),
            Some(Action::Confirm) => return self.confirm(model),
            Some(Action::Cancel) => return Flow::Close,
            Some(Action::NextField | Action::NextChoice) => self.step = self.step.beside(1),
            Some(Action::PreviousField | Action::PreviousChoice) => self.step = self.step.beside(3),
            _ if self.step == QualifyStep::NextAt => {
                self.next_at.key(press.key, &model.base(), false);
            }
            _ => {
                self.input().key(press.key);
            }
        }
        Flow::Stay
    }

    fn confirm(&mut self, model: &Model) -> Flow {
        let fields = [
            (&self.problem, QualifyStep::Problem, "an SQL needs the confirmed problem or trigger"),
            (&self.authority, QualifyStep::Authority, "an SQL needs the decision authority, or the way to it"),
            (&self.next_step, QualifyStep::NextStep, "an SQL needs the scheduled next step"),
        ];
        if let Some((_, step, missing)) = fields.into_iter().find(|(input, ..)| input.is_blank()) {
            self.step = step;
            self.form.error = Some(missing.into());
            return Flow::Stay;
        }
        let next_at = if self.next_at.input.is_blank() {
            None
        } else {
            match self.next_at.given(&model.base(), false, "") {
                Ok(time) => Some(time),
                Err(error) => {
                    self.form.error = Some(error);
                    return Flow::Stay;
                }
            }
        };
        let text = |input: &Input| input.text().trim().to_owned();
        Flow::Submit(Act::Qualify(Qualification {
            problem: text(&self.problem),
            authority: text(&self.authority),
            next_step: text(&self.next_step),
            next_at,
        }))
    }

    pub(super) fn input(&mut self) -> &mut Input {
        match self.step {
            QualifyStep::Problem => &mut self.problem,
            QualifyStep::Authority => &mut self.authority,
            QualifyStep::NextStep => &mut self.next_step,
            QualifyStep::NextAt => &mut self.next_at.input,
        }
    }
}
