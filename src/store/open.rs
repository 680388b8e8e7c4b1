//! Opening the file: private, ours, of a format that we know, and with SQLite set so that what is saved stays saved.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, MAIN_DB, OpenFlags};
use rusqlite_migration::{M, Migrations};

use super::migrations::STEPS;
use super::turn::{Tell, Turn};
use super::{FILE, SOON, Store, StoreError, at_most, version};
use crate::handoff::query;

/// Locked by those who make or migrate the file, and in turns by those who write ([`Turn`]).
const LOCK: &str = "leadbox.lock";
/// Marks a file as ours: "LEAD".
const APPLICATION_ID: i64 = 0x4c45_4144;

/// The first SQLite in which a reset of the WAL cannot lose a commit.
const NEEDED_SQLITE: i32 = 3_051_003;

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
        check_sqlite(rusqlite::version_number())?;
        let dir = private_folder(dir)?;
        let path = dir.join(FILE);
        // The files that SQLite puts beside it take over its permissions.
        for name in ["", "-wal", "-shm", "-journal"].map(|end| format!("{FILE}{end}")) {
            private_file(&dir.join(name))?;
        }
        create(&path)?;
        let flags =
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let mut conn = Connection::open_with_flags(&path, flags)?;
        let turn = Turn::new(lock_file(&dir, LOCK)?, tell);
        conn.busy_timeout(SOON)?;
        match settle(&mut conn, &turn, &dir, steps) {
            Err(StoreError::Busy) => {
                // Beside a first load nobody can even read.
                drop(turn.wait());
                conn.busy_timeout(BUSY)?;
                settle(&mut conn, &turn, &dir, steps)?;
            }
            settled => settled?,
        }
        conn.busy_timeout(BUSY)?;
        let version = version(&conn)?;
        Ok(Self { conn, pretends: false, version, turn: Some(turn) })
    }

    /// A store that is gone with the program: for tests and the demonstration.
    pub fn open_in_memory() -> Result<Self, StoreError> {
        check_sqlite(rusqlite::version_number())?;
        let mut conn = Connection::open_in_memory()?;
        configure(&conn)?;
        Migrations::from_slice(STEPS).to_latest(&mut conn)?;
        let version = version(&conn)?;
        Ok(Self { conn, pretends: false, version, turn: None })
    }
}

/// Checks the file's format, sets SQLite as we need it, and brings an older file to the newest format, which a lock keeps
/// two processes from doing at once.
fn settle(conn: &mut Connection, turn: &Turn, dir: &Path, steps: &[M<'_>]) -> Result<(), StoreError> {
    let path = dir.join(FILE);
    check_format(conn, &path, steps)?;
    let alone = (format(conn)? < newest(steps)).then(|| turn.alone());
    configure(conn)?;
    if alone.is_some() {
        check_format(conn, &path, steps)?;
        migrate(conn, dir, steps)?;
    }
    Ok(())
}

fn check_sqlite(found: i32) -> Result<(), StoreError> {
    let name = |version: i32| format!("{}.{}.{}", version / 1_000_000, version / 1000 % 1000, version % 1000);
    if found >= NEEDED_SQLITE {
        return Ok(());
    }
    Err(StoreError::OldSqlite { found: name(found), needed: name(NEEDED_SQLITE) })
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    move |source| match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full,
        _ => StoreError::Io { path: path.to_owned(), source },
    }
}

/// The folder, ours, and made for our eyes only if need be. One that is there keeps its rights: that others may look at
/// our files' names is no harm, since the files are closed. But they must not be able to put others in their place.
/// Returned without links, since SQLite refuses them.
fn private_folder(dir: &Path) -> Result<PathBuf, StoreError> {
    if !dir.exists() {
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(at(dir))?;
    }
    let dir = dir.canonicalize().map_err(at(dir))?;
    let found = fs::metadata(&dir).map_err(at(&dir))?;
    check_owner(&dir, found.uid(), rustix::process::geteuid().as_raw())?;
    if !found.is_dir() {
        return Err(StoreError::NotPlain { path: dir, found: "something else", wanted: "folder" });
    }
    if found.mode() & 0o022 != 0 { Err(StoreError::NotPrivate(dir)) } else { Ok(dir) }
}

/// If there is such a file, it is a plain one, ours, and closed to others.
fn private_file(path: &Path) -> Result<(), StoreError> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other.map_err(at(path))?,
    };
    if !found.is_file() {
        let found = if found.is_symlink() { "a link" } else { "something else" };
        return Err(StoreError::NotPlain { path: path.to_owned(), found, wanted: "file" });
    }
    check_owner(path, found.uid(), rustix::process::geteuid().as_raw())?;
    if found.mode() & 0o777 != 0o600 {
        fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(at(path))?;
    }
    Ok(())
}

