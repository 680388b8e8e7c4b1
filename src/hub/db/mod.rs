//! The hub's database: one trait, two stores. SQLite is the one that needs nothing; PostgreSQL lets several hubs share
//! the work.
//!
//! Everything here blocks; call it from threads that may. SQL is written once, in what both understand:
//! - parameters are `?1`, `?2`, …; PostgreSQL infers their types from where they stand, so one that stands alone is
//!   written `CAST(?1 AS BIGINT)`, one that may be NULL is asked as `CAST(?1 AS TEXT) IS NULL`, and a `sum`, which
//!   PostgreSQL makes a NUMERIC, is cast too. Flags are 0 and 1, hashes and ids bytes.
//! - `ON CONFLICT` and `RETURNING` may be used (the latter with [`Tx::query`]).
//! - statements are kept prepared by their text, so the texts are few and constant.
//!
//! | File | What it does |
//! |---|---|
//! | `value` | what goes in and comes out |
//! | `scope` | on whose behalf something is read |
//! | `error` | what can go wrong |
//! | `pool` | connections for reading, lent out |
//! | `sqlite`, `postgres` | the two stores |

mod error;
mod pool;
mod postgres;
mod scope;
mod sqlite;
mod value;

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

pub use error::DbError;
pub use scope::Scope;
pub use value::{Row, Value};

/// Which store it is, where the SQL cannot be the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// A file beside the hub.
    Sqlite,
    /// A server, perhaps shared with other hubs.
    Postgres,
}

/// What is done with a row as it comes.
pub type EachRow<'a> = &'a mut dyn FnMut(&Row) -> Result<(), DbError>;

/// What is done inside a transaction. It may be run again from its start, after all that it did was taken back: what it
/// gathers outside must be reset when it begins.
pub type Job<'a> = &'a mut dyn FnMut(&mut dyn Tx) -> Result<(), DbError>;

/// Inside one transaction. After an error of a statement nothing can be committed, unless it was taken back to a savepoint.
pub trait Tx {
    /// Runs a statement, and says how many rows it changed.
    ///
    /// # Errors
    /// [`DbError::Taken`] where a key is there already; [`DbError::Nul`] for a text with a NUL in it.
    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, DbError>;

    /// Runs a statement whose count nobody wants: on PostgreSQL it goes out together with the next one, so that nobody
    /// waits for its answer alone. If it fails, the next one tells it, or [`Tx::settle`], or the commit.
    ///
    /// # Errors
    /// As [`Tx::execute`], of what can be known before.
    fn later(&mut self, sql: &str, params: Vec<Value>) -> Result<(), DbError>;

    /// Waits for what was to be done later, which has not failed then.
    ///
    /// # Errors
    /// As [`Tx::execute`], of what failed first.
    fn settle(&mut self) -> Result<(), DbError>;

    /// All rows of a query.
    ///
    /// # Errors
    /// As [`Tx::execute`].
    fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, DbError>;

    /// The rows of a query one by one, however many there are.
    ///
    /// # Errors
    /// As [`Tx::execute`], and what `row` says, after which no more rows come.
    fn each(&mut self, sql: &str, params: &[Value], row: EachRow<'_>) -> Result<(), DbError>;

    /// Tells the other hubs on this database, once this is committed. At most 7,900 bytes; nothing on SQLite, where there
    /// are no others.
    ///
    /// # Errors
    /// If the text is too long or has a NUL in it.
    fn announce(&mut self, text: &str) -> Result<(), DbError>;

    /// Runs statements that have no parameters and no rows, as they are.
    ///
    /// # Errors
    /// As [`Tx::execute`].
    fn command(&mut self, sql: &str) -> Result<(), DbError>;

    /// Which store it is.
    fn dialect(&self) -> Dialect;
}

/// What another hub told, see [`Db::listen`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Its words, after its commit.
    Said(String),
    /// The connection was away for a while: there may have been words that were missed, so look.
    Away,
}

/// The hub's database.
pub trait Db: Send + Sync {
    /// One transaction that writes, one at a time over all hubs. When this returns, what the job did is durable. An error
    /// of the job takes everything back. The job is run again if the connection was lost before the commit, or another
    /// transaction got into its way.
    ///
    /// # Errors
    /// What the job says; [`DbError::Busy`] if another writer did not finish in time; [`DbError::Unknown`] if the
    /// connection was lost while committing.
    fn write(&self, job: Job<'_>) -> Result<(), DbError>;

    /// Reads as of one moment, never blocked by a writer. On PostgreSQL the rows of leads, activities and the log are
    /// those that the scope may see; on SQLite the queries alone see to that.
    ///
    /// # Errors
    /// What the job says; [`DbError::Busy`] if all connections stay taken.
    fn read(&self, scope: &Scope, job: Job<'_>) -> Result<(), DbError>;

    /// What other hubs on this database announce from now on; never what was announced through this `Db`. It ends at once
    /// on SQLite, and with this `Db` on PostgreSQL; a lost connection is made anew by itself.
    ///
    /// # Errors
    /// If the first connection cannot be made.
    fn listen(&self) -> Result<Receiver<Heard>, DbError>;

    /// Which store it is.
    fn dialect(&self) -> Dialect;

    /// Where it is, for people: without a password.
    fn place(&self) -> &str;
}

/// How to open a database.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The most connections for reading at once.
    pub readers: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { readers: 8 }
    }
}

/// Opens the database at `sqlite:PATH` or `postgres://USER@HOST/NAME`, makes its tables if it is empty, and brings an older
/// one to the newest format (a SQLite file after a copy of it was made beside it).
///
/// # Errors
/// If it cannot be reached or used, was written by a newer Leadbox, or belongs to something else. No error ever has the
/// URL's password in it.
pub fn open(url: &str, options: Options) -> Result<Arc<dyn Db>, DbError> {
    if let Some(path) = url.strip_prefix("sqlite:") {
        return Ok(Arc::new(sqlite::Sqlite::open(Path::new(path), options)?));
    }
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok(Arc::new(postgres::Postgres::open(url, options)?));
    }
    Err(DbError::Url("it begins with neither `sqlite:` nor `postgres://`".to_owned()))
}

/// Most rows that go in by one statement: as many statements may have to be kept prepared.
const MOST_ROWS: usize = 64;

/// Inserts rows of equally many values, many by one statement: `INSERT INTO {into} VALUES (…), (…) {end}`.
///
/// # Errors
/// As [`Tx::later`].
pub fn insert_all(tx: &mut dyn Tx, into: &str, rows: Vec<Vec<Value>>, end: &str) -> Result<(), DbError> {
    let mut left = rows.len();
    let mut rows = rows.into_iter();
    while left > 0 {
        let many = MOST_ROWS.min(left);
        left -= many;
        let (mut sql, mut params) = (format!("INSERT INTO {into} VALUES"), Vec::new());
        for (number, row) in rows.by_ref().take(many).enumerate() {
            let places = params.len() + 1..=params.len() + row.len();
            let places: Vec<String> = places.map(|place| format!("?{place}")).collect();
            sql += &format!("{} ({})", if number == 0 { "" } else { "," }, places.join(", "));
            params.extend(row);
        }
        tx.later(&format!("{sql} {end}"), params)?;
    }
    Ok(())
}
