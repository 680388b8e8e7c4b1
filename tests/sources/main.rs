//! Sources against the systems that they speak to, or against doubles of these.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on should stop")]

#[path = "../support/hubspot/mod.rs"]
mod hubspot;
#[path = "../support/openapi.rs"]
mod openapi;
#[path = "../support/schema.rs"]
mod schema;

mod hubspot_double;
mod hubspot_limits;
mod published;
