//! Business time: the rules one by one, and the whole against a slow second implementation on random calendars.

#[cfg(test)]
#[path = "business_time/mod.rs"]
mod business_time;
