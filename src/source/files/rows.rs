//! The rows of a file of any kind.

use std::io::{BufReader, Read};

use super::delimited::Delimited;
use super::error::ImportError;
use super::input::Input;
use super::json::Json;
use super::record::{Next, Record};

/// A file's rows, with its columns.
pub enum Rows {
    /// Comma-separated and the like.
    Delimited(Box<Delimited>),
    /// JSON Lines or a JSON array.
    Json(Box<Json>),
}

impl Rows {
    /// Looks at what the file begins with, and opens it as that. The delimiter is looked for where it is not given.
    pub fn open(input: &Input, delimiter: Option<u8>) -> Result<Self, ImportError> {
        let reader = input.reader().map_err(ImportError::io(&input.name))?;
        let first = BufReader::new(reader).bytes().find_map(|byte| match byte {
            Ok(byte) if byte.is_ascii_whitespace() => None,
            other => Some(other),
        });
        match first.transpose().map_err(ImportError::io(&input.name))? {
            None => Err(ImportError::Empty { file: input.name.clone() }),
            Some(b'{' | b'[') => Ok(Self::Json(Box::new(Json::open(input)?))),
            Some(_) => Ok(Self::Delimited(Box::new(Delimited::open(input, delimiter)?))),
        }
    }

    /// The names of the columns. Those of JSON may grow, at the end.
    pub fn header(&self) -> &[String] {
        match self {
            Self::Delimited(rows) => rows.header(),
            Self::Json(rows) => rows.header(),
        }
    }

    /// Whether each row has every column: then a column that the header lacks is a mistake, not an absent value.
    pub fn is_rectangular(&self) -> bool {
        matches!(self, Self::Delimited(_))
    }

    /// Reads the next row.
    pub fn next(&mut self, record: &mut Record) -> Result<Next, ImportError> {
        match self {
            Self::Delimited(rows) => rows.next(record),
            Self::Json(rows) => rows.next(record),
        }
    }
}
