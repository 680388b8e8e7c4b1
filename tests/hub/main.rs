//! The hub's walls, over real HTTP: who gets what, what is let in, and that nothing is half-done.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on should stop")]

#[path = "../support/hub.rs"]
mod hub;
#[path = "../support/place.rs"]
mod place;
#[path = "../support/postgres.rs"]
mod postgres;

mod bad_input;
mod door;
mod enriched;
mod forms;
mod imported;
mod intake;
mod matrix;
mod served;
mod sync;
mod two_hubs;
