//! Search and filter (F11): each letter asks anew, Enter keeps what was found, Esc goes back to the tab.

use super::input::Input;

/// The search bar and what it found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Search {
    /// The bar is open and takes the keys.
    pub typing: bool,
    /// What is typed.
    pub input: Input,
    /// The list shows what was found rather than the tab.
    pub active: bool,
    /// Counts up with each letter.
    pub generation: u64,
    /// The generation of what is shown; behind `generation` while the answer is awaited.
    pub shown: u64,
    /// There are more than are shown.
    pub more: bool,
    /// What is wrong with the filter.
    pub error: Option<String>,
    /// The filters kept before, newest first (arrow up in the bar).
    pub history: Vec<String>,
    /// Which of them the bar shows.
    pub recalled: Option<usize>,
}

/// The most rows that a search asks for.
pub const MOST: usize = 200;

impl Search {
    /// The filter's text, trimmed.
    pub fn text(&self) -> &str {
        self.input.text().trim()
    }
}
