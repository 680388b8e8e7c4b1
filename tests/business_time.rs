//! Business time: the rules one by one, and the whole against a slow second implementation on random calendars.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on should stop")]

#[cfg(test)]
#[path = "business_time/mod.rs"]
mod business_time;
