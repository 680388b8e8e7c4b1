//! A place for a hub's database, on either store.

#![allow(dead_code, reason = "each test file uses its part")]

use std::sync::Arc;

use leadbox::hub::db::{self, Db, Options};
use tempfile::TempDir;

use crate::postgres::{ADMIN, Cluster};

/// An empty database of one kind.
pub enum Place {
    /// A file in a folder that is removed with it, and with the last of those who have its folder.
    Sqlite(Arc<TempDir>),
    /// A database of the tests' own cluster.
    Postgres(Arc<Cluster>, String),
}

impl Place {
    /// A new file.
    pub fn sqlite() -> Self {
        Self::Sqlite(Arc::new(TempDir::new().unwrap()))
    }

    /// A new database; nothing where there is no PostgreSQL.
    pub fn postgres() -> Option<Self> {
        let cluster = Cluster::shared()?;
        let database = cluster.database();
        Some(Self::Postgres(cluster, database))
    }

    /// Its address.
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite(dir) => format!("sqlite:{}", dir.path().join("hub.db").display()),
            Self::Postgres(cluster, database) => cluster.url(ADMIN, database),
        }
    }

    /// The folder that must not go as long as the database is open.
    pub fn folder(&self) -> Option<Arc<TempDir>> {
        match self {
            Self::Sqlite(dir) => Some(Arc::clone(dir)),
            Self::Postgres(..) => None,
        }
    }

    /// Opens it, as another hub would.
    pub fn open(&self) -> Arc<dyn Db> {
        db::open(&self.url(), Options::default()).unwrap()
    }

    /// Does something to the database that no hub would do.
    pub fn tamper(&self, sql: &str) {
        match self {
            Self::Sqlite(dir) => {
                rusqlite::Connection::open(dir.path().join("hub.db")).unwrap().execute_batch(sql).unwrap();
            }
            Self::Postgres(cluster, database) => {
                let sql = format!("SET search_path TO leadbox; SET session_replication_role TO replica; {sql}");
                cluster.admin(database).batch_execute(&sql).unwrap();
            }
        }
    }
}
