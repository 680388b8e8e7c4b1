//! A CRM behind the hub, end to end: the real Tryton and HubSpot's double, over good lines and bad ones.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on should stop")]

#[path = "../support/document.rs"]
mod account;
#[path = "../support/faults.rs"]
mod faults;
#[path = "../support/hub.rs"]
mod hub;
#[path = "../support/hubspot/mod.rs"]
mod hubspot;
#[path = "../support/place.rs"]
mod place;
#[path = "../support/postgres.rs"]
mod postgres;
#[path = "../support/program.rs"]
mod program;
#[path = "../support/schema.rs"]
mod schema;
#[path = "../support/tryton/mod.rs"]
mod tryton;

mod at_work;
mod bad_line;
mod desk;
mod echoes;
mod endless;
mod leases;
mod many;
mod moody;
mod newcomers;
mod put_off;
mod returns;
mod untaken;
mod waiting;
mod whole_way;
