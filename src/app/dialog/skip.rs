//! Skip: why, and how many are left today (F2).

use super::Form;
use crate::app::input::Input;

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
