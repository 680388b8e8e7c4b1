//! The tables and the role, made or checked when the database is opened.
//!
//! Row-level security does nothing for a superuser, nor for a role with BYPASSRLS. So every transaction runs as a role of
//! its own without login, `leadbox_app_<number of the database>`, which may read and write the tables but not edit the
//! log. It is made by whoever may create roles; one per database, so that those who may use the one of another team's
//! database on the same server get nothing here. A plain owner who may not create roles works without it: the tables
//! force their policies on the owner too, and a trigger keeps the log.

use tokio_postgres::types::FromSqlOwned;

use super::super::DbError;
use super::connect::{Session, meaning};

/// From an empty database to the newest format. A released step is never edited.
const STEPS: &[&str] = &[include_str!("../../../../assets/hub/postgres/001_first.sql")];

/// Held while the tables are made, so that two hubs that start at once do not both: "LHUB".
const LOCK: i64 = 0x4c48_5542;

/// The oldest server.
const NEEDED: i32 = 150_000;

/// Makes what is not there, and says as which role to work.
pub(super) fn settle(session: &mut Session, place: &str) -> Result<Option<String>, DbError> {
    let settled = check_server(session)
        .and_then(|()| session.begin(&format!("BEGIN; SELECT pg_advisory_xact_lock({LOCK})")))
        .and_then(|()| migrate(session, place))
        .and_then(|()| role(session))
        .and_then(|role| session.commit().map(|()| role));
    session.end();
    // What a database that is fit for us would have taken.
    settled.map_err(|error| match error {
        DbError::Statement(why) => DbError::Unusable { place: place.to_owned(), why },
        error => error,
    })
}

/// A value that the server tells in one row.
fn one<T: FromSqlOwned>(session: &mut Session, sql: &str) -> Result<T, DbError> {
    let row = session.runtime.block_on(session.client.query_one(sql, &[])).map_err(|error| meaning(&error))?;
    row.try_get(0).map_err(|error| DbError::Stored(error.to_string()))
}

/// The server is new enough, and keeps what it says it keeps.
fn check_server(session: &mut Session) -> Result<(), DbError> {
    let wrong = |why: String| Err(DbError::Statement(why));
    if one::<i32>(session, "SELECT current_setting('server_version_num')::int")? < NEEDED {
        let version: String = one(session, "SHOW server_version")?;
        return wrong(format!("it is PostgreSQL {version}; 15 or newer is needed"));
    }
    if one::<String>(session, "SHOW server_encoding")? != "UTF8" {
        return wrong("its encoding is not UTF8. Create the database with ENCODING 'UTF8' TEMPLATE template0".into());
    }
    if one::<String>(session, "SHOW fsync")? != "on" {
        return wrong("fsync is off there, so that nothing is durable. Set fsync = on".into());
    }
    Ok(())
}

fn migrate(session: &mut Session, place: &str) -> Result<(), DbError> {
    let known = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    let found = if one(session, "SELECT to_regclass('leadbox.meta') IS NOT NULL")? {
        one(session, "SELECT value::bigint FROM leadbox.meta WHERE name = 'schema'")?
    } else if one(session, "SELECT to_regnamespace('leadbox') IS NOT NULL")? {
        let why = "it has a schema `leadbox` that Leadbox did not make. Give the hub a database of its own";
        return Err(DbError::Statement(why.to_owned()));
    } else {
        0
    };
    if found > known {
        return Err(DbError::Newer { place: place.to_owned(), found, known });
    }
    if !(0..known).contains(&found) {
        return Ok(());
    }
    if found == 0 && !one::<bool>(session, "SELECT has_database_privilege(current_database(), 'CREATE')")? {
        let why = "this user may not make tables there. Make it the owner: ALTER DATABASE … OWNER TO …";
        return Err(DbError::Statement(why.to_owned()));
    }
    for step in STEPS.iter().skip(usize::try_from(found).unwrap_or_default()) {
        session.command(step)?;
    }
    session.command(&format!(
        "INSERT INTO meta (name, value) VALUES ('schema', '{known}') \
         ON CONFLICT (name) DO UPDATE SET value = excluded.value"
    ))
}

/// The role to work as, made if need be; nothing if we are a plain owner who may not make one.
fn role(session: &mut Session) -> Result<Option<String>, DbError> {
    let role: String =
        one(session, "SELECT 'leadbox_app_' || oid FROM pg_database WHERE datname = current_database()")?;
    let us = "FROM pg_roles WHERE rolname = current_user";
    let bypasses: bool = one(session, &format!("SELECT rolsuper OR rolbypassrls {us}"))?;
    let may_make: bool = one(session, &format!("SELECT rolsuper OR rolcreaterole {us}"))?;
    let mut exists: bool = one(session, &format!("SELECT to_regrole('{role}') IS NOT NULL"))?;
    if !exists && may_make {
        session.command(&format!("CREATE ROLE {role} NOLOGIN"))?;
        exists = true;
    }
    let member = format!("SELECT pg_has_role(current_user, '{role}', 'MEMBER')");
    if exists && !one::<bool>(session, &member)? && may_make {
        session.command(&format!("GRANT {role} TO CURRENT_USER"))?;
    }
    if !exists || !one::<bool>(session, &member)? {
        if bypasses {
            return Err(DbError::Statement(format!(
                "this user is exempt from row-level security and may not work as a role that is not. Connect as a plain \
                 owner of the database, or run as an administrator: CREATE ROLE {role} NOLOGIN; GRANT {role} TO that user"
            )));
        }
        return Ok(None);
    }
    if one(session, &format!("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = '{role}'"))? {
        return Err(DbError::Statement(format!("the role {role} is exempt from row-level security. ALTER ROLE it")));
    }
    session.command(&format!(
        "GRANT USAGE ON SCHEMA leadbox TO {role}; \
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA leadbox TO {role}; \
         REVOKE UPDATE, DELETE ON log FROM {role}; \
         GRANT USAGE ON ALL SEQUENCES IN SCHEMA leadbox TO {role}"
    ))?;
    Ok(Some(role))
}
