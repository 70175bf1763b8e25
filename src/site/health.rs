//! Health checks. They need no login and reveal nothing else.

use rocket::{State, fairing::AdHoc, get, http::Status, routes};

use crate::{accounts::Accounts, store::StoreError};

#[get("/livez")]
const fn livez() -> &'static str {
    "ok\n"
}

#[get("/readyz")]
async fn readyz(accounts: &State<Accounts>) -> (Status, &'static str) {
    match accounts.store().is_ready().await {
        Ok(true) => (Status::Ok, "ok\n"),
        Ok(false) => (Status::ServiceUnavailable, "the database schema is not current\n"),
        Err(StoreError::Unwritable) => (Status::ServiceUnavailable, "this node cannot write to the database\n"),
        Err(_) => (Status::ServiceUnavailable, "the database does not respond\n"),
    }
}

/// Mounts the health checks.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("Health", |rocket| async { rocket.mount("/", routes![livez, readyz]) })
}
