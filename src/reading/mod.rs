//! Reading what people write: TOML with the place of everything in it, so that all mistakes are told with line, column
//! and fix; words that are meant though misspelt; and files that cannot be read.

mod error;
mod file;
mod toml;
mod value;

pub use error::{ConfigError, Place, Problem};
pub use file::{LARGEST, plight, text_of};
pub use toml::{KeysSeen, Section, Settled, read, read_but};
pub use value::{Item, Read, Wrong};
