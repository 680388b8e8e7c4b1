//! Opening the file: private, ours, of a format that we know, and with SQLite set so that what is saved stays saved.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite_migration::{M, Migrations};

use super::migrations::STEPS;
use super::turn::{Tell, Turn};
use super::{FILE, SOON, Store, StoreError, version};
use crate::handoff::query;
use crate::keeping::{private, sqlite};

/// Locked by those who make or migrate the file, and in turns by those who write ([`Turn`]).
const LOCK: &str = "leadbox.lock";
/// Marks a file as ours: "LEAD".
const APPLICATION_ID: i64 = 0x4c45_4144;

/// How long a write waits for another process's write.
pub(super) const BUSY: Duration = Duration::from_secs(5);

impl Store {
    /// Opens `leadbox.db` in `dir`, which is made if need be. An older file is migrated after a backup beside it.
    ///
    /// # Errors
    /// If the folder or the file belongs to somebody else, others may write into the folder, the file is a link, or was
    /// written by a newer program; nothing is touched then.
    pub fn open(dir: &Path) -> Result<Self, StoreError> {
        Self::open_with(dir, STEPS, Box::new(|| {}))
    }

    /// The same, for a person who should know what is waited for: see [`Store::when_waiting`].
    pub fn open_telling(dir: &Path, tell: impl Fn() + Send + Sync + 'static) -> Result<Self, StoreError> {
        Self::open_with(dir, STEPS, Box::new(tell))
    }

    /// Opens it by these steps, the last of which is the newest format.
    pub(super) fn open_with(dir: &Path, steps: &[M<'_>], tell: Tell) -> Result<Self, StoreError> {
        let dir = private::folder(dir)?;
        let path = dir.join(FILE);
        let mut conn = sqlite::open(&path)?;
        let turn = Turn::new(lock_file(&dir, LOCK)?, tell);
        conn.busy_timeout(SOON)?;
        match settle(&mut conn, &turn, &path, steps) {
            Err(StoreError::Busy) => {
                // Beside a first load nobody can even read.
                drop(turn.wait());
                conn.busy_timeout(BUSY)?;
                settle(&mut conn, &turn, &path, steps)?;
            }
            settled => settled?,
        }
        conn.busy_timeout(BUSY)?;
        let version = version(&conn)?;
        Ok(Self { conn, pretends: false, version, turn: Some(turn) })
    }

    /// A store that is gone with the program: for tests and the demonstration.
    pub fn open_in_memory() -> Result<Self, StoreError> {
        sqlite::check_library(rusqlite::version_number())?;
        let mut conn = Connection::open_in_memory()?;
        configure(&conn)?;
        Migrations::from_slice(STEPS).to_latest(&mut conn)?;
        let version = version(&conn)?;
        Ok(Self { conn, pretends: false, version, turn: None })
    }
}

/// Checks the file's format, sets SQLite as we need it, and brings an older file to the newest format, which a lock keeps
/// two processes from doing at once.
fn settle(conn: &mut Connection, turn: &Turn, path: &Path, steps: &[M<'_>]) -> Result<(), StoreError> {
    let format = sqlite::Format { application: APPLICATION_ID, steps };
    format.check(conn, path)?;
    let alone = (sqlite::Format::of(conn)? < format.newest()).then(|| turn.alone());
    configure(conn)?;
    if alone.is_some() {
        format.check(conn, path)?;
        format.migrate(conn, path)?;
    }
    Ok(())
}

/// The size of a page. Whole records are two or three thousand bytes long: they fill pages of this size better than smaller
/// ones, and there are fewer to write when very many come at once.
const PAGE: u32 = 16 * 1024;

/// Pages kept in memory, in KiB (negative, as SQLite has it).
pub(super) const CACHE: i64 = -4000;

fn configure(conn: &Connection) -> Result<(), StoreError> {
    sqlite::configure(conn, PAGE)?;
    conn.pragma_update(None, "cache_size", CACHE)?;
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_DIRECTONLY;
    conn.create_scalar_function("has_words", 2, flags, |ctx| {
        let text = ctx.get_raw(0).as_str_or_null()?;
        Ok(text.is_some_and(|text| query::has_words(text, ctx.get_raw(1).as_str().unwrap_or_default())))
    })?;
    Ok(())
}

/// The file whose lock elects who speaks to the sources: of all windows and commands on one store only one does, so that
/// nothing is sent twice at once.
pub const SENDER: &str = "leadbox.sync.lock";

/// A file in the data folder that is there to be locked: private as the store is, and no link that somebody planted.
/// Its name begins with `leadbox`, as those of all our files.
///
/// # Errors
/// If something else is in its place.
pub fn lock_file(dir: &Path, name: &str) -> Result<File, StoreError> {
    Ok(private::open(&dir.join(name))?)
}
