//! The hub's walls, over real HTTP: who gets what, what is let in, and that nothing is half-done.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on should stop")]

#[path = "../support/document.rs"]
mod account;
#[path = "../support/double.rs"]
mod double;
#[path = "../support/hub.rs"]
mod hub;
#[path = "../support/place.rs"]
mod place;
#[path = "../support/postgres.rs"]
mod postgres;
#[path = "../support/program.rs"]
mod program;
#[path = "../support/schema.rs"]
mod schema;
#[path = "../support/smtp.rs"]
mod smtp;

mod acknowledged;
mod alerts;
mod bad_input;
mod board;
mod bridge;
mod claim;
mod commands;
mod document;
mod door;
mod enriched;
mod feeds;
mod forms;
mod full_trail;
mod imported;
mod intake;
#[cfg(all(feature = "keyring", not(target_os = "macos")))]
mod keyring;
mod looked_after;
mod matrix;
mod outbox;
mod reconcile;
mod served;
mod simulate;
mod strangers;
mod sync;
mod three_hubs;
mod tidy;
mod trouble;
mod two_hubs;
mod unmerge;
