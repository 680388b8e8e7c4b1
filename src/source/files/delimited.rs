//! Reading CSV and its kin, row by row, in bounded memory, with exact line numbers.
//!
//! The window holds the whole of the row that is being read, so that a quote which is opened and never closed costs
//! one row and not the rest of the file.

use std::io::{self, Read};

use super::dialect;
use super::error::ImportError;
use super::input::{Input, Utf8Reader};
use super::record::{CELL_LIMIT, COLUMN_LIMIT, Next, Record};
use super::tokens::{Tokens, line_ends, spans_lines, unquote};

/// The longest row, in bytes.
const ROW_LIMIT: usize = 1024 * 1024;
/// How many rows with broken quotes are mended before the file is given up.
const REPAIRS: usize = 200;
/// How much is read at a time, and looked at to find the delimiter.
const WINDOW: usize = 256 * 1024;

/// The rows of a delimited file.
pub struct Delimited {
    file: String,
    reader: Utf8Reader,
    /// What the file is written in, for messages.
    encoding: &'static str,
    delimiter: u8,
    /// What ends a line, for counting them.
    line_end: u8,
    /// Bytes read and not yet given up; the current row begins at `start`.
    window: Vec<u8>,
    start: usize,
    ended: bool,
    /// The line on which `start` stands, from 1.
    line: u64,
    tokens: Tokens,
    header: Vec<String>,
    /// Rows have at least so many cells: the columns up to the last one with a name.
    least: usize,
    repairs: usize,
}

/// What is at the window's start.
enum Parsed {
    Row,
    TooLong,
    End,
}

/// What is wrong with a row: the place of the cell to blame, and the reason.
type Wrong = (Option<usize>, String);

impl Delimited {
    /// Opens the table and reads its header. The delimiter is looked for where it is not given.
    pub fn open(input: &Input, delimiter: Option<u8>) -> Result<Self, ImportError> {
        let mut table = Self {
            file: input.name.clone(),
            reader: input.reader().map_err(ImportError::io(&input.name))?,
            encoding: input.encoding.name(),
            delimiter: b',',
            line_end: if input.old_mac { b'\r' } else { b'\n' },
            window: Vec::new(),
            start: 0,
            ended: false,
            line: 1,
            tokens: Tokens::default(),
            header: Vec::new(),
            least: 0,
            repairs: 0,
        };
        table.refill()?;
        let (found, skip) = dialect::detect(&table.window);
        table.delimiter = delimiter.unwrap_or(found);
        table.commit(skip);
        table.read_header()?;
        Ok(table)
    }

    /// The names of the columns: a nameless one is called `column 4`, a second `Email` is `Email (2)`.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// Reads the next row that is not blank.
    pub fn next(&mut self, record: &mut Record) -> Result<Next, ImportError> {
        loop {
            let line = self.line_of_next()?;
            let wrong = match self.parse()? {
                Parsed::End => return Ok(Next::End),
                Parsed::Row => self.take(record),
                Parsed::TooLong => {
                    let reason = format!("the row is longer than {} KiB; is a quote never closed?", ROW_LIMIT / 1024);
                    let reason = self.repair(reason)?;
                    return Ok(Next::Bad { line, place: None, reason });
                }
            };
            let row = self.start..self.start + self.tokens.length;
            let Err((place, reason)) = wrong else {
                self.commit(row.end);
                if record.is_blank() {
                    continue;
                }
                return Ok(Next::Row);
            };
            // A row that makes no sense and has odd quotes has eaten the lines after it: they are read again. A cell
            // that honestly spans lines has none.
            if self.tokens.odd && spans_lines(&self.window[row.clone()]) {
                let reason = self.repair(reason)?;
                return Ok(Next::Bad { line, place, reason });
            }
            self.commit(row.end);
            return Ok(Next::Bad { line, place, reason });
        }
    }

    /// Passes over line ends, so that the line on which the next row begins is known exactly.
    fn line_of_next(&mut self) -> Result<u64, ImportError> {
        loop {
            let rest = &self.window[self.start..];
            let (ends, length) = (line_ends(rest), rest.len());
            self.commit(self.start + ends);
            if ends < length || self.ended {
                return Ok(self.line);
            }
            self.refill()?;
        }
    }

    /// Cuts the row at the window's start into cells, without giving its bytes up.
    fn parse(&mut self) -> Result<Parsed, ImportError> {
        loop {
            let rest = &self.window[self.start..];
            if rest.is_empty() && self.ended {
                return Ok(Parsed::End);
            }
            if self.tokens.cut(rest, self.delimiter, self.ended) {
                return Ok(Parsed::Row);
            }
            if rest.len() > ROW_LIMIT {
                return Ok(Parsed::TooLong);
            }
            self.refill()?;
        }
    }

