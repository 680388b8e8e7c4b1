//! The terminal app's pure state machine: a message in, effects out. No I/O, no clock.
