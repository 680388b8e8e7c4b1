//! The team's server.
//!
//! | Part | What it does |
//! |---|---|
//! | `db` | its database: one trait, SQLite and PostgreSQL |
//! | `log` | every change, numbered without gaps and chained by hashes (F120, R124) |

pub mod db;
pub mod log;
