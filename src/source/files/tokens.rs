//! The grammar of delimited text: cutting one row into its cells.
//!
//! RFC 4180, with what real files need besides: rows end at a line feed, a carriage return or both; a quote counts
//! only at the beginning of a cell, elsewhere it is a character; and what follows a closing quote, which nothing
//! should, belongs to the cell.

use std::ops::Range;

use memchr::{memchr, memchr_iter, memchr2, memchr3};

/// Where the cells of a row are.
#[derive(Default)]
pub struct Tokens {
    /// By place; of a quoted cell what is between its quotes.
    pub cells: Vec<Cell>,
    /// The bytes of the row, up to its line end or the end of the text.
    pub length: usize,
    /// A quote was not closed, or something followed a closing one.
    pub odd: bool,
}

/// Where one cell is.
pub struct Cell {
    /// Its bytes in the row.
    pub range: Range<usize>,
    /// It has quotes that [`unquote`] must take away.
    pub quoted: bool,
}

impl Tokens {
    /// Cuts the row at the beginning of `text`. False where the row may go on beyond it and `whole` does not say that
    /// there is nothing beyond.
    pub fn cut(&mut self, text: &[u8], delimiter: u8, whole: bool) -> bool {
        self.cells.clear();
        self.odd = false;
        let mut at = 0;
        loop {
            let Some(end) = self.cell(text, at, delimiter) else { return self.end_of_text(text, at, whole) };
            if text[end] != delimiter {
                self.length = end;
                return true;
            }
            at = end + 1;
        }
    }

    /// Takes the cell that begins at `start`. Gives the place of the delimiter or line end after it, if there is one.
    fn cell(&mut self, text: &[u8], start: usize, delimiter: u8) -> Option<usize> {
        if text.get(start) != Some(&b'"') {
            let end = start + memchr3(delimiter, b'\n', b'\r', &text[start..])?;
            self.cells.push(Cell { range: start..end, quoted: false });
            return Some(end);
        }
        let (mut at, mut doubled) = (start + 1, false);
        loop {
            at += memchr(b'"', &text[at..])?;
            match text.get(at + 1)? {
                b'"' => (at, doubled) = (at + 2, true),
                after if *after == delimiter || matches!(after, b'\n' | b'\r') => {
                    // Without doubled quotes the inner bytes are the cell as they are.
                    let (range, quoted) = if doubled { (start..at + 1, true) } else { (start + 1..at, false) };
                    self.cells.push(Cell { range, quoted });
                    return Some(at + 1);
                }
                _ => {
                    self.odd = true;
                    let end = at + 1 + memchr3(delimiter, b'\n', b'\r', &text[at + 1..])?;
                    self.cells.push(Cell { range: start..end, quoted: true });
                    return Some(end);
                }
            }
        }
    }

    /// The last cell runs into the end of the text.
    fn end_of_text(&mut self, text: &[u8], start: usize, whole: bool) -> bool {
        let quoted = text.get(start) == Some(&b'"');
        // An even number of quotes after the first means that the last of them closes the cell, or tries to.
        let closed = quoted && text.len() > start + 1 && memchr_iter(b'"', &text[start..]).count().is_multiple_of(2);
        self.odd |= quoted && !(closed && text.ends_with(b"\""));
        self.cells.push(Cell { range: start..text.len(), quoted });
        self.length = text.len();
        whole
    }
}

/// A quoted cell without its quotes.
pub fn unquote(cell: &str, into: &mut String) {
    let mut rest = cell.strip_prefix('"').unwrap_or(cell);
    while let Some(at) = memchr(b'"', rest.as_bytes()) {
        into.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.strip_prefix('"') {
            Some(after) => {
                into.push('"');
                rest = after;
            }
            // The closing one: what follows is taken as it is.
            None => break,
        }
    }
    into.push_str(rest);
}

/// How many leading bytes of the text end lines.
pub fn line_ends(text: &[u8]) -> usize {
    text.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()
}

/// Whether the text has a line end within.
pub fn spans_lines(text: &[u8]) -> bool {
    memchr2(b'\n', b'\r', text).is_some()
}
