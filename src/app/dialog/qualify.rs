//! Qualify: the three things that make an SQL, and when the next step is (R5, F85).

use super::Form;
use super::date::DateField;
use crate::app::input::Input;

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
