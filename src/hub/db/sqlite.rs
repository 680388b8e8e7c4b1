//! The embedded store: one file, one connection that writes, several that read (WAL).

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, params_from_iter};
use rusqlite_migration::M;

use super::pool::Pool;
use super::value::{self, Row, Value};
use super::{Db, DbError, Dialect, EachRow, Heard, Job, Options, Scope, Tx};
use crate::keeping::{KeepError, private, sqlite};

const STEPS: &[M<'static>] = &[M::up(include_str!("../../../assets/hub/sqlite/001_first.sql"))];

/// "LHUB": marks the file as a hub's.
const FORMAT: sqlite::Format<'static> = sqlite::Format { application: 0x4c48_5542, steps: STEPS };

/// How long a write waits for another process's write.
const BUSY: Duration = Duration::from_secs(5);

/// The size of a page: larger ones fill better with records, smaller ones are less to write when little of them changes, as it
/// does with each event.
const PAGE: u32 = 8 * 1024;

/// Pages kept in memory, in KiB (negative, as SQLite has it): of the one that writes, and of each that reads.
const WRITER_CACHE: i64 = -32_000;
const READER_CACHE: i64 = -8_000;

pub(super) struct Sqlite {
    path: PathBuf,
    place: String,
    writer: Mutex<Connection>,
    readers: Pool<Connection>,
}

impl Sqlite {
    pub(super) fn open(path: &Path, options: Options) -> Result<Self, DbError> {
        let Some(name) = path.file_name() else {
            return Err(DbError::Url("after `sqlite:` there is no name of a file".to_owned()));
        };
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let path = private::folder(dir)?.join(name);
        let mut conn = sqlite::open(&path)?;
        conn.busy_timeout(BUSY)?;
        // Two that start at once do not both make the tables. The lock is let go with the file.
        let lock_path = sqlite::beside(&path, ".lock");
        let lock = private::open(&lock_path)?;
        lock.lock().map_err(|source| KeepError::Io { path: lock_path, source })?;
        FORMAT.check(&conn, &path)?;
        sqlite::configure(&conn, PAGE)?;
        FORMAT.migrate(&mut conn, &path)?;
        conn.pragma_update(None, "cache_size", WRITER_CACHE)?;
        let place = format!("sqlite:{}", path.display());
        Ok(Self {
            path,
            place,
            writer: Mutex::new(conn),
            readers: Pool::new(options.readers, Connection::is_autocommit),
        })
    }

    fn reader(&self) -> Result<Connection, DbError> {
        let conn = sqlite::connect(&self.path)?;
        conn.busy_timeout(BUSY)?;
        sqlite::configure(&conn, PAGE)?;
        conn.pragma_update(None, "cache_size", READER_CACHE)?;
        conn.pragma_update(None, "query_only", true)?;
        Ok(conn)
    }
}

impl Db for Sqlite {
    fn write(&self, job: Job<'_>) -> Result<(), DbError> {
        let conn = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        // A panic of the last job may have left its transaction open.
        if !conn.is_autocommit() {
            conn.execute_batch("ROLLBACK")?;
        }
        transaction(&conn, "BEGIN IMMEDIATE", job)
    }

    fn read(&self, _: &Scope, job: Job<'_>) -> Result<(), DbError> {
        self.readers.with(
            || self.reader(),
            |conn| {
                transaction(conn, "BEGIN", &mut |tx| {
                    // The moment as of which all is read is now, and not that of the job's first query.
                    tx.query("SELECT n FROM head", &[])?;
                    job(tx)
                })
            },
        )
    }

    fn listen(&self) -> Result<Receiver<Heard>, DbError> {
        Ok(mpsc::channel().1)
    }

    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn place(&self) -> &str {
        &self.place
    }
}

/// Runs the job between these words and a commit.
fn transaction(conn: &Connection, begin: &str, job: Job<'_>) -> Result<(), DbError> {
    conn.execute_batch(begin)?;
    let mut tx = SqliteTx { conn, failed: None };
    let done = job(&mut tx).and_then(|()| match tx.failed.take() {
        Some(why) => Err(value::failed_inside(&why)),
        None => Ok(conn.execute_batch("COMMIT")?),
    });
    if done.is_err() && !conn.is_autocommit() {
        // What cannot be taken back now is when the connection is used next, or closed.
        let _ = conn.execute_batch("ROLLBACK");
    }
    done
}

struct SqliteTx<'a> {
    conn: &'a Connection,
    /// A statement failed, and no savepoint took it back: as on PostgreSQL, nothing can be committed then.
    failed: Option<String>,
}

