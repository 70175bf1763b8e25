//! The page of one event: everything that is kept of it.

use data_encoding::HEXLOWER;
use rocket::{Route, State, get, http::Status, routes, uri};
use serde::Serialize;

use super::view::EventView;
use crate::{
    accounts::{Accounts, EventInFull},
    domain::{
        logins::{kind::LoginClass, user_agent::Device},
        moment::Moment,
    },
    gate::{Changes, Staff},
    site::{
        admin::user,
        pages::{
            Pages,
            answer::{Answer, refuse},
        },
    },
    store::{StoreError, events::chain::LinkRow, logins::LoginRow},
};

#[derive(Debug, Serialize)]
struct OneView {
    event: EventView,
    /// The id of its login, which may be deleted.
    login_id: Option<String>,
    login: Option<LoginView>,
    link: Option<LinkView>,
}

/// The login that did it, or that it ended, as it is now.
#[derive(Debug, Serialize)]
struct LoginView {
    is_token: bool,
    user_id: i64,
    user_href: String,
    label: String,
    opened_at: Moment,
    last_seen: Option<Moment>,
    address: String,
    browser: Option<String>,
    system: Option<String>,
    ended_at: Option<Moment>,
    ended_by: Option<String>,
}

/// The link of the event in the chain.
#[derive(Debug, Serialize)]
struct LinkView {
    number: i64,
    hash: String,
    /// Whether the address and the browser were erased, because the account was deleted.
    is_erased: bool,
}

#[get("/admin/events/<id>")]
pub(super) async fn show(
    _staff: Staff<'_>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    id: i64,
) -> Answer {
    let found = match accounts.find_event(id).await {
        Ok(Some(found)) => found,
        Ok(None) => return Answer::Status(Status::NotFound),
        Err(error) => return refuse(changes, error),
    };
    match view(found) {
        Ok(view) => pages.show("admin/event", &view),
        Err(error) => refuse(changes, error.into()),
    }
}

fn view(found: EventInFull) -> Result<OneView, StoreError> {
    let EventInFull { event, login, link } = found;
    Ok(OneView {
        login_id: event.session_id.clone(),
        login: login.map(login_view).transpose()?,
        link: link.as_ref().map(link_view),
        event: event.into(),
    })
}

fn login_view(row: LoginRow) -> Result<LoginView, StoreError> {
    let Device { browser, system } = Device::parse(&row.user_agent);
    Ok(LoginView {
        is_token: row.kind()?.class() == LoginClass::Tokens,
        user_id: row.user_id,
        user_href: uri!(user::show(row.user_id)).to_string(),
        label: row.label().to_owned(),
        opened_at: row.opened_at,
        last_seen: row.last_seen,
        address: row.address,
        browser,
        system,
        ended_at: row.ended_at,
        ended_by: row.ended_by.filter(|by| !by.is_empty()),
    })
}

fn link_view(link: &LinkRow) -> LinkView {
    LinkView { number: link.number, hash: HEXLOWER.encode(&link.hash), is_erased: link.is_erased() }
}

/// The routes of the page.
pub fn routes() -> Vec<Route> {
    routes![show]
}
