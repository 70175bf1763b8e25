//! `/api/auth-token`: creates an opaque token for a username and password.

use rocket::{Route, State, http::Status, post, routes, serde::json::Json};
use serde::{Deserialize, Serialize};

use super::{
    body::{Body, Fields},
    moments::Timestamp,
    problem::Problem,
};
use crate::{
    accounts::Accounts,
    domain::{
        logins::token::TokenLabel,
        people::{login_name::LoginName, password::Password},
    },
    gate::ClientOf,
};

/// The label of a token whose request gives none.
const LABEL_IF_NONE: &str = "API login";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenRequest {
    username: String,
    password: String,
    label: Option<String>,
}

#[derive(Serialize)]
struct CreatedToken {
    id: String,
    token: String,
    expires: Timestamp,
}

#[post("/api/auth-token", data = "<body>")]
async fn log_in(
    client: ClientOf,
    accounts: &State<Accounts>,
    body: Body<TokenRequest>,
) -> Result<(Status, Json<CreatedToken>), Problem> {
    let mut fields = Fields::default();
    let name = fields.read("username", LoginName::parse(&body.0.username));
    let password = fields.read("password", Password::parse(body.0.password));
    let label = body.0.label.as_deref().filter(|label| !label.trim().is_empty()).unwrap_or(LABEL_IF_NONE);
    let label = fields.read("label", TokenLabel::parse(label));
    let (Some(name), Some(password), Some(label)) = (name, password, label) else { return Err(fields.problem()) };
    let started = accounts.log_in_for_token(&client.0, (&name, &password), &label).await?;
    let created = CreatedToken {
        id: started.id.as_str().to_owned(),
        token: started.secret.reveal().to_owned(),
        expires: Timestamp(started.expires_at),
    };
    Ok((Status::Created, Json(created)))
}

/// The routes of the route.
pub(super) fn routes() -> Vec<Route> {
    routes![log_in]
}
