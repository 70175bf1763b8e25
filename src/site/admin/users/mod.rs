//! The list of users, with search, filters, sorting and pages.

mod query;
mod view;

use rocket::{Route, State, get, http::Status, routes};

use self::{query::Sent, view::UsersView};
use super::search::no_repeated_field::NoRepeatedField;
use crate::{
    accounts::Accounts,
    gate::{Changes, Staff},
    site::pages::{
        Pages,
        answer::{Answer, refuse},
    },
};

#[get("/admin/users?<sent..>")]
pub(super) async fn show(
    _staff: Staff<'_>,
    fields: NoRepeatedField,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    sent: Sent<'_>,
) -> Answer {
    let query = match sent.parse() {
        Ok(query) if fields.are_all_in(Sent::FIELDS) => query,
        _ => return Answer::Status(Status::BadRequest),
    };
    let is_too_far = query.per_page.is_too_far(query.page);
    let listed = if is_too_far { None } else { Some(accounts.list_users(&query).await) };
    match listed.transpose() {
        Ok(listed) => pages.show_form("admin/users", &UsersView::of(sent, &query, listed)),
        Err(error) => refuse(changes, error),
    }
}

/// The routes of the page.
pub fn routes() -> Vec<Route> {
    routes![show]
}
