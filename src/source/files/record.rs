//! One row of a table, and how a reader hands it over.

use std::ops::Range;

/// The longest cell, in bytes of UTF-8.
pub const CELL_LIMIT: usize = 64 * 1024;

/// A text that is longer than a cell may be, cut to what fits and marked as cut; nothing where it fits.
pub fn clamped(text: &str) -> Option<String> {
    const CUT: char = '…';
    let end = CELL_LIMIT - CUT.len_utf8();
    (text.len() > CELL_LIMIT).then(|| format!("{}{CUT}", text.get(..text.floor_char_boundary(end)).unwrap_or_default()))
}

/// The most columns of a file.
pub const COLUMN_LIMIT: usize = 4096;

/// The cells of one row. Kept and filled again for each row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// What the cells are cut from.
    pub(super) text: String,
    /// Where each cell is.
    pub(super) cells: Vec<Range<usize>>,
    /// The line on which the row begins, from 1.
    pub line: u64,
}

impl Record {
    /// The cell in this place, from 0; nothing where the row has none.
    pub fn get(&self, place: usize) -> Option<&str> {
        self.text.get(self.cells.get(place)?.clone())
    }

    /// How many cells there are.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// All cells, from left to right.
    pub fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|place| self.get(place).unwrap_or_default())
    }

    /// Takes all cells away.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.cells.clear();
    }

    /// Adds a cell on the right.
    pub(super) fn push(&mut self, cell: &str) {
        let start = self.text.len();
        self.text.push_str(cell);
        self.cells.push(start..self.text.len());
    }

    /// Adds a cell on the right that the row does not have, which is less than an empty one.
    pub(super) fn push_absent(&mut self) {
        self.cells.push(usize::MAX..usize::MAX);
    }

    /// There is nothing in it, as on the empty lines that spreadsheets leave.
    pub(super) fn is_blank(&self) -> bool {
        self.cells().all(|cell| cell.bytes().all(|byte| byte.is_ascii_whitespace()))
    }
}

/// What came next in a file.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    /// A row, which is in the [`Record`] now.
    Row,
    /// A row that cannot be read.
    Bad {
        /// The line on which it begins, from 1.
        line: u64,
        /// The place of the cell to blame, from 0.
        place: Option<usize>,
        /// What is wrong.
        reason: String,
    },
    /// The end of the file.
    End,
}
