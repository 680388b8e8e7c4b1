//! The demo's world: invented leads, lively and the same for the same seed, and a remote that can be cut off.

mod remote;
mod world;

pub use remote::DemoRemote;
pub use world::{Opening, World};