    /// Puts the row's cells into the record, or says which of them is to blame and why.
    fn take(&self, record: &mut Record) -> Result<(), Wrong> {
        record.clear();
        record.line = self.line;
        let row = &self.window[self.start..self.start + self.tokens.length];
        let not_utf8 = |error: std::str::Utf8Error| {
            let place = self.tokens.cells.iter().position(|cell| cell.range.end > error.valid_up_to());
            (place, format!("it is not valid {} as the rest of the file; save the file as UTF-8", self.encoding))
        };
        let row = std::str::from_utf8(row).map_err(not_utf8)?;
        record.text.push_str(row);
        for cell in &self.tokens.cells {
            if cell.quoted {
                let start = record.text.len();
                unquote(&row[cell.range.clone()], &mut record.text);
                record.cells.push(start..record.text.len());
            } else {
                record.cells.push(cell.range.clone());
            }
        }
        if let Some(place) = record.cells.iter().position(|cell| cell.len() > CELL_LIMIT) {
            let limit = CELL_LIMIT / 1024;
            return Err((Some(place), format!("the cell is longer than {limit} KiB; is a quote never closed?")));
        }
        let at_end = self.ended && self.start + row.len() == self.window.len();
        if at_end && self.tokens.odd && spans_lines(row.as_bytes()) {
            return Err((None, "a quote is opened and never closed".into()));
        }
        let (found, named) = (record.len(), self.header.len());
        if named == 0 || (found >= self.least && found <= named) || record.is_blank() {
            return Ok(());
        }
        let surplus = record.cells().skip(named).any(|cell| !cell.trim().is_empty());
        if found < self.least || surplus {
            let many = if found == 1 { "cell" } else { "cells" };
            return Err((None, format!("the row has {found} {many} and the header {named}; is a quote missing?")));
        }
        Ok(())
    }

    /// Gives up the current row's first line, and begins again after it. Lines that make no rows by themselves are the
    /// rest of the cell whose quote was never closed, and go with it. Returns the reason, with how many these were.
    fn repair(&mut self, reason: String) -> Result<String, ImportError> {
        self.give_up_line()?;
        let (mut rest, mut record) = (0_u64, Record::default());
        loop {
            self.line_of_next()?;
            // Another odd quote is told by itself.
            if !matches!(self.parse()?, Parsed::Row) || self.tokens.odd {
                break;
            }
            match self.take(&mut record) {
                Err((None, _)) => rest += 1,
                Ok(()) if record.is_blank() => {}
                _ => break,
            }
            self.commit(self.start + self.tokens.length);
        }
        Ok(match rest {
            0 => reason,
            1 => format!("{reason}; the line after it makes no row and went with it"),
            _ => format!("{reason}; {rest} lines after it make no rows and went with it"),
        })
    }

    fn give_up_line(&mut self) -> Result<(), ImportError> {
        self.repairs += 1;
        if self.repairs > REPAIRS {
            return Err(ImportError::Quotes { file: self.file.clone(), line: self.line });
        }
        loop {
            let rest = &self.window[self.start..];
            if let Some(end) = memchr::memchr(self.line_end, rest) {
                self.commit(self.start + end + 1);
                return Ok(());
            }
            self.commit(self.window.len());
            if self.ended {
                return Ok(());
            }
            self.refill()?;
        }
    }

    /// Gives up the bytes before `to`, counting their lines.
    fn commit(&mut self, to: usize) {
        self.line += memchr::memchr_iter(self.line_end, &self.window[self.start..to]).count() as u64;
        self.start = to;
    }

    /// Reads more, keeping the current row.
    fn refill(&mut self) -> Result<(), ImportError> {
        self.window.drain(..self.start);
        self.start = 0;
        let kept = self.window.len();
        self.window.resize(kept + WINDOW, 0);
        let mut length = 0;
        while length < WINDOW && !self.ended {
            match self.reader.read(&mut self.window[kept + length..]) {
                Ok(0) => self.ended = true,
                Ok(more) => length += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(ImportError::Io { file: self.file.clone(), error }),
            }
        }
        self.window.truncate(kept + length);
        Ok(())
    }

    fn read_header(&mut self) -> Result<(), ImportError> {
        let mut record = Record::default();
        match self.next(&mut record)? {
            Next::End => return Err(ImportError::Empty { file: self.file.clone() }),
            Next::Bad { line, reason, .. } => {
                return Err(ImportError::Header { file: self.file.clone(), line, why: reason });
            }
            Next::Row => {}
        }
        if record.len() > COLUMN_LIMIT {
            let why =
                format!("it has {} columns, and {COLUMN_LIMIT} are the most; is this really its header?", record.len());
            return Err(ImportError::Header { file: self.file.clone(), line: record.line, why });
        }
        let named = record.cells().enumerate().filter(|(_, name)| !name.trim().is_empty());
        self.least = named.map(|(place, _)| place + 1).last().unwrap_or(0);
        for (place, cell) in record.cells().enumerate() {
            let name = cell.trim();
            let name = if name.is_empty() { format!("column {}", place + 1) } else { name.to_owned() };
            let same = (2..).map(|number| format!("{name} ({number})"));
            let unique = std::iter::once(name.clone()).chain(same).find(|name| !self.header.contains(name));
            self.header.extend(unique);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
