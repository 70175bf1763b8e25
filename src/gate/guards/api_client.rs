//! Authenticates an API request by its `Authorization` header, at most once per request.
//!
//! A cookie must never authenticate an API request. Otherwise a page of another site could make a browser call the
//! API.

use std::sync::Arc;

use rocket::{
    Request,
    http::Status,
    outcome::try_outcome,
    request::{FromRequest, Outcome},
};
use serde_json::{Map, Value};

use super::{
    client::RequestClient,
    forged::{record_if_forged, record_unknown_token},
    judge::{Credential, Proof, judge},
    tell_who_it_is,
};
use crate::{
    accounts::Accounts,
    domain::{logins::token::TokenSecret, moment::Moment, reason::EndReason},
    gate::{
        Changes, EndedLogin, LiveLogin, Login,
        cookies::changes::GuardedAs,
        jwt::{AccessToken, Jwt, JwtError},
        refused::{Refused, UNAVAILABLE},
        standings::Standings,
    },
    store::{Result, StoreError, fleet::token_keys::TokenKeys, logins::TokenKey},
};

/// The result of judging a request's `Authorization` header.
#[derive(Debug)]
pub enum ApiLogin {
    /// There is no header, or its scheme is unknown.
    Nobody,
    /// The rule accepts the login.
    Live {
        /// The login.
        login: Box<LiveLogin>,
        /// The site's custom claims, if the token is a JWT.
        claims: Arc<Map<String, Value>>,
    },
    /// The token was not issued by this site, is malformed, or may not be used here.
    Invalid,
    /// The token has expired.
    Expired,
    /// The login has ended.
    Ended(EndedLogin),
    /// The database does not respond. The request is refused.
    Unavailable,
}

/// A program with a live token. It has the rights of its account.
#[derive(Debug, Clone)]
pub struct ApiClient<'r> {
    /// The program's login.
    pub login: &'r LiveLogin,
    /// The site's custom claims, if the token is a JWT.
    pub claims: &'r Map<String, Value>,
    client: RequestClient<'r>,
}

/// A program with a live token of a staff member or superuser.
#[derive(Debug, Clone)]
pub struct ApiStaff<'r> {
    /// The program's login.
    pub login: &'r LiveLogin,
    client: RequestClient<'r>,
}

tell_who_it_is!(ApiClient, ApiStaff);

/// The API login of a request. The first call judges the token. Later calls in the same request return the same
/// result.
pub async fn api_login_of<'r>(request: &'r Request<'_>) -> &'r ApiLogin {
    request.local_cache_async(load(request)).await
}

/// The `Authorization` of a request (RFC 9110, section 11.6.2).
enum Authorization<'r> {
    None,
    Bearer(&'r str),
    Token(&'r str),
    /// More than one header.
    Ambiguous,
}

impl<'r> Authorization<'r> {
    fn of(request: &'r Request<'_>) -> Self {
        let mut headers = request.headers().get("Authorization");
        let Some(header) = headers.next() else { return Self::None };
        if headers.next().is_some() {
            return Self::Ambiguous;
        }
        match header.trim().split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("Bearer") => Self::Bearer(token.trim()),
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("Token") => Self::Token(token.trim()),
            _ => Self::None,
        }
    }
}

