//! The file's formats, one after the other. A released one is never edited: add another.

use rusqlite_migration::{M, Migrations};

const STEPS: &[M<'static>] = &[M::up(include_str!("../../assets/migrations/001_first.sql"))];

/// All steps from an empty file to the newest format.
pub const ALL: Migrations<'static> = Migrations::from_slice(STEPS);

/// The newest format.
pub const LATEST: usize = STEPS.len();
