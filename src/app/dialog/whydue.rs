//! Why it is due then: the windows of working time that were consumed (F64).

use crate::app::msg::Walk;
use crate::handoff::lead::LeadId;

/// The state of the "why due" walk.
#[derive(Clone, Debug, PartialEq)]
pub struct WhyDueDialog {
    /// Of which lead.
    pub lead: LeadId,
    /// Its name.
    pub name: String,
    /// One walk for each clock, the nearest first; nothing until the answer comes.
    pub walks: Option<Vec<Walk>>,
    /// The clock that is shown, as an index into `walks` (Tab for the next one).
    pub at: usize,
    /// The first stretch that is shown.
    pub scroll: usize,
}
