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

use rocket::{Route, fairing::AdHoc};

pub(crate) use catchers::{answer_error, catchers};
pub use problem::{Code, Problem};

/// The path of the API.
pub(crate) const BASE: &str = "/api";

/// The routes of the API.
pub(crate) fn routes() -> Vec<Route> {
    [
        token::routes(),
        auth_token::routes(),
        me::routes(),
        sessions::routes(),
        tokens::routes(),
        users::routes(),
        openapi::routes(),
    ]
    .concat()
}

/// What the API needs besides its routes.
pub(crate) fn stage() -> AdHoc {
    AdHoc::on_ignite("API", |rocket| async { rocket.attach(paths::fairing()).attach(cors::Cors) })
}
