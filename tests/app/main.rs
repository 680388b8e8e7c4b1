//! The app's state machine from outside: keys in, effects and the model out, on a small honest store.

mod dialogs;
mod double;
mod driver;
mod gate;
mod inbox;
mod rig;
mod search;
mod speed_of_hand;
