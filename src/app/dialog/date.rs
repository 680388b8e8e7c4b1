//! A field for a natural date, which shows the time that it means while one types.

use crate::app::input::Input;
use crate::handoff::Time;

/// A field for a natural date.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DateField {
    /// What is typed.
    pub input: Input,
    /// The time that it means.
    pub time: Option<Time>,
    /// The words after the date, where the field takes them: `tue 10:00 call` leaves `call`.
    pub rest: String,
    /// What is wrong with it; nothing while it is empty.
    pub error: Option<String>,
}
