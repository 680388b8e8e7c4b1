//! Defer: until when, and what they said (R87, C25).

use super::Form;
use super::date::DateField;
use crate::app::input::Input;

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
