//! The command line as users and scripts meet it: every command of the binary, with its exit codes and contracts.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on should stop")]

#[cfg(test)]
mod clocks;
#[cfg(test)]
mod dispositions;
#[cfg(test)]
mod exits;
mod export;
#[cfg(test)]
mod gate;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod import;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod readme;
#[cfg(test)]
mod setup;
#[cfg(test)]
mod sla;
#[cfg(test)]
#[path = "../support/mod.rs"]
mod support;
#[cfg(test)]
mod tool;
