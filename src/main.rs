//! The `curfew` program. All of its code is in the library.

use std::process::ExitCode;

/// Rendering a page allocates many small pieces that other threads free. The system's allocator is slow at that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    curfew::cli::run()
}
