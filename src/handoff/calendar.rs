//! Business time.

/// A calendar.
#[derive(Clone, Debug)]
pub struct Calendar;

impl Calendar {
    /// Monday to Friday, 9 to 17.
    pub fn standard(_zone: chrono_tz::Tz) -> Self {
        Self
    }
}
