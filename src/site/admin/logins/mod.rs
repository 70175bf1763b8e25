//! The list of all logins on the site, with search, filters, sorting and pages, and bulk actions on them.

mod bulk;
mod query;
mod view;

use rocket::{Route, State, get, http::Status, routes};

use self::{query::Sent, view::LoginsView};
use super::search::no_repeated_field::NoRepeatedField;
use crate::{
    accounts::Accounts,
    gate::{Changes, Staff},
    site::pages::{
        Pages,
        answer::{Answer, refuse},
    },
};

#[get("/admin/sessions?<sent..>")]
pub(in crate::site) async fn show(
    staff: Staff<'_>,
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
    let listed = if is_too_far { None } else { Some(accounts.list_site_logins(&query).await) };
    match listed.transpose() {
        Ok(listed) => pages.show_form("admin/logins", &LoginsView::of(sent, &query, listed, staff.login)),
        Err(error) => refuse(changes, error),
    }
}

/// The routes of the page.
pub fn routes() -> Vec<Route> {
    routes![show, bulk::show, bulk::post]
}
