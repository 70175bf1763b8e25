//! Health checks. They need no login and reveal nothing else.

use rocket::{Route, State, get, http::Status, routes};

use crate::{accounts::Accounts, store::StoreError};

#[get("/livez", rank = 100)]
const fn livez() -> &'static str {
    "ok\n"
}

#[get("/readyz", rank = 100)]
async fn readyz(accounts: &State<Accounts>) -> (Status, &'static str) {
    match accounts.store().is_ready().await {
        Ok(true) => (Status::Ok, "ok\n"),
        Ok(false) => (Status::ServiceUnavailable, "the database schema is not current\n"),
        Err(StoreError::Unwritable) => (Status::ServiceUnavailable, "this node cannot write to the database\n"),
        Err(_) => (Status::ServiceUnavailable, "the database does not respond\n"),
    }
}

/// The routes of the health checks.
pub fn routes() -> Vec<Route> {
    routes![livez, readyz]
}
