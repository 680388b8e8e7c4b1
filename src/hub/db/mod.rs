//! STUB
use std::sync::Arc;
/// .
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// .
    Null,
    /// .
    Int(i64),
    /// .
    Real(f64),
    /// .
    Text(String),
    /// .
    Bytes(Vec<u8>),
}
impl From<i64> for Value {
    fn from(v: i64) -> Self {
        Self::Int(v)
    }
}
impl From<bool> for Value {
    fn from(v: bool) -> Self {
        Self::Int(v.into())
    }
}
impl From<&str> for Value {
    fn from(v: &str) -> Self {
        Self::Text(v.into())
    }
}
impl From<String> for Value {
    fn from(v: String) -> Self {
        Self::Text(v)
    }
}
impl From<Vec<u8>> for Value {
    fn from(v: Vec<u8>) -> Self {
        Self::Bytes(v)
    }
}
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(v: Option<T>) -> Self {
        v.map_or(Self::Null, Into::into)
    }
}
/// .
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// .
    #[error("{0}")]
    Other(String),
}
/// .
pub struct Row(pub Vec<Value>);
impl Row {
    /// .
    pub fn int(&self, i: usize) -> Result<i64, DbError> {
        match self.0.get(i) {
            Some(Value::Int(n)) => Ok(*n),
            _ => Err(DbError::Other("int".into())),
        }
    }
    /// .
    pub fn text(&self, i: usize) -> Result<&str, DbError> {
        match self.0.get(i) {
            Some(Value::Text(n)) => Ok(n),
            _ => Err(DbError::Other("text".into())),
        }
    }
    /// .
    pub fn bytes(&self, i: usize) -> Result<&[u8], DbError> {
        match self.0.get(i) {
            Some(Value::Bytes(n)) => Ok(n),
            _ => Err(DbError::Other("bytes".into())),
        }
    }
    /// .
    pub fn opt_int(&self, i: usize) -> Result<Option<i64>, DbError> {
        match self.0.get(i) {
            Some(Value::Null) => Ok(None),
            _ => self.int(i).map(Some),
        }
    }
    /// .
    pub fn opt_text(&self, i: usize) -> Result<Option<&str>, DbError> {
        match self.0.get(i) {
            Some(Value::Null) => Ok(None),
            _ => self.text(i).map(Some),
        }
    }
}
/// .
pub trait Tx {
    /// .
    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, DbError>;
    /// .
    fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, DbError>;
}
/// .
#[derive(Clone, Debug)]
pub enum Scope {
    /// .
    System,
    /// .
    Person {
        /// .
        id: String,
        /// .
        role: crate::handoff::event::Role,
        /// .
        teams: Vec<String>,
    },
}
/// .
pub type Job<'j> = &'j mut dyn FnMut(&mut dyn Tx) -> Result<(), DbError>;
/// .
pub trait Db: Send + Sync {
    /// .
    fn write(&self, job: Job<'_>) -> Result<(), DbError>;
    /// .
    fn read(&self, scope: &Scope, job: Job<'_>) -> Result<(), DbError>;
}

struct Lite(std::sync::Mutex<rusqlite::Connection>);
struct LiteTx<'c>(&'c rusqlite::Connection);
impl From<rusqlite::Error> for DbError {
    fn from(e: rusqlite::Error) -> Self {
        Self::Other(e.to_string())
    }
}
impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput, ValueRef};
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(n) => ValueRef::Integer(*n),
            Self::Real(n) => ValueRef::Real(*n),
            Self::Text(t) => ValueRef::Text(t.as_bytes()),
            Self::Bytes(b) => ValueRef::Blob(b),
        }))
    }
}
impl Tx for LiteTx<'_> {
    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, DbError> {
        Ok(self.0.prepare_cached(sql)?.execute(rusqlite::params_from_iter(params))? as u64)
    }
    fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, DbError> {
        let mut s = self.0.prepare_cached(sql)?;
        let n = s.column_count();
        let rows = s.query_map(rusqlite::params_from_iter(params), |row| {
            (0..n)
                .map(|i| {
                    use rusqlite::types::Value as V;
                    Ok(match row.get::<_, V>(i)? {
                        V::Null => Value::Null,
                        V::Integer(n) => Value::Int(n),
                        V::Real(n) => Value::Real(n),
                        V::Text(t) => Value::Text(t),
                        V::Blob(b) => Value::Bytes(b),
                    })
                })
                .collect::<rusqlite::Result<Vec<_>>>()
        })?;
        Ok(rows.map(|r| r.map(Row)).collect::<Result<_, _>>()?)
    }
}
impl Lite {
    fn run(&self, job: Job<'_>) -> Result<(), DbError> {
        let c = self.0.lock().map_err(|e| DbError::Other(e.to_string()))?;
        c.execute_batch("BEGIN IMMEDIATE")?;
        let r = job(&mut LiteTx(&c));
        c.execute_batch(if r.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
        r
    }
}
impl Db for Lite {
    fn write(&self, job: Job<'_>) -> Result<(), DbError> {
        self.run(job)
    }
    fn read(&self, _: &Scope, job: Job<'_>) -> Result<(), DbError> {
        self.run(job)
    }
}
/// .
pub fn open(url: &str) -> Result<Arc<dyn Db>, DbError> {
    let c = rusqlite::Connection::open(url.strip_prefix("sqlite:").unwrap_or(url))?;
    c.execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")?;
    c.execute_batch("CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value TEXT); INSERT OR IGNORE INTO meta VALUES ('epoch', lower(hex(randomblob(8))));
    CREATE TABLE IF NOT EXISTS head(one INTEGER PRIMARY KEY, n INTEGER, hash BLOB); INSERT OR IGNORE INTO head VALUES (1, 0, x'');
    CREATE TABLE IF NOT EXISTS policy(version TEXT PRIMARY KEY, n INTEGER, at INTEGER, by_whom TEXT, toml TEXT);
    CREATE TABLE IF NOT EXISTS person(id TEXT PRIMARY KEY, name TEXT, email TEXT, role TEXT, team TEXT, is_active INTEGER, is_paused INTEGER, paused_why TEXT, attrs TEXT, created_at INTEGER, updated_at INTEGER);
    CREATE TABLE IF NOT EXISTS team(name TEXT PRIMARY KEY, manager TEXT, attrs TEXT);
    CREATE TABLE IF NOT EXISTS token(id TEXT PRIMARY KEY, hash BLOB UNIQUE, person TEXT, label TEXT, created_at INTEGER, expires_at INTEGER, revoked_at INTEGER, last_used_at INTEGER);
    CREATE TABLE IF NOT EXISTS intake_source(name TEXT PRIMARY KEY, secret TEXT, attrs TEXT, created_at INTEGER);
    CREATE TABLE IF NOT EXISTS nonce(source TEXT, nonce TEXT, expires_at INTEGER, PRIMARY KEY(source, nonce));
    CREATE TABLE IF NOT EXISTS received(source TEXT, key TEXT, body_hash BLOB, response TEXT, at INTEGER, PRIMARY KEY(source, key));
    CREATE TABLE IF NOT EXISTS lead(id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT, external_id TEXT, record TEXT, handoff TEXT, stage TEXT, owner TEXT, team TEXT, queue TEXT, version INTEGER, wake_at INTEGER, email_key TEXT, person_key TEXT, company_key TEXT, domain TEXT, merged_into INTEGER, facts TEXT, created_at INTEGER, updated_at INTEGER, UNIQUE(source, external_id));
    CREATE INDEX IF NOT EXISTS l1 ON lead(owner, version); CREATE INDEX IF NOT EXISTS l2 ON lead(version); CREATE INDEX IF NOT EXISTS l3 ON lead(wake_at);
    CREATE TABLE IF NOT EXISTS activity(lead INTEGER, external_id TEXT, at INTEGER, kind TEXT, body TEXT, PRIMARY KEY(lead, external_id));
    CREATE TABLE IF NOT EXISTS log(n INTEGER PRIMARY KEY, lead INTEGER, seq INTEGER, id BLOB UNIQUE, at INTEGER, received_at INTEGER, actor TEXT, what TEXT, closes TEXT, basis TEXT, prev BLOB, hash BLOB); CREATE INDEX IF NOT EXISTS g1 ON log(lead, n);
    CREATE TABLE IF NOT EXISTS departure(person TEXT, lead INTEGER, n INTEGER, why TEXT, PRIMARY KEY(person, lead));
    CREATE TABLE IF NOT EXISTS op(id BLOB PRIMARY KEY, person TEXT, body_hash BLOB, response TEXT, at INTEGER);
    CREATE TABLE IF NOT EXISTS load(person TEXT PRIMARY KEY, open_leads INTEGER, day TEXT, given INTEGER, last_at INTEGER);")?;
    Ok(Arc::new(Lite(std::sync::Mutex::new(c))))
}
