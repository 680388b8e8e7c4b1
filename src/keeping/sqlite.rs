//! SQLite files: opened as ours or not at all, copied before they are migrated, and set so that a commit is durable.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags, ffi};
use rusqlite_migration::{M, Migrations};

use super::{KeepError, at, private};

/// The first SQLite in which a reset of the WAL cannot lose a commit.
const NEEDED: i32 = 3_051_003;

/// A kind of file: by what mark it is known, and by what steps it came to its newest format.
#[derive(Clone, Copy, Debug)]
pub struct Format<'a> {
    /// SQLite's `application_id`.
    pub application: i64,
    /// From an empty file to the newest format. A released step is never edited.
    pub steps: &'a [M<'a>],
}

/// Opens the file at this path, in a folder that is private already. The file is made if need be.
///
/// # Errors
/// If this SQLite is too old, or something else is in the place of the file or of those that SQLite puts beside it.
pub fn open(path: &Path) -> Result<Connection, KeepError> {
    check_library(rusqlite::version_number())?;
    // The files that SQLite puts beside it take over its permissions.
    for end in ["", "-wal", "-shm", "-journal"] {
        private::close(&beside(path, end))?;
    }
    private::create(path)?;
    connect(path)
}

/// Another connection to a file that was opened before.
///
/// # Errors
/// If SQLite cannot open it.
pub fn connect(path: &Path) -> Result<Connection, KeepError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    Ok(Connection::open_with_flags(path, flags)?)
}

/// # Errors
/// If the library can lose a commit.
pub fn check_library(found: i32) -> Result<(), KeepError> {
    let name = |version: i32| format!("{}.{}.{}", version / 1_000_000, version / 1000 % 1000, version % 1000);
    if found >= NEEDED {
        return Ok(());
    }
    Err(KeepError::OldSqlite { found: name(found), needed: name(NEEDED) })
}

/// Sets SQLite so that a commit is on the disk when it is told, and that nothing in the file is trusted. A new file gets pages
/// of so many bytes, a power of two from 512 to 65536.
///
/// # Errors
/// As SQLite says.
pub fn configure(conn: &Connection, page: u32) -> Result<(), KeepError> {
    conn.set_prepared_statement_cache_capacity(64);
    conn.pragma_update(None, "page_size", page)?;
    conn.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA fullfsync = ON;
         PRAGMA checkpoint_fullfsync = ON;
         PRAGMA foreign_keys = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA temp_store = MEMORY;
         PRAGMA mmap_size = 0;
         PRAGMA journal_size_limit = 8000000;",
    )?;
    Ok(())
}

impl Format<'_> {
    /// The newest format's number.
    pub fn newest(&self) -> i64 {
        i64::try_from(self.steps.len()).unwrap_or(i64::MAX)
    }

    /// The number of the format that the file has; 0 if it is empty.
    ///
    /// # Errors
    /// As SQLite says.
    pub fn of(conn: &Connection) -> Result<i64, KeepError> {
        Ok(conn.query_row("PRAGMA user_version", [], |row| row.get(0))?)
    }

    /// # Errors
    /// If the file is not of this kind, or newer than we know.
    pub fn check(&self, conn: &Connection, path: &Path) -> Result<(), KeepError> {
        let application: i64 = conn.query_row("PRAGMA application_id", [], |row| row.get(0))?;
        let found = Self::of(conn)?;
        let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        if application != self.application && (application, found, tables) != (0, 0, 0) {
            return Err(KeepError::NotOurs(path.to_owned()));
        }
        if found > self.newest() {
            return Err(KeepError::Newer { path: path.to_owned(), found, known: self.newest() });
        }
        Ok(())
    }

    /// Brings the file to the newest format; an old one is copied first. The caller keeps others out meanwhile.
    ///
    /// # Errors
    /// If the copy cannot be made or a step fails; the file is as it was then.
    pub fn migrate(&self, conn: &mut Connection, path: &Path) -> Result<(), KeepError> {
        match Self::of(conn)? {
            0 => conn.pragma_update(None, "application_id", self.application)?,
            found if found < self.newest() => back_up(conn, path, found)?,
            _ => {}
        }
        Ok(Migrations::from_slice(self.steps).to_latest(conn)?)
    }
}

/// Copies the file as it is, whole or not at all, to `<name>.v<N>-backup`.
fn back_up(conn: &Connection, path: &Path, found: i64) -> Result<(), KeepError> {
    let copy = beside(path, &format!(".v{found}-backup"));
    let partial = beside(path, &format!(".v{found}-backup.partial"));
    if fs::symlink_metadata(&partial).is_ok() {
        fs::remove_file(&partial).map_err(at(&partial))?;
    }
    // Made before SQLite fills it, so that its permissions are ours.
    private::create(&partial)?;
    conn.backup(MAIN_DB, &partial, None)?;
    File::open(&partial).and_then(|file| file.sync_all()).map_err(at(&partial))?;
    fs::rename(&partial, &copy).map_err(at(&copy))?;
    let dir = path.parent().unwrap_or(path);
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(at(dir))
}

/// A file with the same name and this ending.
pub fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// What an error of SQLite means to those who wait for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// What was read was stopped on purpose.
    Interrupted,
    /// Somebody else held the file for too long.
    Busy,
    /// The disk is full.
    Full,
    /// The operating system did not take what was to be written; near a full disk SQLite tells no more than that.
    Unwritable,
    /// The file is damaged.
    Damaged,
    /// A row of the same key is there already.
    Taken,
    /// Anything else.
    Other,
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

impl Trouble {
    /// What this error means.
    pub fn of(error: &rusqlite::Error) -> Self {
        let extended = error.sqlite_error().map(|error| error.extended_code);
        if extended.is_some_and(|code| WRITING.contains(&code)) {
            return Self::Unwritable;
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::OperationInterrupted) => Self::Interrupted,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged,
            Some(ErrorCode::ConstraintViolation) => match extended {
                Some(ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY) => Self::Taken,
                _ => Self::Other,
            },
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_sqlite_that_can_lose_a_commit_is_refused() {
        assert!(check_library(rusqlite::version_number()).is_ok());
        assert!(check_library(3_051_003).is_ok());
        let message = check_library(3_051_002).unwrap_err().to_string();
        assert!(message.contains("SQLite 3.51.2; 3.51.3 or newer"), "{message}");
    }
}
