//! One file for each thing that is seen, with its layout in the doc comment.

pub mod dialog;
pub mod footer;
pub mod header;
pub mod inbox;
pub mod lead;
pub mod list;
pub mod log;
pub mod outbox;
pub mod reconcile;
pub mod summary;
pub mod team;
pub mod tiny;
