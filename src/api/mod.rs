//! The JSON API: the same use cases as the pages, for programs.
//!
//! A program shows an opaque token or a JWT. What ends a person's browser ends their programs, at the same
//! moment, by the same function; the answer then says why.

mod auth_token;
mod body;
mod catchers;
mod cors;
mod me;
mod moments;
mod openapi;
mod paths;
mod problem;
mod sessions;
mod token;
mod tokens;
mod users;

use rocket::fairing::AdHoc;

pub use problem::{Code, Problem};

/// Under which path all of it is.
const BASE: &str = "/api";

/// Mounts the API.
#[must_use]
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("API", |rocket| async {
        rocket
            .attach(paths::fairing())
            .attach(cors::stage())
            .attach(token::stage())
            .attach(auth_token::stage())
            .attach(me::stage())
            .attach(sessions::stage())
            .attach(tokens::stage())
            .attach(users::stage())
            .attach(openapi::stage())
            .attach(catchers::stage())
    })
}
