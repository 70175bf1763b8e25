//! The page of one user: status, logins, events, and the staff actions.

pub(super) mod activation;
pub(super) mod delete;
pub(super) mod end_login;
pub(super) mod force_logout;
pub(super) mod logins;
mod logins_page;
mod page;
pub(super) mod reset_link;
pub(super) mod role;

use rocket::{Route, State, get, routes};

use self::page::{Forms, read};
use crate::{
    accounts::Accounts,
    gate::{Changes, Staff},
    site::pages::{
        Pages,
        answer::{Answer, refuse},
    },
};

#[get("/admin/users/<id>")]
pub(super) async fn show(
    staff: Staff<'_>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    id: i64,
) -> Answer {
    match read(accounts, staff.login, id, Forms::default()).await {
        Ok(view) => pages.show_form("admin/user", &view),
        Err(error) => refuse(changes, error),
    }
}

/// The routes of the page.
pub fn routes() -> Vec<Route> {
    routes![show]
}
