//! Between store and sources: what to send, what came back.

pub mod engine;
