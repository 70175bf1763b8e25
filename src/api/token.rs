//! `/api/token`: creates, refreshes and revokes JWT pairs.

use rocket::{Route, State, post, response::status::NoContent, routes, serde::json::Json};
use serde::{Deserialize, Serialize};

use super::{
    body::{Body, Fields},
    problem::Problem,
};
use crate::{
    accounts::{Accounts, Client, Family, RefreshClaim},
    domain::people::{login_name::LoginName, password::Password},
    gate::{ClientOf, Jwt, TokenPair, record_if_forged},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    username: String,
    password: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefreshToken {
    refresh: String,
}

#[derive(Serialize)]
struct LoggedIn {
    access: String,
    refresh: String,
    user_id: i64,
    username: String,
    expires_in: i64,
}

#[derive(Serialize)]
struct Refreshed {
    access: String,
    refresh: String,
    expires_in: i64,
}

#[post("/api/token", data = "<body>")]
async fn log_in(
    client: ClientOf,
    jwt: Jwt<'_>,
    accounts: &State<Accounts>,
    body: Body<Credentials>,
) -> Result<Json<LoggedIn>, Problem> {
    let mut fields = Fields::default();
    let name = fields.read("username", LoginName::parse(&body.0.username));
    let password = fields.read("password", Password::parse(body.0.password));
    let (Some(name), Some(password)) = (name, password) else { return Err(fields.problem()) };
    let family = accounts.log_in_for_family(&client.0, (&name, &password)).await?;
    let TokenPair { access, refresh, expires_in } = sign_pair_or_end_family(&jwt, accounts, &client.0, &family).await?;
    Ok(Json(LoggedIn { access, refresh, user_id: family.user_id, username: family.username, expires_in }))
}

#[post("/api/token/refresh", data = "<body>")]
async fn refresh(
    client: ClientOf,
    jwt: Jwt<'_>,
    accounts: &State<Accounts>,
    body: Body<RefreshToken>,
) -> Result<Json<Refreshed>, Problem> {
    let now = accounts.estimated_now();
    let verified = jwt.verify_refresh(&body.0.refresh, now);
    if verified.is_err() {
        record_if_forged(accounts, &jwt, &client.0, &body.0.refresh).await;
    }
    let claim = verified.map_err(Problem::token)?;
    let family = accounts.refresh(&client.0, &claim).await?;
    let TokenPair { access, refresh, expires_in } = sign_pair_or_end_family(&jwt, accounts, &client.0, &family).await?;
    Ok(Json(Refreshed { access, refresh, expires_in }))
}

#[post("/api/token/revoke", data = "<body>")]
async fn revoke(
    client: ClientOf,
    jwt: Jwt<'_>,
    accounts: &State<Accounts>,
    body: Body<RefreshToken>,
) -> Result<NoContent, Problem> {
    // An unknown token is not an error (RFC 7009, section 2.2).
    if let Some(claim) = jwt.verify_refresh_to_revoke(&body.0.refresh) {
        accounts.log_out_family(&client.0, &claim).await?;
    } else {
        record_if_forged(accounts, &jwt, &client.0, &body.0.refresh).await;
    }
    Ok(NoContent)
}

/// Signs the token pair of a family. If that fails, ends the family: nobody could use it.
async fn sign_pair_or_end_family(
    jwt: &Jwt<'_>,
    accounts: &Accounts,
    client: &Client,
    family: &Family,
) -> Result<TokenPair, Problem> {
    if let Some(pair) = jwt.sign_pair(family) {
        return Ok(pair);
    }
    log::error!("could not sign a token pair: the site's custom claims make the access token too long for a header");
    accounts.log_out_family(client, &RefreshClaim::of(family)).await?;
    Err(Problem::broken())
}

/// The routes of the routes.
pub(super) fn routes() -> Vec<Route> {
    routes![log_in, refresh, revoke]
}
