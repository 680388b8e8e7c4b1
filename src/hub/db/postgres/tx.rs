//! A transaction on PostgreSQL: statements kept prepared, values in and out.

use std::borrow::Cow;
use std::error::Error;
use std::pin::pin;

use bytes::BytesMut;
use futures_util::TryStreamExt;
use futures_util::future::{join, join_all};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Statement};

use super::super::value::{self, Row, Value};
use super::super::{DbError, Dialect, EachRow, Job, Tx};
use super::connect::{Session, meaning};

/// The channel on which hubs announce.
pub(super) const CHANNEL: &str = "leadbox";

/// So many statements are kept prepared; more are a mistake of ours, and must not fill the server's memory.
const MOST_STATEMENTS: usize = 1000;

impl Session {
    /// Whether it can be used for another transaction.
    pub(super) fn is_sound(&self) -> bool {
        !self.is_lost && !self.is_open && !self.client.is_closed()
    }

    /// Begins a transaction with these words.
    pub(super) fn begin(&mut self, words: &str) -> Result<(), DbError> {
        (self.is_open, self.failed) = (true, None);
        self.later.clear();
        self.command(words)
    }

    /// The same, and with it a statement.
    pub(super) fn begin_with(&mut self, words: &str, sql: &str, params: &[Value]) -> Result<(), DbError> {
        value::check(params)?;
        let statement = self.prepared(sql)?;
        (self.is_open, self.failed) = (true, None);
        self.ask(async |client| {
            let (begun, done) = join(client.batch_execute(words), client.execute_raw(&statement, params)).await;
            begun.and(done.map(drop))
        })
    }

    /// Runs the job inside of it.
    pub(super) fn run(&mut self, mark: &str, job: Job<'_>) -> Result<(), DbError> {
        job(&mut PostgresTx { session: self, mark })
    }

    /// Commits it. If the connection is lost over this, nobody knows what came of it.
    pub(super) fn commit(&mut self) -> Result<(), DbError> {
        self.settle()?;
        if let Some(why) = self.failed.take() {
            return Err(value::failed_inside(&why));
        }
        let done = self.command("COMMIT");
        self.is_open = done.is_err();
        done.map_err(|error| if let DbError::Lost(why) = error { DbError::Unknown(why) } else { error })
    }

    /// Takes back what was not committed.
    pub(super) fn end(&mut self) {
        self.later.clear();
        if self.is_open && !self.is_lost {
            // If that fails the session is not used again, and the server takes it back.
            self.is_open = self.command("ROLLBACK").is_err();
        }
    }

    pub(super) fn command(&mut self, sql: &str) -> Result<(), DbError> {
        self.ask(async |client| client.batch_execute(sql).await)
    }

    /// Waits for the server's answer, and for those to all that was to be done before it: they go out together. What
    /// failed first is what is told.
    fn ask<T>(&mut self, ask: impl AsyncFnOnce(&Client) -> Result<T, tokio_postgres::Error>) -> Result<T, DbError> {
        let (before, done) = self.send(ask);
        self.noting(before.and(done))
    }

    /// The same, with what came of the one and the other.
    fn send<T>(
        &mut self,
        ask: impl AsyncFnOnce(&Client) -> Result<T, tokio_postgres::Error>,
    ) -> (Result<(), tokio_postgres::Error>, Result<T, tokio_postgres::Error>) {
        let (client, later) = (&self.client, std::mem::take(&mut self.later));
        self.runtime.block_on(async {
            if later.is_empty() {
                return (Ok(()), ask(client).await);
            }
            let before = later.iter().map(|(statement, params)| client.execute_raw(statement, params));
            let (before, done) = join(join_all(before), ask(client)).await;
            (before.into_iter().try_for_each(|done| done.map(drop)), done)
        })
    }

    fn settle(&mut self) -> Result<(), DbError> {
        if self.later.is_empty() { Ok(()) } else { self.ask(async |_| Ok(())) }
    }

    /// Takes back what was done since a savepoint, whatever the server said to that. What did not get as far as to the
    /// server may be of before the savepoint, and nothing can be committed without it.
    fn take_back(&mut self, sql: &str) -> Result<(), DbError> {
        let (before, done) = self.send(async |client| client.batch_execute(sql).await);
        self.noting(done)?;
        self.failed = before.err().filter(|error| error.as_db_error().is_none()).map(|error| error.to_string());
        Ok(())
    }

    /// Notes what an error means for the transaction and the connection.
    fn noting<T>(&mut self, done: Result<T, tokio_postgres::Error>) -> Result<T, DbError> {
        done.map_err(|error| {
            let error = meaning(&error);
            self.is_lost |= matches!(error, DbError::Lost(_));
            self.failed = Some(error.to_string());
            error
        })
    }

    fn prepared(&mut self, sql: &str) -> Result<Statement, DbError> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.ask(async |client| client.prepare(&in_dollars(sql)).await)?;
        if self.statements.len() >= MOST_STATEMENTS {
            self.statements.clear();
        }
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    fn checked(&mut self, sql: &str, params: &[Value]) -> Result<Statement, DbError> {
        value::check(params)?;
        let statement = self.prepared(sql)?;
        check_count(&statement, params.len())?;
        Ok(statement)
    }

    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, DbError> {
        let statement = self.checked(sql, params)?;
        self.ask(async |client| client.execute_raw(&statement, params).await)
    }

    fn later(&mut self, sql: &str, params: Vec<Value>) -> Result<(), DbError> {
        let statement = self.checked(sql, &params)?;
        self.later.push((statement, params));
        Ok(())
    }

