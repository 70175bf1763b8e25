//! `/api/sessions`: the caller's own sessions.

use rocket::{Route, State, delete, get, response::status::NoContent, routes, serde::json::Json};
use serde::Serialize;

use super::{moments::Timestamp, problem::Problem};
use crate::{
    accounts::{Accounts, AccountsError, ListedLogin, Which},
    domain::logins::{kind::LoginClass, public_id::PublicId},
    gate::ApiClient,
};

/// At most this many sessions are listed. Users with more can end them on the sessions page.
const LIST_LIMIT: i64 = 100;

#[derive(Serialize)]
struct Sessions {
    sessions: Vec<Session>,
}

#[derive(Serialize)]
struct Session {
    id: String,
    created: Timestamp,
    last_seen: Timestamp,
    address: String,
    user_agent: String,
}

impl From<ListedLogin> for Session {
    fn from(listed: ListedLogin) -> Self {
        let last_seen = Timestamp(listed.seen());
        let row = listed.row;
        Self {
            id: row.id,
            created: Timestamp(row.opened_at),
            last_seen,
            address: row.address,
            user_agent: row.user_agent,
        }
    }
}

#[get("/api/sessions")]
async fn list(client: ApiClient<'_>, accounts: &State<Accounts>) -> Result<Json<Sessions>, Problem> {
    let listed = accounts.list_sessions(client.login.user_id, Which::Live, LIST_LIMIT).await?;
    Ok(Json(Sessions { sessions: listed.into_iter().map(Session::from).collect() }))
}

#[delete("/api/sessions/<id>")]
async fn end(client: ApiClient<'_>, accounts: &State<Accounts>, id: &str) -> Result<NoContent, Problem> {
    let session = PublicId::parse(id).ok_or(AccountsError::NoSuchSession)?;
    // A session that had already ended is not an error.
    accounts.end_own_login(&client.actor(), LoginClass::Sessions, &session).await?;
    Ok(NoContent)
}

/// The routes of the routes.
pub(super) fn routes() -> Vec<Route> {
    routes![list, end]
}
