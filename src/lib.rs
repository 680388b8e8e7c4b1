//! Leadbox: a terminal inbox that makes the handoff from marketing to sales impossible to drop.
//!
//! The rooms and what each may use are described in `ARCHITECTURE.md`; `tests/house.rs` holds the code to it.

pub mod app;
pub mod cli;
pub mod config;
pub mod handoff;
pub mod hub;
pub mod keeping;
pub mod reading;
pub mod runtime;
pub mod source;
pub mod store;
pub mod sync;
pub mod ui;
pub mod wire;
