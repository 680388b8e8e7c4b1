//! The user's settings and the team's policy: TOML in, validated values out, errors with file, line and fix.

mod error;
mod reader;
mod scoring;
mod similar;

pub use error::{ConfigError, Place, Problem};
pub use scoring::{parse_model, preset_models};
