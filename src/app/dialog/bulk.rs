//! What came of a bulk act: how many, and who refused it and why (F7).

use crate::handoff::lead::LeadId;

/// The state of the bulk result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BulkDialog {
    /// What was done, in the past tense: `rejected`.
    pub verb: &'static str,
    /// To how many.
    pub done: usize,
    /// Those that refused it: number, name, why.
    pub refused: Vec<(LeadId, String, String)>,
    /// The first that is shown.
    pub scroll: usize,
}
