//! `/api/me`: the account that the token belongs to.

use rocket::{Route, get, routes, serde::json::Json};
use serde::Serialize;

use super::moments::Timestamp;
use crate::gate::ApiClient;

#[derive(Serialize)]
struct Me<'a> {
    id: i64,
    username: &'a str,
    email: &'a str,
    is_staff: bool,
    is_superuser: bool,
    last_login: Option<Timestamp>,
}

#[get("/api/me")]
fn show(client: ApiClient<'_>) -> Json<Me<'_>> {
    let account = &client.login.account;
    Json(Me {
        id: client.login.user_id,
        username: &account.username,
        email: &account.email,
        is_staff: account.role.is_staff(),
        is_superuser: account.role.is_superuser(),
        last_login: account.last_login.map(Timestamp),
    })
}

/// The routes of the route.
pub(super) fn routes() -> Vec<Route> {
    routes![show]
}
