//! What can be wrong with a file, a mapping, or one row.

use std::fmt;
use std::io;
use std::path::Path;

use serde::Serialize;

use crate::reading::plight;

/// A row that was not taken, and why. `line` counts from 1 and is where the row begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowError {
    /// The file, as it was named.
    pub file: String,
    /// The line on which the row begins, from 1.
    pub line: u64,
    /// The column, where one is to blame.
    pub column: Option<String>,
    /// What is wrong and what would be right.
    pub reason: String,
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if let Some(column) = &self.column {
            write!(f, "column “{column}”: ")?;
        }
        f.write_str(&self.reason)
    }
}

/// What is wrong with a row, before it is known which file and line it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The column, where one is to blame.
    pub column: Option<String>,
    /// What is wrong and what would be right.
    pub reason: String,
}

impl Fault {
    pub(super) fn at(self, file: &str, line: u64) -> RowError {
        RowError { file: file.to_owned(), line, column: self.column, reason: self.reason }
    }
}

/// A mistake in a mapping file, told as `FILE:LINE:COLUMN: what; hint`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {what}; {hint}")]
pub struct MappingError {
    /// The mapping file.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub hint: String,
}

/// Why an import could not begin or go on. A single bad row is a [`RowError`] instead.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("{file} cannot be read: {}", plight(error))]
    Io {
        /// Which file.
        file: String,
        /// What the system says.
        error: io::Error,
    },
    /// There is nothing in it, not even a header.
    #[error("{file} is empty: a header line or a JSON object was expected")]
    Empty {
        /// Which file.
        file: String,
    },
    /// It is of another kind than CSV or JSON.
    #[error("{file} is {kind}; save it as CSV (UTF-8) or JSON Lines and import that")]
    Unreadable {
        /// Which file.
        file: String,
        /// What it seems to be.
        kind: &'static str,
    },
    /// Its first line cannot be a header.
    #[error("{file}:{line}: {why}")]
    Header {
        /// Which file.
        file: String,
        /// On which line.
        line: u64,
        /// What is wrong with it.
        why: String,
    },
    /// Too many of its rows are broken in the same way.
    #[error("{file}:{line}: too many rows have quotes that are opened and never closed; is it really CSV?")]
    Quotes {
        /// Which file.
        file: String,
        /// Where it was given up.
        line: u64,
    },
    /// No mapping goes by that name.
    #[error("there is no mapping “{name}”; shipped are {known}, and the path of a file works as well")]
    NoSuchMapping {
        /// The name asked for.
        name: String,
        /// Those that are shipped.
        known: String,
    },
    /// The mapping cannot be read.
    #[error("the mapping {file} cannot be read: {}", plight(error))]
    NoMapping {
        /// Which file.
        file: String,
        /// What the system says.
        error: io::Error,
    },
    /// The mapping is wrong.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// The mapping is for the other kind of file.
    #[error("the mapping {name} is for {is}, and {file} was given as {wanted}")]
    WrongKind {
        /// The mapping.
        name: String,
        /// What it is for.
        is: &'static str,
        /// The file.
        file: String,
        /// What was needed.
        wanted: &'static str,
    },
    /// Activities were given as leads.
    #[error(
        "{file} is a list of activities, not of leads: give it beside the leads it belongs to, \
         `leadbox import LEADS --activities {file}`. If its rows are leads all the same, say so with --map generic"
    )]
    Activities {
        /// Which file.
        file: String,
    },
    /// Neither a profile nor common column names fit.
    #[error(
        "{file}: {missing}; its columns are {columns}; write a mapping (docs/mapping.md shows how) and give it with {option}"
    )]
    NoProfile {
        /// Which file.
        file: String,
        /// What was looked for in vain.
        missing: &'static str,
        /// What there is.
        columns: String,
        /// The option that takes a mapping.
        option: &'static str,
    },
}

impl ImportError {
    /// The same as one of the things that are wrong with a file. The line is 0 where the file as a whole is meant.
    pub fn as_row(&self, file: &Path) -> RowError {
        let line = match self {
            Self::Header { line, .. } | Self::Quotes { line, .. } => *line,
            _ => 0,
        };
        RowError { file: file.display().to_string(), line, column: None, reason: self.to_string() }
    }

    pub(super) fn io(file: &str) -> impl FnOnce(io::Error) -> Self + '_ {
        move |error| Self::Io { file: file.to_owned(), error }
    }
}

/// Names in a row, the long tail left out.
pub(super) fn listing<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("“{name}”")).collect();
    const MOST: usize = 60;
    match names.len() {
        0 => "none".into(),
        n if n > MOST => format!("{} and {} more", names[..MOST].join(", "), n - MOST),
        _ => names.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_error_says_where_it_is() {
        let error = Fault { column: Some("Created".into()), reason: "“x” is no date".into() }.at("a.csv", 7);
        assert_eq!(error.to_string(), "a.csv:7: column “Created”: “x” is no date");
    }
}
