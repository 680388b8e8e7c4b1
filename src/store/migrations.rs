//! The file's formats, one after the other. A released one is never edited: add another.

use rusqlite_migration::M;

/// All steps from an empty file to the newest format.
pub(super) const STEPS: &[M<'static>] = &[M::up(include_str!("../../assets/migrations/001_first.sql"))];
