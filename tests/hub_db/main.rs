//! What the hub's database promises, asked of both stores: SQLite and PostgreSQL.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on should stop")]

#[path = "../support/place.rs"]
mod place;
#[path = "../support/postgres.rs"]
mod postgres;

mod chain;
mod opening;
mod tls;
mod transactions;
mod values;
mod walls;

use leadbox::hub::db::{self, Db, DbError, Options, Row, Scope, Tx, Value};
use leadbox::hub::log::{Entry, Head, Tail};
use uuid::Uuid;

use place::Place;
use postgres::{ADMIN, Cluster};

/// Asks the same of both stores.
fn both(test: impl Fn(&Place)) {
    test(&Place::sqlite());
    if let Some(place) = Place::postgres() {
        test(&place);
    }
}

/// Writes entries at the end of the log; says where it ends now.
fn append(tx: &mut dyn Tx, entries: &[Entry]) -> Result<Head, DbError> {
    let mut tail = Tail::read(tx)?;
    entries.iter().for_each(|entry| tail.push(entry.clone()));
    tail.end(tx)?;
    Ok(tail.head())
}

/// Runs a job so that its failing takes back what it did and nothing else. The outer error means that the transaction is
/// lost; the inner one is the job's own.
fn savepoint<T>(
    tx: &mut dyn Tx,
    job: impl FnOnce(&mut dyn Tx) -> Result<T, DbError>,
) -> Result<Result<T, DbError>, DbError> {
    tx.command("SAVEPOINT job")?;
    let done = job(tx);
    if done.is_err() {
        tx.command("ROLLBACK TO SAVEPOINT job")?;
    }
    tx.command("RELEASE SAVEPOINT job")?;
    Ok(done)
}

fn write<T>(db: &dyn Db, mut job: impl FnMut(&mut dyn Tx) -> Result<T, DbError>) -> Result<T, DbError> {
    let mut done = None;
    db.write(&mut |tx| {
        done = Some(job(tx)?);
        Ok(())
    })?;
    Ok(done.unwrap())
}

fn read_as<T>(
    db: &dyn Db,
    scope: &Scope,
    mut job: impl FnMut(&mut dyn Tx) -> Result<T, DbError>,
) -> Result<T, DbError> {
    let mut done = None;
    db.read(scope, &mut |tx| {
        done = Some(job(tx)?);
        Ok(())
    })?;
    Ok(done.unwrap())
}

/// All rows of a query, read by the hub itself.
fn rows(db: &dyn Db, sql: &str, params: &[Value]) -> Vec<Row> {
    read_as(db, &Scope::System, |tx| tx.query(sql, params)).unwrap()
}

fn count(db: &dyn Db, table: &str) -> i64 {
    rows(db, &format!("SELECT count(*) FROM {table}"), &[])[0].int(0).unwrap()
}

fn put(tx: &mut dyn Tx, name: &str, value: &str) -> Result<u64, DbError> {
    tx.execute("INSERT INTO meta (name, value) VALUES (?1, ?2)", &[name.into(), value.into()])
}

/// A new lead of that source's number, its owner and team; its id.
fn lead(tx: &mut dyn Tx, external: &str, owner: Option<&str>, team: Option<&str>) -> Result<i64, DbError> {
    let sql = "INSERT INTO lead (source, external_id, record, handoff, stage, owner, team, version, facts, created_at, updated_at)
               VALUES ('web', ?1, '{}', '{}', 'assigned', ?2, ?3, 0, '{}', 0, 0) RETURNING id";
    tx.query(sql, &[external.into(), owner.into(), team.into()])?[0].int(0)
}

/// An entry for the log.
fn entry(lead: Option<(i64, i64)>) -> Entry {
    Entry {
        lead,
        id: Uuid::now_v7(),
        at: 1_700_000_000_000,
        received_at: 1_700_000_000_250,
        actor: r#"{"role":"rep","name":"ana"}"#.into(),
        what: r#"{"kind":"accepted"}"#.into(),
        closes: lead.map(|_| "[]".into()),
        basis: None,
    }
}
