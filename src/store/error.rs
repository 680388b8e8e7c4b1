//! What can go wrong with the file, in sentences that say what to do.

use std::io;
use std::path::PathBuf;

use crate::handoff::lead::LeadId;
use crate::keeping::sqlite::Trouble;
use crate::keeping::{KeepError, refused};

/// The file could not be opened, read or written. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A search was stopped because the next one came.
    #[error("stopped")]
    Interrupted,
    /// Another process held the file for longer than one can wait.
    #[error("another Leadbox is writing to the file and did not finish within 5 s; nothing was saved, try again")]
    Busy,
    /// The disk is full.
    #[error("the disk is full: nothing was saved. Free some space and try again")]
    Full,
    /// The operating system did not take what was to be written; near a full disk SQLite tells no more than that.
    #[error("the lead file could not be written: nothing was saved. Is the disk full, or a limit reached? ({0})")]
    Unwritable(rusqlite::Error),
    /// The file is damaged.
    #[error("the lead file is damaged ({0}). Keep it, and run `leadbox doctor`")]
    Damaged(String),
    /// Anything else that SQLite says.
    #[error("the lead file could not be read or written: {0}. Run `leadbox doctor`")]
    Sqlite(rusqlite::Error),
    /// No lead has this number.
    #[error("there is no lead {0}")]
    NoSuchLead(LeadId),
    /// Several leads go by this name.
    #[error("“{name}” may mean {candidates}: say which one by its number")]
    Ambiguous {
        /// What was given.
        name: String,
        /// The leads that it may mean, with their numbers.
        candidates: String,
    },
    /// The file was written by a newer Leadbox.
    #[error(
        "{path} was written by a newer Leadbox (format {found}; this one knows {known}). Update Leadbox; the file was left as it is"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format that this program knows.
        known: i64,
    },
    /// The file is a database of some other program.
    #[error("{0} is not a Leadbox file. Move it away, or give another folder with --data-dir")]
    NotOurs(PathBuf),
    /// What should be a file or folder is something else, such as a link that somebody planted.
    #[error(
        "{path} is {found}, not a plain {wanted}; Leadbox does not follow it. Remove it, or give another folder with --data-dir"
    )]
    NotPlain {
        /// Which.
        path: PathBuf,
        /// What it is.
        found: &'static str,
        /// What it should be.
        wanted: &'static str,
    },
    /// Others may write into the folder, and so could put files in the place of ours.
    #[error(
        "others may write into {0}. Close it (chmod 700), or name a folder that is not there yet with --data-dir: Leadbox makes it private"
    )]
    NotPrivate(PathBuf),
    /// It belongs to another user.
    #[error("{path} belongs to another user (uid {owner}, you are {us}). Give a folder of your own with --data-dir")]
    NotYours {
        /// Which.
        path: PathBuf,
        /// Its owner.
        owner: u32,
        /// Our user.
        us: u32,
    },
    /// The operating system refused something.
    #[error("{path} cannot be used: {}. Give another folder with --data-dir", refused(source))]
    Io {
        /// What it was about.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// The SQLite library has a bug that loses data (WAL reset, mended in 3.51.3).
    #[error("this program was built with SQLite {found}; {needed} or newer is needed to keep your work safe")]
    OldSqlite {
        /// What it was built with.
        found: String,
        /// What is needed.
        needed: String,
    },
}

impl From<KeepError> for StoreError {
    fn from(error: KeepError) -> Self {
        match error {
            KeepError::Full => Self::Full,
            KeepError::NotPlain { path, found, wanted } => Self::NotPlain { path, found, wanted },
            KeepError::NotPrivate(path) => Self::NotPrivate(path),
            KeepError::NotYours { path, owner, us } => Self::NotYours { path, owner, us },
            KeepError::Io { path, source } => Self::Io { path, source },
            KeepError::Newer { path, found, known } => Self::Newer { path, found, known },
            KeepError::NotOurs(path) => Self::NotOurs(path),
            KeepError::OldSqlite { found, needed } => Self::OldSqlite { found, needed },
            KeepError::Sqlite(error) => error.into(),
            KeepError::Migration(why) => Self::Damaged(why),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match Trouble::of(&error) {
            Trouble::Unwritable => Self::Unwritable(error),
            Trouble::Interrupted => Self::Interrupted,
            Trouble::Busy => Self::Busy,
            Trouble::Full => Self::Full,
            Trouble::Damaged => Self::Damaged(error.to_string()),
            Trouble::Taken | Trouble::Other => Self::Sqlite(error),
        }
    }
}

impl From<rusqlite::types::FromSqlError> for StoreError {
    fn from(error: rusqlite::types::FromSqlError) -> Self {
        Self::Damaged(error.to_string())
    }
}

impl From<rusqlite_migration::Error> for StoreError {
    fn from(error: rusqlite_migration::Error) -> Self {
        KeepError::from(error).into()
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Damaged(format!("a stored record cannot be read: {error}"))
    }
}
