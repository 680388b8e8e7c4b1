//! What can go wrong with the hub's database, in sentences that say what to do.

use crate::keeping::KeepError;
use crate::keeping::sqlite::Trouble;

/// The database could not be opened, read or written. Nothing was changed, unless it is [`DbError::Unknown`].
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The address of the database is not understood.
    #[error("the database's URL is not understood: {0}. Write sqlite:PATH or postgres://USER@HOST:PORT/NAME")]
    Url(String),
    /// The file, or its folder, cannot be used.
    #[error("the hub's file: {0}")]
    File(KeepError),
    /// The server cannot be reached, or refuses us.
    #[error("{place} cannot be used: {why}")]
    Unusable {
        /// Which database, without a password.
        place: String,
        /// What it said, and what to do.
        why: String,
    },
    /// The database was written by a newer Leadbox.
    #[error(
        "{place} was written by a newer Leadbox (format {found}; this one knows {known}). Update Leadbox; the database was left as it is"
    )]
    Newer {
        /// Which database.
        place: String,
        /// Its format.
        found: i64,
        /// The newest format that this program knows.
        known: i64,
    },
    /// Somebody else wrote, or all connections were taken, for longer than one can wait.
    #[error("the database is busy: {0}; nothing was saved, try again")]
    Busy(&'static str),
    /// The disk is full.
    #[error("the database's disk is full: nothing was saved. Free some space and try again")]
    Full,
    /// What was written did not reach the disk.
    #[error("the database could not be written: nothing was saved ({0})")]
    Unwritable(String),
    /// The database is damaged.
    #[error("the database is damaged: {0}. Keep it, and restore a copy")]
    Damaged(String),
    /// The connection was lost before the commit: nothing was saved.
    #[error("the connection to the database was lost ({0}); nothing was saved, try again")]
    Lost(String),
    /// The connection was lost while committing: it may be saved or not, and only a look can tell.
    #[error(
        "the connection to the database was lost while it saved ({0}): whether it did is not known, look before trying again"
    )]
    Unknown(String),
    /// A row of the same key is there already.
    #[error("it is there already: {0}")]
    Taken(String),
    /// A text has a NUL in it, which PostgreSQL cannot keep.
    #[error("parameter {0} has a NUL in its text, which cannot be kept")]
    Nul(usize),
    /// A number is not finite, or anything else is no value for a database.
    #[error("parameter {0} is not a number that can be kept")]
    NotANumber(usize),
    /// A column has another kind of value than was asked for.
    #[error("column {column} is {found}, not {wanted}")]
    Column {
        /// Which, from 0.
        column: usize,
        /// What was wanted.
        wanted: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A stored value cannot be read, or is not what it should be.
    #[error("what is stored cannot be read: {0}")]
    Stored(String),
    /// The database did not take a statement.
    #[error("the database did not take a statement: {0}")]
    Statement(String),
    /// The job gave up, for reasons of its own, which it told elsewhere.
    #[error("given up: {0}")]
    GivenUp(String),
}

impl DbError {
    /// Nothing was saved, and the same may well succeed if it is tried again.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Busy(_) | Self::Lost(_))
    }
}

impl From<KeepError> for DbError {
    fn from(error: KeepError) -> Self {
        match error {
            KeepError::Sqlite(error) => error.into(),
            KeepError::Newer { path, found, known } => Self::Newer { place: path.display().to_string(), found, known },
            error => Self::File(error),
        }
    }
}

impl From<rusqlite::Error> for DbError {
    fn from(error: rusqlite::Error) -> Self {
        match Trouble::of(&error) {
            Trouble::Busy => Self::Busy("another program holds the file"),
            Trouble::Full => Self::Full,
            Trouble::Unwritable => Self::Unwritable(error.to_string()),
            Trouble::Damaged => Self::Damaged(error.to_string()),
            Trouble::Taken => Self::Taken(error.to_string()),
            Trouble::Interrupted | Trouble::Other => Self::Statement(error.to_string()),
        }
    }
}
