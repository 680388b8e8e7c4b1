//! A line of text being typed: the state behind every text field.

use unicode_segmentation::UnicodeSegmentation;

/// A line of text with a cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    text: String,
    /// Byte offset of the cursor, always between graphemes.
    cursor: usize,
    /// The most characters it takes; 0 means [`Input::LIMIT`].
    limit: usize,
}
impl Input {
    /// The longest text that fits a field which sets no limit of its own, in characters.
    pub const LIMIT: usize = crate::handoff::reason::NOTE_LIMIT;

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text before the cursor and the text from it on.
    pub fn split(&self) -> (&str, &str) {
        self.text.split_at_checked(self.cursor).unwrap_or((&self.text, ""))
    }

    /// Nothing but blanks.
    pub fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// How many graphemes stand before the cursor.
    pub fn column(&self) -> usize {
        self.split().0.graphemes(true).count()
    }
}