async fn load(request: &Request<'_>) -> ApiLogin {
    let (Some(accounts), Some(standings), Some(keys)) = (
        request.rocket().state::<Accounts>(),
        request.rocket().state::<Standings>(),
        request.rocket().state::<TokenKeys>(),
    ) else {
        return ApiLogin::Unavailable;
    };
    Changes::of(request).note_guard(GuardedAs::Asked);
    let judged = match Authorization::of(request) {
        Authorization::None => return ApiLogin::Nobody,
        Authorization::Ambiguous => return ApiLogin::Invalid,
        Authorization::Bearer(text) => match verify_access(request, text, accounts.estimated_now()) {
            Ok(access) => judge_access(accounts, standings, access).await,
            Err(JwtError::Invalid) => {
                if let Some(jwt) = Jwt::of(request) {
                    let client = RequestClient::of(request).to_client();
                    Box::pin(record_if_forged(accounts, &jwt, &client, text)).await;
                }
                return ApiLogin::Invalid;
            }
            Err(JwtError::Expired) => return ApiLogin::Expired,
        },
        Authorization::Token(text) => match TokenSecret::parse(text) {
            Some(secret) => judge_secret(accounts, standings, keys, &secret).await,
            None => return ApiLogin::Invalid,
        },
    };
    if matches!(judged, Ok(ApiLogin::Invalid)) && matches!(Authorization::of(request), Authorization::Token(_)) {
        Box::pin(record_unknown_token(request, accounts)).await;
    }
    judged.unwrap_or_else(|error| {
        log::error!("could not judge a token: {error}");
        ApiLogin::Unavailable
    })
}

fn verify_access(request: &Request<'_>, text: &str, now: Moment) -> std::result::Result<AccessToken, JwtError> {
    Jwt::of(request).ok_or(JwtError::Invalid)?.verify_access(text, now)
}

async fn judge_access(accounts: &Accounts, standings: &Standings, access: AccessToken) -> Result<ApiLogin> {
    let login = access.login();
    let (session, proof) = (&login.family, Proof::Signature);
    let credential = Credential { user_id: login.user_id, session, login_date: login.login_date, proof };
    Ok(api_login(judge(accounts, standings, credential, |_| false).await?.login, access.added()))
}

/// Judges an opaque token. The key may come from a cache, so it is read from the database before a refusal.
async fn judge_secret(
    accounts: &Accounts,
    standings: &Standings,
    keys: &TokenKeys,
    secret: &TokenSecret,
) -> Result<ApiLogin> {
    let hash = secret.hash();
    let judge = async |key: &TokenKey| {
        let TokenKey { user_id, id, login_date, .. } = key;
        let (proof, login_date) = (Proof::Token(&hash), *login_date);
        let credential = Credential { user_id: *user_id, session: id, login_date, proof };
        Ok::<_, StoreError>(judge(accounts, standings, credential, |_| false).await?.login)
    };
    let Some(found) = keys.find(&hash).await? else { return Ok(ApiLogin::Invalid) };
    let mut login = judge(&found).await?;
    if !matches!(login, Login::Live(_)) {
        let Some(key) = Box::pin(keys.find_in_database(&hash)).await? else { return Ok(ApiLogin::Invalid) };
        if key != found {
            login = judge(&key).await?;
        }
    }
    Ok(api_login(login, Arc::default()))
}

fn api_login(login: Login, claims: Arc<Map<String, Value>>) -> ApiLogin {
    match login {
        Login::Live(login) => ApiLogin::Live { login, claims },
        // A token has an expiry of its own, so this is reported as an expired token, not as an ended login.
        Login::Ended(EndedLogin { reason: EndReason::Expired, .. }) => ApiLogin::Expired,
        Login::Ended(ended) => ApiLogin::Ended(ended),
        Login::Nobody => ApiLogin::Invalid,
        Login::Unavailable => ApiLogin::Unavailable,
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for ApiClient<'r> {
    type Error = Refused;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Refused> {
        match api_login_of(request).await {
            ApiLogin::Live { login, claims } => {
                Outcome::Success(Self { login, claims, client: RequestClient::of(request) })
            }
            ApiLogin::Unavailable => Outcome::Error(UNAVAILABLE),
            _ => {
                Changes::of(request).note_guard(GuardedAs::RefusedProgram);
                Outcome::Error((Status::Unauthorized, Refused))
            }
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for ApiStaff<'r> {
    type Error = Refused;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Refused> {
        let ApiClient { login, client, .. } = try_outcome!(ApiClient::from_request(request).await);
        if login.role().is_staff() {
            return Outcome::Success(Self { login, client });
        }
        Changes::of(request).note_guard(GuardedAs::RefusedProgram);
        Box::pin(super::refuse(request, login, client)).await
    }
}
