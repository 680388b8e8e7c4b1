//! What came of a bulk act: how many, and who refused it and why (F7).

use super::{Flow, Press};
use crate::app::action::Action;
use crate::handoff::lead::LeadId;

/// The state of the bulk result.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BulkDialog {
    /// What was done, in the past tense: `rejected (no budget)`.
    pub verb: String,
    /// To how many.
    pub done: usize,
    /// Those that refused it: number, name, why.
    pub refused: Vec<(LeadId, String, String)>,
    /// The first that is shown.
    pub scroll: usize,
}

impl BulkDialog {
    pub(super) fn press(&mut self, press: Press) -> Flow {
        let last = self.refused.len().saturating_sub(1);
        match (press.action, press.key.typed()) {
            (Some(Action::NextChoice), _) | (_, Some('j')) => self.scroll = (self.scroll + 1).min(last),
            (Some(Action::PreviousChoice), _) | (_, Some('k')) => self.scroll = self.scroll.saturating_sub(1),
            (Some(Action::Confirm | Action::Cancel), _) => return Flow::Close,
            _ => return Flow::NotMine,
        }
        Flow::Stay
    }
}
