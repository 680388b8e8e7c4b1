//! The demo's world: invented leads, lively and the same for the same seed.

mod world;

pub use world::{Opening, SENDER, World};
