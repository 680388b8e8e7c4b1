//! What can be done now, with its key: from the live key map and from what is allowed (house.md, habit 4).

use super::model::Model;

/// One entry of the footer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The key as shown.
    pub key: String,
    /// What it does.
    pub label: String,
}

/// What can be done now, the most useful first; the `ui` room shows as many as fit.
pub fn footer(_model: &Model) -> Vec<Hint> {
    Vec::new()
}
