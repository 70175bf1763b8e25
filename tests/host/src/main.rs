//! A site of its own with Curfew in it.

mod garden;
mod tables;

use std::process::ExitCode;

use curfew::Curfew;
use rocket::{Build, Rocket, catchers, routes};
use rocket_dyn_templates::Template;

fn main() -> ExitCode {
    curfew::cli::run_with(rocket)
}

fn rocket() -> Rocket<Build> {
    let curfew = Curfew::init().at("/auth").layout("layout").csp("img-src data:").on_registered(garden::plant);
    rocket::build()
        .attach(curfew)
        .attach(tables::stage()) // after Curfew, because its table refers to one of Curfew's
        .attach(Template::fairing())
        .register("/", catchers![garden::not_here])
        .mount("/", routes![garden::home, garden::garden, garden::water, garden::level])
}
