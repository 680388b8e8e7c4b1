//! The thin binary: everything is in the library.

use std::process::ExitCode;

/// An import makes and drops millions of small texts on two threads, for which this is much quicker than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    leadbox::cli::run()
}
