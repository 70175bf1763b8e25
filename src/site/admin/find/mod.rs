//! The finder of the staff pages: users, logins, addresses and pages by one text, as a page and for the script.

mod places;
mod view;

use rocket::{Route, State, get, http::Status, routes, uri};

use self::view::FindView;
use super::{search::no_repeated_field::NoRepeatedField, user};
use crate::{
    accounts::Accounts,
    domain::lists::finder_query::FinderQuery,
    gate::{Changes, Staff},
    site::pages::{
        Pages,
        answer::{Answer, refuse},
    },
};

/// With `go`, which the form in the header sends, a text that is exactly one user's leads to that user's page. With
/// `part`, which the script sends, the answer is only the list of what was found.
#[get("/admin/find?<q>&<go>&<part>")]
#[allow(clippy::too_many_arguments, reason = "one each for the three query fields")]
async fn show(
    staff: Staff<'_>,
    _once: NoRepeatedField,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    q: Option<&str>,
    go: Option<&str>,
    part: Option<&str>,
) -> Answer {
    let typed = q.unwrap_or_default();
    let Ok(query) = FinderQuery::parse(typed) else { return Answer::Status(Status::BadRequest) };
    let found = match &query {
        Some(query) => match accounts.find(query).await {
            Ok(found) => Some(found),
            Err(error) => return refuse(changes, error),
        },
        None => None,
    };
    if let (Some(id), Some(_)) = (found.as_ref().and_then(|found| found.exact), go) {
        return Answer::see_other(uri!(user::show(id)));
    }
    let view = FindView::of(typed, found, staff.login.role());
    pages.show(if part.is_some() { "admin/find_part" } else { "admin/find" }, &view)
}

/// The routes of the page.
pub fn routes() -> Vec<Route> {
    routes![show]
}
