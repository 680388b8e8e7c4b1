//! stub
use super::args::ExportArgs; use super::failure::Failure; use super::session::Session;
/// stub
pub fn run(_: &mut Session, _: &ExportArgs, _: bool) -> Result<(), Failure> { Err(Failure::usage("not yet")) }
