//! Model to frame: views, widgets, theme, and the one seam that makes foreign text inert.

pub mod canvas;
pub mod countdown;
pub mod inert;
pub mod text;
pub mod theme;
pub mod when;
pub mod widget;
