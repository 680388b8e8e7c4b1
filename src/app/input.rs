//! A line of text being typed: the state behind every text field.

use unicode_segmentation::UnicodeSegmentation;

use super::key::{Code, Key};

/// A line of text with a cursor that moves by grapheme.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    text: String,
    /// Byte offset of the cursor, always between graphemes.
    cursor: usize,
}

/// What a key did to a line of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typed {
    /// The text is another one now.
    Changed,
    /// Only the cursor moved, or there was nothing to do.
    Moved,
    /// It is not a key for a text.
    NotMine,
}

impl Input {
    /// The longest text that a field takes, in characters.
    pub const LIMIT: usize = crate::handoff::reason::NOTE_LIMIT;

    /// A line with this text and the cursor at its end.
    pub fn with(text: &str) -> Self {
        let mut input = Self::default();
        input.paste(text);
        input
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text without blanks around it; nothing if there is no more to it.
    pub fn given(&self) -> Option<String> {
        Some(self.text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
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

    /// Types a text in at the cursor: line ends and tabs become blanks, other control characters are dropped, and
    /// what goes beyond [`Input::LIMIT`] is left out.
    pub fn paste(&mut self, text: &str) {
        let room = Self::LIMIT.saturating_sub(self.text.chars().count());
        let unified = text.replace("\r\n", "\n");
        let clean: String = unified
            .chars()
            .map(|char| if matches!(char, '\n' | '\r' | '\t') { ' ' } else { char })
            .filter(|char| !char.is_control())
            .take(room)
            .collect();
        self.text.insert_str(self.cursor, &clean);
        self.cursor += clean.len();
        // What was typed may have joined the grapheme that follows: stand behind the whole.
        self.cursor = self.boundary_at_or_after(self.cursor);
    }

    /// Empties the line.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Takes a key: characters, and the editing keys of a shell.
    pub fn key(&mut self, key: Key) -> Typed {
        let before = self.text.len();
        match (key.code, key.ctrl, key.alt) {
            (Code::Char(char), false, false) => {
                self.paste(char.encode_utf8(&mut [0; 4]));
                return Typed::Changed;
            }
            (Code::Backspace, false, false) | (Code::Char('h'), true, false) => self.cut(self.left()..self.cursor),
            (Code::Delete, false, false) | (Code::Char('d'), true, false) => self.cut(self.cursor..self.right()),
            (Code::Backspace, ..) | (Code::Char('w'), true, false) => self.cut(self.word_left()..self.cursor),
            (Code::Delete, ..) | (Code::Char('d'), false, true) => self.cut(self.cursor..self.word_right()),
            (Code::Char('u'), true, false) => self.cut(0..self.cursor),
            (Code::Char('k'), true, false) => self.cut(self.cursor..self.text.len()),
            (Code::Left, false, false) | (Code::Char('b'), true, false) => self.cursor = self.left(),
            (Code::Right, false, false) | (Code::Char('f'), true, false) => self.cursor = self.right(),
            (Code::Left, ..) | (Code::Char('b'), false, true) => self.cursor = self.word_left(),
            (Code::Right, ..) | (Code::Char('f'), false, true) => self.cursor = self.word_right(),
            (Code::Home, ..) | (Code::Char('a'), true, false) => self.cursor = 0,
            (Code::End, ..) | (Code::Char('e'), true, false) => self.cursor = self.text.len(),
            _ => return Typed::NotMine,
        }
        if self.text.len() == before { Typed::Moved } else { Typed::Changed }
    }

    fn cut(&mut self, range: std::ops::Range<usize>) {
        self.cursor = range.start;
        self.text.drain(range);
        // Without what was cut, its neighbours may be one grapheme.
        self.cursor = self.boundary_at_or_after(self.cursor);
    }

    fn boundary_at_or_after(&self, at: usize) -> usize {
        let mut starts = self.text.grapheme_indices(true).map(|(start, _)| start);
        starts.find(|&start| start >= at).unwrap_or(self.text.len())
    }

    fn left(&self) -> usize {
        self.split().0.grapheme_indices(true).next_back().map_or(0, |(start, _)| start)
    }

    fn right(&self) -> usize {
        self.cursor + self.split().1.graphemes(true).next().map_or(0, str::len)
    }

    fn word_left(&self) -> usize {
        let before = self.split().0.trim_end();
        before.char_indices().rfind(|(_, char)| char.is_whitespace()).map_or(0, |(at, char)| at + char.len_utf8())
    }

    fn word_right(&self) -> usize {
        let after = self.split().1;
        let word = after.len() - after.trim_start().len();
        self.cursor + after[word..].find(char::is_whitespace).map_or(after.len(), |end| word + end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(input: &mut Input, keys: &str) {
        for key in keys.split(' ') {
            input.key(key.parse().unwrap());
        }
    }

    #[test]
    fn the_cursor_moves_by_what_the_eye_sees() {
        let mut input = Input::with("e\u{301}👩\u{200d}👩\u{200d}👧x");
        assert_eq!(input.column(), 3);
        press(&mut input, "left left");
        assert_eq!(input.split().0, "e\u{301}");
        press(&mut input, "delete");
        assert_eq!(input.text(), "e\u{301}x");
        press(&mut input, "backspace");
        assert_eq!(input.text(), "x");
    }

    #[test]
    fn words_and_halves_are_cut_as_in_a_shell() {
        let mut input = Input::with("ask for  tuesday");
        press(&mut input, "ctrl-w");
        assert_eq!(input.text(), "ask for  ");
        press(&mut input, "ctrl-w ctrl-a alt-f ctrl-k");
        assert_eq!(input.text(), "ask");
        press(&mut input, "left ctrl-u");
        assert_eq!((input.text(), input.column()), ("k", 0));
        press(&mut input, "ctrl-e backspace backspace");
        assert_eq!(input.text(), "");
    }

    #[test]
    fn a_paste_is_one_clean_line() {
        let mut input = Input::with("ad");
        press(&mut input, "left");
        input.paste("b\r\nc\tx\u{7}\u{1b}[31m");
        assert_eq!(input.text(), "ab c x[31md");
        assert_eq!(input.split().1, "d");
        input.paste(&"y".repeat(Input::LIMIT * 2));
        assert_eq!(input.text().chars().count(), Input::LIMIT);
        assert_eq!(input.key(Key::char('z')), Typed::Changed);
        assert_eq!(input.text().chars().count(), Input::LIMIT);
    }

    #[test]
    fn keys_that_are_not_for_a_text_are_left_alone() {
        let mut input = Input::default();
        for key in ["enter", "esc", "tab", "up", "ctrl-x", "f1", "pagedown"] {
            assert_eq!(input.key(key.parse().unwrap()), Typed::NotMine, "{key}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_sequence_of_edits_breaks_the_line(edits in proptest::collection::vec((0..14usize, "\\PC{0,3}"), 0..40)) {
            let keys = ["left", "right", "backspace", "delete", "ctrl-w", "alt-d", "ctrl-left", "ctrl-right", "home",
                "end", "ctrl-u", "ctrl-k", "alt-b"];
            let mut input = Input::default();
            for (edit, text) in edits {
                match keys.get(edit) {
                    Some(key) => { input.key(key.parse().unwrap()); }
                    None => input.paste(&text),
                }
                let (before, after) = input.split();
                proptest::prop_assert_eq!(format!("{before}{after}"), input.text());
                proptest::prop_assert!(input.column() <= input.text().graphemes(true).count());
            }
        }
    }
}