fn check_owner(path: &Path, owner: u32, us: u32) -> Result<(), StoreError> {
    if owner == us { Ok(()) } else { Err(StoreError::NotYours { path: path.to_owned(), owner, us }) }
}

/// Makes the file, for our eyes only whatever the umask; leaves one that is there alone. SQLite does not have it
/// open yet: to open and close it later would drop SQLite's locks.
fn create(path: &Path) -> Result<(), StoreError> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).custom_flags(nofollow()).open(path) {
        Ok(file) => file.set_permissions(Permissions::from_mode(0o600)).map_err(at(path)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(at(path)(error)),
    }
}

fn format(conn: &Connection) -> Result<i64, StoreError> {
    Ok(conn.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

fn newest(steps: &[M<'_>]) -> i64 {
    at_most(steps.len())
}

fn check_format(conn: &Connection, path: &Path, steps: &[M<'_>]) -> Result<(), StoreError> {
    let application: i64 = conn.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let found = format(conn)?;
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION_ID && (application, found, tables) != (0, 0, 0) {
        return Err(StoreError::NotOurs(path.to_owned()));
    }
    if found > newest(steps) {
        return Err(StoreError::Newer { path: path.to_owned(), found, known: newest(steps) });
    }
    Ok(())
}

/// Pages kept in memory, in KiB (negative, as SQLite has it).
pub(super) const CACHE: i64 = -4000;

fn configure(conn: &Connection) -> Result<(), StoreError> {
    conn.set_prepared_statement_cache_capacity(64);
    conn.execute_batch(
        // Of a new file only: whole records fill pages of this size better, and there are fewer of them to write.
        "PRAGMA page_size = 8192;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA fullfsync = ON;
         PRAGMA checkpoint_fullfsync = ON;
         PRAGMA foreign_keys = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA temp_store = MEMORY;
         PRAGMA mmap_size = 0;
         PRAGMA journal_size_limit = 8000000;",
    )?;
    conn.pragma_update(None, "cache_size", CACHE)?;
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_DIRECTONLY;
    conn.create_scalar_function("has_words", 2, flags, |ctx| {
        let text = ctx.get_raw(0).as_str_or_null()?;
        Ok(text.is_some_and(|text| query::has_words(text, ctx.get_raw(1).as_str().unwrap_or_default())))
    })?;
    Ok(())
}

fn nofollow() -> i32 {
    i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or_default()
}

/// A file in the data folder that is there to be locked: private as the store is, and no link that somebody planted.
/// Its name begins with `leadbox`, as those of all our files.
///
/// # Errors
/// If something else is in its place.
pub fn lock_file(dir: &Path, name: &str) -> Result<File, StoreError> {
    let path = dir.join(name);
    private_file(&path)?;
    create(&path)?;
    OpenOptions::new().read(true).write(true).custom_flags(nofollow()).open(&path).map_err(at(&path))
}

/// Brings the file to the newest format; an old one is copied first.
fn migrate(conn: &mut Connection, dir: &Path, steps: &[M<'_>]) -> Result<(), StoreError> {
    match format(conn)? {
        0 => conn.pragma_update(None, "application_id", APPLICATION_ID)?,
        found if found < newest(steps) => back_up(conn, dir, found)?,
        _ => {}
    }
    Ok(Migrations::from_slice(steps).to_latest(conn)?)
}

/// Copies the file as it is, whole or not at all, to `leadbox.db.v<N>-backup`.
fn back_up(conn: &Connection, dir: &Path, found: i64) -> Result<(), StoreError> {
    let path = dir.join(format!("{FILE}.v{found}-backup"));
    let partial = dir.join(format!("{FILE}.v{found}-backup.partial"));
    if fs::symlink_metadata(&partial).is_ok() {
        fs::remove_file(&partial).map_err(at(&partial))?;
    }
    // Made before SQLite fills it, so that its permissions are ours.
    create(&partial)?;
    conn.backup(MAIN_DB, &partial, None)?;
    File::open(&partial).and_then(|file| file.sync_all()).map_err(at(&partial))?;
    fs::rename(&partial, &path).map_err(at(&path))?;
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(at(dir))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_somebody_else_is_refused() {
        let path = Path::new("leads");
        assert!(check_owner(path, 1000, 1000).is_ok());
        let message = check_owner(path, 0, 1000).unwrap_err().to_string();
        assert!(message.starts_with("leads belongs to another user (uid 0, you are 1000)"), "{message}");
    }

    #[test]
    fn an_sqlite_that_can_lose_a_commit_is_refused() {
        assert!(check_sqlite(rusqlite::version_number()).is_ok());
        assert!(check_sqlite(3_051_003).is_ok());
        let message = check_sqlite(3_051_002).unwrap_err().to_string();
        assert!(message.contains("SQLite 3.51.2; 3.51.3 or newer"), "{message}");
    }
}
