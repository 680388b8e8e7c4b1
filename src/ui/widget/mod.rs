//! Small things that several views draw.

pub mod bar;
pub mod digits;
pub mod field;
