//! The domain, pure: no I/O, no clock (time is an argument), no async.

pub mod calendar;
pub mod sla;
