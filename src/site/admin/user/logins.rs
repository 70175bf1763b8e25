//! All sessions and all tokens of a user, page by page.

use rocket::{Route, State, get, http::Status, routes};

use super::logins_page::{LoginsShown, read};
use crate::{
    accounts::Accounts,
    domain::{lists::users_query::PageNumber, logins::kind::LoginClass},
    gate::{Changes, Staff},
    site::{
        admin::search::no_repeated_field::NoRepeatedField,
        pages::{
            Pages,
            answer::{Answer, refuse},
            form::FormView,
        },
    },
};

#[get("/admin/users/<id>/sessions?<page>")]
pub(super) async fn show_sessions(
    staff: Staff<'_>,
    _once: NoRepeatedField,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    id: i64,
    page: Option<&str>,
) -> Answer {
    show(&staff, accounts, (&pages, changes), (id, LoginClass::Sessions), page).await
}

#[get("/admin/users/<id>/tokens?<page>")]
pub(super) async fn show_tokens(
    staff: Staff<'_>,
    _once: NoRepeatedField,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    id: i64,
    page: Option<&str>,
) -> Answer {
    show(&staff, accounts, (&pages, changes), (id, LoginClass::Tokens), page).await
}

async fn show(
    staff: &Staff<'_>,
    accounts: &Accounts,
    (pages, changes): (&Pages<'_>, Changes<'_>),
    (id, class): (i64, LoginClass),
    page: Option<&str>,
) -> Answer {
    let Ok(page) = PageNumber::parse(page.unwrap_or_default()) else { return Answer::Status(Status::BadRequest) };
    match read(accounts, staff.login, id, LoginsShown { class, page }, FormView::default()).await {
        Ok(view) => pages.show_form("admin/user_logins", &view),
        Err(error) => refuse(changes, error),
    }
}

/// The routes of the pages.
pub fn routes() -> Vec<Route> {
    routes![show_sessions, show_tokens]
}
