//! Reading CSV and its kin, row by row, in bounded memory, with exact line numbers.
//!
//! The grammar is that of the `csv-core` crate. What is added here: the window keeps the bytes of the row being read,
//! so that a quote which is opened and never closed costs one row and not the rest of the file.

use std::io::{self, Read};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::dialect;
use super::error::ImportError;
use super::input::{Input, Utf8Reader};
use super::record::{CELL_LIMIT, Next, Record};

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
    core: Reader,
    delimiter: u8,
    /// What ends a line, for counting them.
    line_end: u8,
    /// Bytes read and not yet given up: the current row begins at `start` and is parsed up to `at`.
    window: Vec<u8>,
    start: usize,
    at: usize,
    ended: bool,
    /// The line on which `start` stands, from 1.
    line: u64,
    cells: Vec<u8>,
    ends: Vec<usize>,
    header: Vec<String>,
    /// Rows have at least so many cells: the columns up to the last one with a name.
    least: usize,
    repairs: usize,
}

/// What the parser made of the bytes at the window's start.
enum Parsed {
    Row { cells: usize, ends: usize },
    TooLong,
    End,
}

impl Delimited {
    /// Opens the table and reads its header.
    pub fn open(input: &Input) -> Result<Self, ImportError> {
        let mut table = Self {
            file: input.name.clone(),
            reader: input.reader().map_err(ImportError::io(&input.name))?,
            core: Reader::new(),
            delimiter: b',',
            line_end: if input.old_mac { b'\r' } else { b'\n' },
            window: Vec::new(),
            start: 0,
            at: 0,
            ended: false,
            line: 1,
            cells: vec![0; 4096],
            ends: vec![0; 64],
            header: Vec::new(),
            least: 0,
            repairs: 0,
        };
        table.refill()?;
        let (delimiter, skip) = dialect::detect(&table.window);
        table.delimiter = delimiter;
        table.core = ReaderBuilder::new().delimiter(delimiter).build();
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
            match self.parse()? {
                Parsed::End => return Ok(Next::End),
                Parsed::TooLong => {
                    let line = self.line;
                    self.repair()?;
                    let reason = format!("the row is longer than {} KiB; is a quote never closed?", ROW_LIMIT / 1024);
                    return Ok(Next::Bad { line, place: None, reason });
                }
                Parsed::Row { cells, ends } => {
                    let line = self.line;
                    if let Err((place, reason)) = self.take(record, cells, ends) {
                        if self.swallowed_lines() {
                            self.repair()?;
                        } else {
                            self.commit(self.at);
                        }
                        return Ok(Next::Bad { line, place, reason });
                    }
                    self.commit(self.at);
                    if !record.is_blank() {
                        return Ok(Next::Row);
                    }
                }
            }
        }
    }

    /// Parses one record from the window's start, without giving its bytes up.
    fn parse(&mut self) -> Result<Parsed, ImportError> {
        self.pass_line_ends()?;
        let (mut cells, mut ends) = (0, 0);
        loop {
            if self.at == self.window.len() && !self.ended {
                if self.at - self.start > ROW_LIMIT {
                    return Ok(Parsed::TooLong);
                }
                self.refill()?;
                continue;
            }
            let (result, read, wrote, ended) =
                self.core.read_record(&self.window[self.at..], &mut self.cells[cells..], &mut self.ends[ends..]);
            self.at += read;
            cells += wrote;
            ends += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.cells.resize(self.cells.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record => return Ok(Parsed::Row { cells, ends }),
                ReadRecordResult::End => return Ok(Parsed::End),
            }
        }
    }

    /// Moves what was parsed into the record, or says which cell is to blame and why.
    fn take(&self, record: &mut Record, cells: usize, ends: usize) -> Result<(), (Option<usize>, String)> {
        record.clear();
        record.line = self.line;
        record.ends.extend_from_slice(&self.ends[..ends]);
        let bytes = &self.cells[..cells];
        match std::str::from_utf8(bytes) {
            Ok(text) => record.text.push_str(text),
            Err(error) => {
                let place = record.ends.iter().position(|end| *end > error.valid_up_to());
                return Err((place, "it is not valid UTF-8 as the rest of the file; save the file as UTF-8".into()));
            }
        }
        // A character may have been cut in two by a delimiter, and the halves add up.
        if let Some(place) = record.ends.iter().position(|end| !record.text.is_char_boundary(*end)) {
            return Err((Some(place), "it is not valid UTF-8 as the rest of the file; save the file as UTF-8".into()));
        }
        if cells > CELL_LIMIT
            && let Some(place) = record.cells().position(|cell| cell.len() > CELL_LIMIT)
        {
            let limit = CELL_LIMIT / 1024;
            return Err((Some(place), format!("the cell is longer than {limit} KiB; is a quote never closed?")));
        }
        if self.header.is_empty() || record.is_blank() {
            return Ok(());
        }
        let (found, named) = (record.len(), self.header.len());
        let surplus = found > named && record.cells().skip(named).any(|cell| !cell.trim().is_empty());
        if found < self.least || surplus {
            let many = if found == 1 { "cell" } else { "cells" };
            return Err((None, format!("the row has {found} {many} and the header {named}; is a quote missing?")));
        }
        if self.ended && self.at == self.window.len() && self.quotes_in_row() % 2 == 1 {
            return Err((None, "a quote is opened and never closed".into()));
        }
        Ok(())
    }

    fn quotes_in_row(&self) -> usize {
        self.window[self.start..self.at].iter().filter(|byte| **byte == b'"').count()
    }

    /// Whether a row that makes no sense has eaten others: it spans several lines, and one of its quotes is followed
    /// by something that cannot follow a closing quote. A cell that honestly spans lines does not do that.
    fn swallowed_lines(&self) -> bool {
        let row = self.window[self.start..self.at].trim_ascii_end();
        if !row.contains(&self.line_end) {
            return false;
        }
        let (mut quoted, mut fresh) = (false, true);
        let mut bytes = row.iter().copied().peekable();
        while let Some(byte) = bytes.next() {
            if byte == b'"' && quoted {
                match bytes.peek() {
                    Some(b'"') => {
                        bytes.next();
                    }
                    Some(next) if *next != self.delimiter && !matches!(next, b'\r' | b'\n') => return true,
                    _ => quoted = false,
                }
            } else if byte == b'"' && fresh {
                quoted = true;
            }
            fresh = byte == self.delimiter || matches!(byte, b'\r' | b'\n');
        }
        quoted
    }

    /// Gives up the current row's first line only, and begins again after it.
    fn repair(&mut self) -> Result<(), ImportError> {
        self.repairs += 1;
        if self.repairs > REPAIRS {
            return Err(ImportError::Quotes { file: self.file.clone(), line: self.line });
        }
        self.core.reset();
        loop {
            let rest = &self.window[self.start..];
            if let Some(end) = rest.iter().position(|byte| *byte == self.line_end) {
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

    /// Passes over line ends before a row, so that the line it begins on is known exactly.
    fn pass_line_ends(&mut self) -> Result<(), ImportError> {
        loop {
            let rest = &self.window[self.start..];
            let ends = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            let all = ends == rest.len();
            if ends > 0 {
                self.commit(self.start + ends);
            }
            if !all || self.ended {
                return Ok(());
            }
            self.refill()?;
        }
    }

    /// Gives up the bytes before `to`, counting their lines.
    fn commit(&mut self, to: usize) {
        let ends = self.window[self.start..to].iter().filter(|byte| **byte == self.line_end).count();
        self.line += ends as u64;
        self.start = to;
        self.at = to;
    }

    /// Reads more, keeping the current row.
    fn refill(&mut self) -> Result<(), ImportError> {
        self.window.drain(..self.start);
        self.at -= self.start;
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
