//! The program; all of it is in the library.

use std::process::ExitCode;

/// Pages are made of small pieces that other threads free, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    curfew::cli::run()
}
