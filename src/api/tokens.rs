//! `/api/tokens`: the caller's own opaque tokens.

use rocket::{Route, State, delete, get, response::status::NoContent, routes, serde::json::Json, uri};
use serde::Serialize;

use super::{
    moments::Timestamp,
    problem::{Code, Problem},
};
use crate::{
    accounts::{Accounts, AccountsError, ListedLogin},
    domain::{
        lists::users_query::{LAST_PAGE, PageNumber},
        logins::{
            kind::{LoginClass, LoginKind},
            public_id::PublicId,
        },
    },
    gate::ApiClient,
};

#[derive(Serialize)]
struct Tokens {
    tokens: Vec<Token>,
    /// The address of the next page.
    next: Option<String>,
}

#[derive(Serialize)]
struct Token {
    id: String,
    label: String,
    created: Timestamp,
    last_used: Option<Timestamp>,
    expires: Timestamp,
    is_current: bool,
}

#[get("/api/tokens?<page>")]
async fn list(client: ApiClient<'_>, accounts: &State<Accounts>, page: Vec<&str>) -> Result<Json<Tokens>, Problem> {
    let page = page_of(&page)?;
    let current = client.login.session.as_str();
    let token = |listed: ListedLogin| Token {
        is_current: listed.row.id == current,
        label: listed.row.label().to_owned(),
        created: Timestamp(listed.row.opened_at),
        last_used: listed.last_seen.map(Timestamp),
        expires: Timestamp(listed.row.expiry()),
        id: listed.row.id,
    };
    let listed = accounts.list_tokens(client.login.user_id, Some(LoginKind::Opaque), page).await?;
    let next = (page.get() + 1).to_string();
    let has_next = listed.has_next && page.get() < LAST_PAGE;
    let next = has_next.then(|| uri!(list(page = vec![next.as_str()])).to_string());
    Ok(Json(Tokens { tokens: listed.tokens.into_iter().map(token).collect(), next }))
}

/// The number of the requested page, which must be given at most once.
fn page_of(given: &[&str]) -> Result<PageNumber, Problem> {
    let page = match given {
        [] => Some(PageNumber::default()),
        [number] if !number.is_empty() => PageNumber::parse(number).ok(),
        _ => None,
    };
    let is_in_range = |page: &PageNumber| !page.is_beyond_last();
    page.filter(is_in_range)
        .ok_or_else(|| Problem::new(Code::BadRequest, format!("`page` must be a number from 1 to {LAST_PAGE}.")))
}

#[delete("/api/tokens/<id>")]
async fn revoke(client: ApiClient<'_>, accounts: &State<Accounts>, id: &str) -> Result<NoContent, Problem> {
    let token = PublicId::parse(id).ok_or(AccountsError::NoSuchToken)?;
    // A token that had already ended is not an error.
    accounts.end_own_login(&client.actor(), LoginClass::Tokens, &token).await?;
    Ok(NoContent)
}

/// The routes of the routes.
pub(super) fn routes() -> Vec<Route> {
    routes![list, revoke]
}
