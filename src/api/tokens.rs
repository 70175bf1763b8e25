//! `/api/tokens`: the caller's own opaque tokens.

use rocket::{State, delete, fairing::AdHoc, get, response::status::NoContent, routes, serde::json::Json};
use serde::Serialize;

use super::{moments::Timestamp, problem::Problem};
use crate::{
    accounts::{Accounts, AccountsError, ListedLogin},
    domain::logins::{
        kind::{LoginClass, LoginKind},
        session_secret::SessionId,
    },
    gate::ApiClient,
};

#[derive(Serialize)]
struct Tokens {
    tokens: Vec<Token>,
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

#[get("/api/tokens")]
async fn list(client: ApiClient<'_>, accounts: &State<Accounts>) -> Result<Json<Tokens>, Problem> {
    let current = client.login.session.as_str();
    let token = |listed: ListedLogin| Token {
        is_current: listed.row.id == current,
        label: listed.row.label().to_owned(),
        created: Timestamp(listed.row.opened_at),
        last_used: listed.last_seen.map(Timestamp),
        expires: Timestamp(listed.row.expiry()),
        id: listed.row.id,
    };
    let listed = accounts.list_tokens(client.login.user_id).await?;
    Ok(Json(Tokens {
        tokens: listed.into_iter().filter(|listed| listed.kind == LoginKind::Opaque).map(token).collect(),
    }))
}

#[delete("/api/tokens/<id>")]
async fn revoke(client: ApiClient<'_>, accounts: &State<Accounts>, id: &str) -> Result<NoContent, Problem> {
    let token = SessionId::parse(id).ok_or(AccountsError::NoSuchToken)?;
    // A token that had already ended is not an error.
    accounts.end_own_login(&client.actor(), LoginClass::Tokens, &token).await?;
    Ok(NoContent)
}

/// Mounts the routes.
pub(super) fn stage() -> AdHoc {
    AdHoc::on_ignite("API: tokens", |rocket| async { rocket.mount("/", routes![list, revoke]) })
}
