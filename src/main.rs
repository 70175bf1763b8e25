//! The `curfew` program: a host that is nothing but Curfew, so it gives Curfew all of its errors and headers.

use std::process::ExitCode;

use curfew::{Curfew, Headers};
use rocket::{Build, Rocket};

/// Rendering a page allocates many small pieces that other threads free. The system's allocator is slow at that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    curfew::cli::run_with(rocket)
}

fn rocket() -> Rocket<Build> {
    let curfew = Curfew::init().catchers().headers(Headers::everywhere()).overrides("templates/curfew");
    rocket::custom(curfew::figment()).attach(curfew)
}
