//! Reading JSON Lines, or one JSON array of objects, row by row, in bounded memory.
//!
//! Objects within an object become columns with dotted names (`person.email`); lists of plain values are joined with
//! `; `. Columns are known as they come: those of the first rows are read ahead, so that a mapping can be held
//! against them, and later ones are added.

use std::collections::{HashMap, VecDeque};
use std::io::{self, BufRead, BufReader};

use serde_json::Value;

use super::error::ImportError;
use super::input::{Input, Utf8Reader};
use super::record::{CELL_LIMIT, Next, Record};

/// The longest row, in bytes.
const ROW_LIMIT: usize = 1024 * 1024;
/// How many rows are looked at to learn the columns.
const AHEAD: usize = 100;

/// The rows of a JSON file.
pub struct Json {
    reader: Scanner,
    header: Vec<String>,
    places: HashMap<String, usize>,
    ahead: VecDeque<(Next, Record)>,
    cells: Vec<String>,
}

impl Json {
    /// Opens the file and reads its first rows to learn the columns.
    pub fn open(input: &Input) -> Result<Self, ImportError> {
        let reader = input.reader().map_err(ImportError::io(&input.name))?;
        let mut json = Self {
            reader: Scanner::new(input, reader)?,
            header: Vec::new(),
            places: HashMap::new(),
            ahead: VecDeque::new(),
            cells: Vec::new(),
        };
        for _ in 0..AHEAD {
            let mut record = Record::default();
            let next = json.parse(&mut record)?;
            let ended = next == Next::End;
            json.ahead.push_back((next, record));
            if ended {
                break;
            }
        }
        if json.ahead.iter().any(|(next, _)| *next == Next::Row) {
            return Ok(json);
        }
        let file = input.name.clone();
        Err(match json.ahead.pop_front() {
            Some((Next::Bad { line, reason, .. }, _)) => ImportError::Header { file, line, why: reason },
            _ => ImportError::Empty { file },
        })
    }

    /// The columns seen so far. It only grows, at its end.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// Reads the next row.
    pub fn next(&mut self, record: &mut Record) -> Result<Next, ImportError> {
        match self.ahead.pop_front() {
            Some((next, read)) => {
                *record = read;
                Ok(next)
            }
            None => self.parse(record),
        }
    }

    fn parse(&mut self, record: &mut Record) -> Result<Next, ImportError> {
        record.clear();
        let (line, text) = match self.reader.next()? {
            Scanned::End => return Ok(Next::End),
            Scanned::TooLong(line) => {
                let reason = format!("the row is longer than {} KiB", ROW_LIMIT / 1024);
                return Ok(Next::Bad { line, place: None, reason });
            }
            Scanned::Text(line, text) => (line, text),
        };
        let object = match serde_json::from_slice(text) {
            Ok(Value::Object(object)) => object,
            Ok(_) => return Ok(Next::Bad { line, place: None, reason: "it is not a JSON object".into() }),
            Err(error) => return Ok(Next::Bad { line, place: None, reason: format!("it is not valid JSON: {error}") }),
        };
        self.cells.iter_mut().for_each(String::clear);
        self.flatten("", object);
        record.line = line;
        for cell in &self.cells {
            record.push(cell);
        }
        if let Some(place) = self.cells.iter().position(|cell| cell.len() > CELL_LIMIT) {
            let reason = format!("the value is longer than {} KiB", CELL_LIMIT / 1024);
            return Ok(Next::Bad { line, place: Some(place), reason });
        }
        Ok(Next::Row)
    }

    fn flatten(&mut self, prefix: &str, object: serde_json::Map<String, Value>) {
        for (key, value) in object {
            let name = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
            let text = match value {
                Value::Object(inner) => {
                    self.flatten(&name, inner);
                    continue;
                }
                Value::Array(list) if list.iter().all(|item| !item.is_object() && !item.is_array()) => {
                    let items: Vec<String> = list.into_iter().map(plain).filter(|text| !text.is_empty()).collect();
                    items.join("; ")
                }
                other => plain(other),
            };
            let place = match self.places.get(&name) {
                Some(place) => *place,
                None => {
                    self.places.insert(name.clone(), self.header.len());
                    self.header.push(name);
                    self.cells.push(String::new());
                    self.header.len() - 1
                }
            };
            self.cells[place] = text;
        }
    }
}

