//! Snooze: hide until when (F9). The clocks run on.

use super::Form;
use super::date::DateField;

/// The state of the snooze dialog.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SnoozeDialog {
    /// Which lead, and what went wrong.
    pub form: Form,
    /// Until when.
    pub until: DateField,
}
