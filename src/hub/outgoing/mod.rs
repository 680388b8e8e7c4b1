//! The one way out: whatever the hub calls by an address from its configuration, it calls through [`Outgoing`]. What is
//! called is looked up here and only what was judged is connected to, so that nobody who can name an address reaches what
//! only this machine or its network can; no redirect is followed; time and size have limits; secrets come from files or
//! commands and are in no message.

mod address;
mod client;
mod secret;
mod settings;

pub use crate::keeping::command::{CommandError, Done, Whose, run_command};
pub use address::{Allow, Entry, Special, special};
pub use client::{Address, Answer, Ask, Failed, Limits, Outgoing, Refused};
pub use secret::{SecretError, SecretFrom, private_text};
pub use settings::{OutgoingSettings, address, command_line, secret};

#[cfg(test)]
#[path = "../../../tests/support/double.rs"]
pub(super) mod double;
#[cfg(test)]
mod tests;
