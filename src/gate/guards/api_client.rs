//! Which program is asking: found out once a request, by its `Authorization` and by nothing else. A cookie
//! is no login here, so that no page of another site can have a browser call the API.

use std::sync::Arc;

use rocket::{
    Request,
    http::Status,
    outcome::try_outcome,
    request::{FromRequest, Outcome},
};
use serde_json::{Map, Value};

use super::{
    UNKNOWN,
    client::CameFrom,
    judge::{Proof, Shown, judge},
};
use crate::{
    accounts::{Accounts, Actor},
    domain::{logins::token::TokenSecret, moment::Moment, reason::EndReason},
    gate::{
        EndedLogin, LiveLogin, Login, Refused,
        jwt::{Access, Jwt, JwtError},
        standings::Standings,
    },
    store::{
        Result,
        logins::{TokenKey, token_keys::TokenKeys},
    },
};

/// What the `Authorization` of a request is worth.
#[derive(Debug)]
pub enum ApiLogin {
    /// There is none of a kind that is known here.
    Nobody,
    /// It is good.
    Live {
        /// The login.
        login: Box<LiveLogin>,
        /// What the site has added to its JWT.
        claims: Arc<Map<String, Value>>,
    },
    /// It is none of ours, or not for this.
    Invalid,
    /// It was good, and its time is over.
    Expired,
    /// It was good once.
    Ended(EndedLogin),
    /// The database does not answer; nobody is let in.
    Unknown,
}

/// A program whose token is good, with the rights of its account.
#[derive(Debug, Clone)]
pub struct ApiClient<'r> {
    /// Its login.
    pub login: &'r LiveLogin,
    /// What the site has added to its JWT.
    pub claims: &'r Map<String, Value>,
    from: CameFrom<'r>,
}

/// A program of a member of staff, or of a superuser.
#[derive(Debug, Clone)]
pub struct ApiStaff<'r> {
    /// Its login.
    pub login: &'r LiveLogin,
    from: CameFrom<'r>,
}

impl ApiClient<'_> {
    /// It, as the use cases know it.
    #[must_use]
    pub fn actor(&self) -> Actor {
        self.login.actor(self.from.client())
    }
}

impl ApiStaff<'_> {
    /// It, as the use cases know it.
    #[must_use]
    pub fn actor(&self) -> Actor {
        self.login.actor(self.from.client())
    }
}

/// Which program is asking. The first call judges its token; the others of the same request get its answer.
pub async fn api_login_of<'r>(request: &'r Request<'_>) -> &'r ApiLogin {
    request.local_cache_async(load(request)).await
}

/// What a request is authorized by (RFC 9110, section 11.6.2).
enum Authorization<'r> {
    None,
    Bearer(&'r str),
    Token(&'r str),
    Twice,
}

impl<'r> Authorization<'r> {
    fn of(request: &'r Request<'_>) -> Self {
        let mut headers = request.headers().get("Authorization");
        let Some(header) = headers.next() else { return Self::None };
        if headers.next().is_some() {
            return Self::Twice;
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
        return ApiLogin::Unknown;
    };
    let judged = match Authorization::of(request) {
        Authorization::None => return ApiLogin::Nobody,
        Authorization::Twice => return ApiLogin::Invalid,
        Authorization::Bearer(text) => match read_access(request, text, accounts.store().clock().estimate()) {
            Ok(access) => judge_access(accounts, standings, access).await,
            Err(JwtError::Invalid) => return ApiLogin::Invalid,
            Err(JwtError::Expired) => return ApiLogin::Expired,
        },
        Authorization::Token(text) => match TokenSecret::parse(text) {
            Some(secret) => judge_secret(accounts, standings, keys, &secret).await,
            None => return ApiLogin::Invalid,
        },
    };
    judged.unwrap_or_else(|error| {
        log::error!("a token cannot be judged: {error}");
        ApiLogin::Unknown
    })
}

fn read_access(request: &Request<'_>, text: &str, now: Moment) -> std::result::Result<Access, JwtError> {
    Jwt::of(request).ok_or(JwtError::Invalid)?.read_access(text, now)
}

async fn judge_access(accounts: &Accounts, standings: &Standings, access: Access) -> Result<ApiLogin> {
    let login = access.login();
    let (session, proof) = (&login.family, Proof::Signature);
    let shown = Shown { user_id: login.user_id, session, login_date: login.login_date, proof };
    Ok(api_login(judge(accounts, standings, shown, false).await?, access.added()))
}

/// Of a secret that was found by what is remembered, the database is asked before it is refused.
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
        judge(accounts, standings, Shown { user_id: *user_id, session: id, login_date, proof }, false).await
    };
    let Some(remembered) = keys.find(&hash).await? else { return Ok(ApiLogin::Invalid) };
    let mut login = judge(&remembered).await?;
    if !matches!(login, Login::Live(_)) {
        let Some(key) = keys.find_in_database(&hash).await? else { return Ok(ApiLogin::Invalid) };
        if key != remembered {
            login = judge(&key).await?;
        }
    }
    Ok(api_login(login, Arc::default()))
}

fn api_login(login: Login, claims: Arc<Map<String, Value>>) -> ApiLogin {
    match login {
        Login::Live(login) => ApiLogin::Live { login, claims },
        // A token says itself until when it is good.
        Login::Ended(EndedLogin { reason: EndReason::Expired, .. }) => ApiLogin::Expired,
        Login::Ended(ended) => ApiLogin::Ended(ended),
        Login::Nobody => ApiLogin::Invalid,
        Login::Unknown => ApiLogin::Unknown,
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for ApiClient<'r> {
    type Error = Refused;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Refused> {
        match api_login_of(request).await {
            ApiLogin::Live { login, claims } => Outcome::Success(Self { login, claims, from: CameFrom::of(request) }),
            ApiLogin::Unknown => Outcome::Error(UNKNOWN),
            _ => Outcome::Error((Status::Unauthorized, Refused)),
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for ApiStaff<'r> {
    type Error = Refused;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Refused> {
        let ApiClient { login, from, .. } = try_outcome!(ApiClient::from_request(request).await);
        if login.role().is_staff() {
            return Outcome::Success(Self { login, from });
        }
        super::refuse(request, login, from).await
    }
}
