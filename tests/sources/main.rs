//! Sources of leads against the servers that they are for, real or played, over good lines and bad ones.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on should stop")]

#[path = "../support/document.rs"]
mod account;
#[path = "../support/double.rs"]
mod double;
#[path = "../support/faults.rs"]
mod faults;
#[path = "../support/hub.rs"]
mod hub;
#[path = "../support/hubspot/mod.rs"]
mod hubspot;
#[path = "../support/openapi.rs"]
mod openapi;
#[path = "../support/place.rs"]
mod place;
#[path = "../support/postgres.rs"]
mod postgres;
#[path = "../support/salesforce/mod.rs"]
mod salesforce;
#[path = "../support/schema.rs"]
mod schema;
#[path = "../support/tryton/mod.rs"]
mod tryton;

mod bad_line;
mod canary;
mod commands;
mod conformance;
mod files_source;
mod hub_source;
mod hubspot_check;
mod hubspot_double;
mod hubspot_limits;
mod hubspot_own;
mod hubspot_shop;
mod hubspot_source;
mod hubspot_writes;
mod many;
mod others_decide;
mod passed_over;
mod published;
mod salesforce_check;
mod salesforce_commands;
mod salesforce_own;
mod salesforce_sign_in;
mod salesforce_source;
mod tryton_notes;
mod tryton_server;
mod tryton_source;
