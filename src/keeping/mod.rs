//! Keeping what must not be lost or seen: private files and folders, and SQLite set so that what is saved stays saved;
//! and keeping time.
//!
//! | File | What it does |
//! |---|---|
//! | `clock` | the time of day, set right by a hub's |
//! | `command` | programs of the configuration, run within limits |
//! | `keyring` | secrets in the system's keyring |
//! | `private` | folders and files for our eyes only, never through a link |
//! | `secret` | secrets in a file or from a command |
//! | `sqlite` | the file's format, backup before a migration, settings, and what its errors mean |

pub mod clock;
pub mod command;
pub mod keyring;
pub mod private;
pub mod secret;
pub mod sqlite;

use std::io;
use std::path::{Path, PathBuf};

/// A file or folder of ours cannot be used. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The disk is full.
    #[error("the disk is full: nothing was saved. Free some space and try again")]
    Full,
    /// What should be a file or folder is something else, such as a link that somebody planted.
    #[error("{path} is {found}, not a plain {wanted}; Leadbox does not follow it. Remove it, or name another place")]
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
        "others may write into {0}. Close it (chmod 700), or name a folder that is not there yet: Leadbox makes it private"
    )]
    NotPrivate(PathBuf),
    /// It belongs to another user.
    #[error("{path} belongs to another user (uid {owner}, you are {us}). Name a place of your own")]
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
    #[error("{0} is not a file of this kind that Leadbox made. Move it away, or name another one")]
    NotOurs(PathBuf),
    /// The SQLite library has a bug that loses data (WAL reset, mended in 3.51.3).
    #[error("this program was built with SQLite {found}; {needed} or newer is needed to keep your work safe")]
    OldSqlite {
        /// What it was built with.
        found: String,
        /// What is needed.
        needed: String,
    },
    /// SQLite says something else.
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A step to a newer format cannot be taken.
    #[error("{0}")]
    Migration(String),
}

impl From<rusqlite_migration::Error> for KeepError {
    fn from(error: rusqlite_migration::Error) -> Self {
        match error {
            rusqlite_migration::Error::RusqliteError { err, .. } => Self::Sqlite(err),
            other => Self::Migration(other.to_string()),
        }
    }
}

/// What the operating system refused, in words.
pub fn refused(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => "it cannot be made there".to_owned(),
        io::ErrorKind::PermissionDenied => "you may not read or write there".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "nothing can be written there".to_owned(),
        _ => error.to_string(),
    }
}

/// Says of which file or folder the operating system spoke.
pub fn at(path: &Path) -> impl FnOnce(io::Error) -> KeepError {
    move |source| match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => KeepError::Full,
        _ => KeepError::Io { path: path.to_owned(), source },
    }
}
