//! Leadbox: a terminal inbox that makes the handoff from marketing to sales impossible to drop.
//!
//! The rooms and what each may use are described in `ARCHITECTURE.md`; `tests/house.rs` holds the code to it.

pub mod handoff;
