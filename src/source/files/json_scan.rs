//! Cutting a JSON text into its rows: the lines of JSON Lines, or the values of one array.

use std::io::{self, BufRead, BufReader};

use memchr::memchr;

use super::error::ImportError;
use super::input::{Input, Utf8Reader};

/// The longest row, in bytes.
pub const ROW_LIMIT: usize = 1024 * 1024;

/// Cuts the text into the objects of an array, or into lines.
pub struct Scanner {
    file: String,
    reader: BufReader<Utf8Reader>,
    array: bool,
    line_end: u8,
    line: u64,
    text: Vec<u8>,
}

/// A row's text.
pub enum Scanned<'a> {
    /// The line on which it begins, from 1, and the text.
    Text(u64, &'a [u8]),
    /// It begins on this line and is longer than [`ROW_LIMIT`].
    TooLong(u64),
    /// There is none.
    End,
}

impl Scanner {
    /// Looks at what the text begins with.
    pub fn new(input: &Input, reader: Utf8Reader) -> Result<Self, ImportError> {
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
    pub fn next(&mut self) -> Result<Scanned<'_>, ImportError> {
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
            let end = memchr(self.line_end, buffer);
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
