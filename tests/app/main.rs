//! The app's state machine from outside: keys in, effects and the model out, on a real store.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on should stop")]

#[cfg(test)]
mod alarm;
mod alerts;
#[cfg(test)]
mod dialogs;
#[cfg(test)]
mod driver;
#[cfg(test)]
mod gate;
#[cfg(test)]
mod inbox;
#[cfg(test)]
mod office;
#[cfg(test)]
mod rig;
mod rules;
#[cfg(test)]
mod search;
#[cfg(test)]
mod speed_of_hand;