fn plain(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// Cuts the text into the objects of an array, or into lines.
struct Scanner {
    file: String,
    reader: BufReader<Utf8Reader>,
    array: bool,
    line_end: u8,
    line: u64,
    text: Vec<u8>,
}

enum Scanned<'a> {
    Text(u64, &'a [u8]),
    TooLong(u64),
    End,
}

impl Scanner {
    fn new(input: &Input, reader: Utf8Reader) -> Result<Self, ImportError> {
        let mut scanner = Self {
            file: input.name.clone(),
            reader: BufReader::with_capacity(64 * 1024, reader),
            array: false,
            line_end: if input.old_mac { b'\r' } else { b'\n' },
            line: 1,
            text: Vec::new(),
        };
        scanner.pass(u8::is_ascii_whitespace)?;
        scanner.array = scanner.peek()? == Some(b'[');
        if scanner.array {
            scanner.reader.consume(1);
        }
        Ok(scanner)
    }

    /// The next object's text and the line on which it begins.
    fn next(&mut self) -> Result<Scanned<'_>, ImportError> {
        let array = self.array;
        self.pass(|byte| byte.is_ascii_whitespace() || (array && *byte == b','))?;
        self.text.clear();
        let line = self.line;
        match self.peek()? {
            None => return Ok(Scanned::End),
            Some(b']') if self.array => return Ok(Scanned::End),
            Some(_) => {}
        }
        let whole = if self.array { self.take_value()? } else { self.take_line()? };
        Ok(if whole { Scanned::Text(line, &self.text) } else { Scanned::TooLong(line) })
    }

    /// Takes one value of an array, up to the comma or bracket after it. False when it is too long to keep.
    fn take_value(&mut self) -> Result<bool, ImportError> {
        let (mut depth, mut quoted, mut escaped, mut whole) = (0_usize, false, false, true);
        while let Some(byte) = self.peek()? {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                _ if quoted => {}
                b'{' | b'[' => depth += 1,
                b',' | b']' if depth == 0 => break,
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.line += u64::from(byte == self.line_end);
            self.reader.consume(1);
            whole &= self.text.len() < ROW_LIMIT;
            if whole {
                self.text.push(byte);
            }
        }
        Ok(whole)
    }

    /// Takes the rest of a line. False when it is too long to keep.
    fn take_line(&mut self) -> Result<bool, ImportError> {
        let mut whole = true;
        loop {
            let buffer = self.reader.fill_buf().map_err(ImportError::io(&self.file))?;
            let end = buffer.iter().position(|byte| *byte == self.line_end);
            let taken = &buffer[..end.unwrap_or(buffer.len())];
            whole &= self.text.len() + taken.len() <= ROW_LIMIT;
            if whole {
                self.text.extend_from_slice(taken);
            }
            let length = taken.len();
            self.reader.consume(length);
            // The line end itself is left to `pass`, which counts it.
            if end.is_some() || length == 0 {
                return Ok(whole);
            }
        }
    }

    fn peek(&mut self) -> Result<Option<u8>, ImportError> {
        loop {
            match self.reader.fill_buf() {
                Ok(buffer) => return Ok(buffer.first().copied()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(ImportError::Io { file: self.file.clone(), error }),
            }
        }
    }

    fn pass(&mut self, passes: impl Fn(&u8) -> bool) -> Result<(), ImportError> {
        while let Some(byte) = self.peek()?.filter(|byte| passes(byte)) {
            self.line += u64::from(byte == self.line_end);
            self.reader.consume(1);
        }
        Ok(())
    }
}
