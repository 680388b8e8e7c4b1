//! What can go wrong with the file, in sentences that say what to do.

use std::io;
use std::path::PathBuf;

use rusqlite::{ErrorCode, ffi};

use crate::handoff::lead::LeadId;

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
    #[error("{path} cannot be used: {}", refused(source))]
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

/// What the operating system refused, and what to do.
fn refused(error: &io::Error) -> String {
    let why = match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => "it cannot be made there".to_owned(),
        io::ErrorKind::PermissionDenied => "you may not read or write there".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "nothing can be written there".to_owned(),
        _ => error.to_string(),
    };
    format!("{why}. Give another folder with --data-dir")
}

/// What SQLite calls the ways in which a write fails.
const WRITING: [i32; 7] = [
    ffi::SQLITE_IOERR_WRITE,
    ffi::SQLITE_IOERR_FSYNC,
    ffi::SQLITE_IOERR_DIR_FSYNC,
    ffi::SQLITE_IOERR_TRUNCATE,
    ffi::SQLITE_IOERR_SHMOPEN,
    ffi::SQLITE_IOERR_SHMSIZE,
    ffi::SQLITE_IOERR_SHMMAP,
];

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        if error.sqlite_error().is_some_and(|error| WRITING.contains(&error.extended_code)) {
            return Self::Unwritable(error);
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::OperationInterrupted) => Self::Interrupted,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DiskFull) => Self::Full,
            // The index of the WAL is made to its size ahead: where that fails, there is no room for it.
            _ if extended(&error) == Some(rusqlite::ffi::SQLITE_IOERR_SHMSIZE) => Self::Full,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(error.to_string()),
            _ => Self::Sqlite(error),
        }
    }
}

fn extended(error: &rusqlite::Error) -> Option<i32> {
    error.sqlite_error().map(|error| error.extended_code)
}

impl From<rusqlite::types::FromSqlError> for StoreError {
    fn from(error: rusqlite::types::FromSqlError) -> Self {
        Self::Damaged(error.to_string())
    }
}

impl From<rusqlite_migration::Error> for StoreError {
    fn from(error: rusqlite_migration::Error) -> Self {
        match error {
            rusqlite_migration::Error::RusqliteError { err, .. } => err.into(),
            other => Self::Damaged(other.to_string()),
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Damaged(format!("a stored record cannot be read: {error}"))
    }
}
