//! `/api/sessions`: one's own browsers.

use rocket::{State, delete, fairing::AdHoc, get, response::status::NoContent, routes, serde::json::Json};
use serde::Serialize;

use super::{moments::At, problem::Problem};
use crate::{
    accounts::{Accounts, AccountsError, ListedLogin, Which},
    domain::logins::{kind::LoginClass, session_secret::SessionId},
    gate::ApiClient,
};

/// How many are listed; who has more ends them on the page.
const LISTED: i64 = 100;

#[derive(Serialize)]
struct Sessions {
    sessions: Vec<Session>,
}

#[derive(Serialize)]
struct Session {
    id: String,
    created: At,
    last_seen: At,
    address: String,
    user_agent: String,
}

impl From<ListedLogin> for Session {
    fn from(listed: ListedLogin) -> Self {
        let last_seen = At(listed.seen());
        let row = listed.row;
        Self { id: row.id, created: At(row.opened_at), last_seen, address: row.address, user_agent: row.user_agent }
    }
}

#[get("/api/sessions")]
async fn list(client: ApiClient<'_>, accounts: &State<Accounts>) -> Result<Json<Sessions>, Problem> {
    let listed = accounts.list_sessions(client.login.user_id, Which::Live, LISTED).await?;
    Ok(Json(Sessions { sessions: listed.into_iter().map(Session::from).collect() }))
}

#[delete("/api/sessions/<id>")]
async fn end(client: ApiClient<'_>, accounts: &State<Accounts>, id: &str) -> Result<NoContent, Problem> {
    let session = SessionId::parse(id).ok_or(AccountsError::NoSuchSession)?;
    // One that was over is what was asked for.
    accounts.end_own_login(&client.actor(), LoginClass::Sessions, &session).await?;
    Ok(NoContent)
}

/// Mounts the routes.
pub(super) fn stage() -> AdHoc {
    AdHoc::on_ignite("API: sessions", |rocket| async { rocket.mount("/", routes![list, end]) })
}
