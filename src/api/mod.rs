//! The JSON API: the use cases of the pages, for programs.
//!
//! A program sends an opaque token or a JWT. Both obey the same rule as a session: what ends a user's sessions also
//! ends the logins of their programs, at the same time, and the response says why.

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

/// The path of the API.
const BASE: &str = "/api";

/// Attaches the API.
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
