//! The app's state machine from outside: keys in, effects and the model out, on a small honest store.

#[cfg(test)]
mod dialogs;
#[cfg(test)]
mod double;
#[cfg(test)]
mod driver;
#[cfg(test)]
mod gate;
#[cfg(test)]
mod inbox;
#[cfg(test)]
mod rig;
#[cfg(test)]
mod search;
#[cfg(test)]
mod speed_of_hand;
