//! The terminal app's pure state machine: a message in, effects out. No I/O, no clock.
//!
//! [`update`] is the only function that changes a [`Model`]. Time comes inside the message; everything that touches
//! the world leaves as an [`Effect`] and comes back as a [`Msg`]. The `ui` room reads the model and never writes it.

pub mod action;
pub mod dialog;
pub mod effect;
pub mod footer;
pub mod input;
pub mod key;
pub mod keymap;
pub mod model;
pub mod msg;
pub mod natural;
pub mod screen;
pub mod search;

pub use action::{Action, Context};
pub use effect::Effect;
pub use key::Key;
pub use keymap::KeyMap;
pub use model::{Model, Settings};
pub use msg::{Msg, Reply, What};

/// Takes one message in: changes the model and says what is to be done outside. The first message should be
/// [`What::Start`].
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    model.now = msg.at;
    Vec::new()
}