    fn walk(
        &mut self,
        sql: &str,
        params: &[Value],
        mut each: impl FnMut(Row) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        let statement = self.checked(sql, params)?;
        let told = self.ask(async |client| {
            let mut rows = pin!(client.query_raw(&statement, params).await?);
            while let Some(row) = rows.try_next().await? {
                if let Err(error) = read(&row).and_then(&mut each) {
                    return Ok(Err(error));
                }
            }
            Ok(Ok(()))
        })?;
        if let Err(error) = &told {
            self.failed = Some(error.to_string());
        }
        told
    }
}

fn check_count(statement: &Statement, given: usize) -> Result<(), DbError> {
    let wanted = statement.params().len();
    if wanted == given {
        return Ok(());
    }
    Err(DbError::Statement(format!("it wants {wanted} parameters, and {given} were given")))
}

struct PostgresTx<'a> {
    session: &'a mut Session,
    mark: &'a str,
}

impl Tx for PostgresTx<'_> {
    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, DbError> {
        self.session.execute(sql, params)
    }

    fn later(&mut self, sql: &str, params: Vec<Value>) -> Result<(), DbError> {
        self.session.later(sql, params)
    }

    fn settle(&mut self) -> Result<(), DbError> {
        self.session.settle()
    }

    fn query(&mut self, sql: &str, params: &[Value]) -> Result<Vec<Row>, DbError> {
        let mut rows = Vec::new();
        self.session.walk(sql, params, |row| {
            rows.push(row);
            Ok(())
        })?;
        Ok(rows)
    }

    fn each(&mut self, sql: &str, params: &[Value], row: EachRow<'_>) -> Result<(), DbError> {
        self.session.walk(sql, params, |found| row(&found))
    }

    fn announce(&mut self, text: &str) -> Result<(), DbError> {
        value::check_announcement(text)?;
        let payload = format!("{} {text}", self.mark);
        self.session.walk("SELECT pg_notify(?1, ?2)", &[CHANNEL.into(), payload.into()], |_| Ok(()))
    }

    fn command(&mut self, sql: &str) -> Result<(), DbError> {
        if sql.starts_with(value::TAKE_BACK) { self.session.take_back(sql) } else { self.session.command(sql) }
    }

    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }
}

/// The statement with `$1` for `?1`, but not within quotes and comments.
fn in_dollars(sql: &str) -> Cow<'_, str> {
    if !sql.contains('?') {
        return Cow::Borrowed(sql);
    }
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(at) = rest.find(['?', '\'', '"', '-', '/']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let end =
            |from: usize, mark: &str| rest[from..].find(mark).map_or(rest.len(), |found| from + found + mark.len());
        let kept = match rest.as_bytes() {
            [b'?', b'0'..=b'9', ..] => {
                out.push('$');
                rest = &rest[1..];
                continue;
            }
            [b'-', b'-', ..] => end(2, "\n"),
            [b'/', b'*', ..] => end(2, "*/"),
            // A doubled quote inside ends one stretch and begins another.
            [b'\'', ..] => end(1, "'"),
            [b'"', ..] => end(1, "\""),
            _ => 1,
        };
        out.push_str(&rest[..kept]);
        rest = &rest[kept..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

impl ToSql for Value {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match (self, ty) {
            (Self::Null, _) => Ok(IsNull::Yes),
            (Self::Int(int), &Type::INT8) => int.to_sql(ty, out),
            (Self::Int(int), &Type::INT4) => i32::try_from(*int)?.to_sql(ty, out),
            (Self::Int(int), &Type::INT2) => i16::try_from(*int)?.to_sql(ty, out),
            (Self::Int(int), &Type::BOOL) => (*int != 0).to_sql(ty, out),
            (Self::Real(real), &Type::FLOAT8) => real.to_sql(ty, out),
            (Self::Text(text), &(Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN)) => {
                text.to_sql(ty, out)
            }
            (Self::Bytes(bytes), &Type::BYTEA) => bytes.to_sql(ty, out),
            (other, ty) => Err(format!("{} stands where {ty} is wanted: write CAST(?1 AS …)", other.kind()).into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn read(row: &tokio_postgres::Row) -> Result<Row, DbError> {
    let mut values = Vec::with_capacity(row.len());
    for (number, column) in row.columns().iter().enumerate() {
        let read = match *column.type_() {
            Type::INT8 => row.try_get::<_, Option<i64>>(number).map(Value::from),
            Type::INT4 => row.try_get::<_, Option<i32>>(number).map(Value::from),
            Type::BOOL => row.try_get::<_, Option<bool>>(number).map(Value::from),
            Type::FLOAT8 => row.try_get::<_, Option<f64>>(number).map(Value::from),
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => {
                row.try_get::<_, Option<String>>(number).map(Value::from)
            }
            Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(number).map(Value::from),
            Type::VOID => Ok(Value::Null),
            ref other => {
                let name = column.name();
                return Err(DbError::Statement(format!(
                    "column {name} is {other}: write CAST({name} AS BIGINT or TEXT)"
                )));
            }
        };
        values.push(read.map_err(|error| DbError::Stored(error.to_string()))?);
    }
    Ok(Row(values))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_rewritten_and_what_only_looks_like_them_is_not() {
        assert_eq!(in_dollars("SELECT 1"), "SELECT 1");
        assert_eq!(in_dollars("a = ?1 AND b=?12-?3/?4"), "a = $1 AND b=$12-$3/$4");
        assert_eq!(in_dollars("'?1 it''s ?2' || ?3 || \"?4\""), "'?1 it''s ?2' || $3 || \"?4\"");
        assert_eq!(in_dollars("?1 -- ?2 '\n, /* ?3 ' */ ?4, 'é?5'"), "$1 -- ?2 '\n, /* ?3 ' */ $4, 'é?5'");
        assert_eq!(in_dollars("? '?1"), "? '?1");
    }
}