impl SqliteTx<'_> {
    fn noting<T>(&mut self, done: Result<T, DbError>) -> Result<T, DbError> {
        done.inspect_err(|error| self.failed = Some(error.to_string()))
    }

    /// Shows each row in turn. Who keeps one takes it; what is left has room for the next one.
    fn walk(
        &self,
        sql: &str,
        params: &[Value],
        mut each: impl FnMut(&mut Row) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        let mut statement = self.conn.prepare_cached(sql)?;
        let columns = statement.column_count();
        let mut rows = statement.query(params_from_iter(params))?;
        let mut row = Row(Vec::new());
        while let Some(found) = rows.next()? {
            row.0.resize(columns, Value::Null);
            for (column, value) in row.0.iter_mut().enumerate() {
                read(found.get_ref(column)?, value)?;
            }
            each(&mut row)?;
        }
        Ok(())
    }
}

impl Tx for SqliteTx<'_> {
    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, DbError> {
        value::check(params)?;
        let execute = || Ok(self.conn.prepare_cached(sql)?.execute(params_from_iter(params))?);
        let changed = execute();
        self.noting(changed).map(|changed| u64::try_from(changed).unwrap_or(u64::MAX))
    }

    fn later(&mut self, sql: &str, params: Vec<Value>) -> Result<(), DbError> {
        self.execute(sql, &params).map(drop)
    }

    fn settle(&mut self) -> Result<(), DbError> {
        Ok(())
    }

    fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, DbError> {
        value::check(params)?;
        let mut rows = Vec::new();
        let walked = self.walk(sql, params, |row| {
            rows.push(std::mem::replace(row, Row(Vec::new())));
            Ok(())
        });
        self.noting(walked)?;
        Ok(rows)
    }

    fn each(&mut self, sql: &str, params: &[Value], row: EachRow<'_>) -> Result<(), DbError> {
        value::check(params)?;
        let walked = self.walk(sql, params, |found| row(found));
        self.noting(walked)
    }

    fn announce(&mut self, text: &str) -> Result<(), DbError> {
        value::check_announcement(text)
    }

    fn command(&mut self, sql: &str) -> Result<(), DbError> {
        let done = self.conn.execute_batch(sql).map_err(DbError::from);
        self.noting(done)?;
        if sql.starts_with(value::TAKE_BACK) {
            self.failed = None;
        }
        Ok(())
    }

    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(int) => ValueRef::Integer(*int),
            Self::Real(real) => ValueRef::Real(*real),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// Reads a value into the place of another one.
fn read(found: ValueRef<'_>, value: &mut Value) -> Result<(), DbError> {
    let utf8 = |error| DbError::Damaged(format!("a text is not UTF-8: {error}"));
    match (found, value) {
        (ValueRef::Text(text), Value::Text(value)) => {
            value.clear();
            value.push_str(str::from_utf8(text).map_err(utf8)?);
        }
        (ValueRef::Blob(bytes), Value::Bytes(value)) => {
            value.clear();
            value.extend_from_slice(bytes);
        }
        (found, value) => {
            *value = match found {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(int) => Value::Int(int),
                ValueRef::Real(real) => Value::Real(real),
                ValueRef::Text(text) => Value::Text(str::from_utf8(text).map_err(utf8)?.to_owned()),
                ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
            }
        }
    }
    Ok(())
}
