//! Who may enter. Asking for one of these is the authorization.

pub(super) mod api_client;
pub(super) mod client;
mod judge;
pub(super) mod login;
pub(super) mod present;

use rocket::{
    Request,
    http::Status,
    outcome::try_outcome,
    request::{FromRequest, Outcome},
};

use self::client::CameFrom;
use super::{LiveLogin, Login, login_of};
use crate::{
    accounts::{Accounts, Actor, Target},
    domain::people::login_name::LoginName,
};

/// Why nobody was let in; the catchers turn the status into a page.
#[derive(Debug, Clone, Copy)]
pub struct Refused;

/// Whoever it is.
#[derive(Debug, Clone, Copy)]
pub struct Anyone<'r>(pub &'r Login);

/// Somebody who is not logged in; a page for them forwards when somebody is.
#[derive(Debug, Clone, Copy)]
pub struct Visitor;

/// Somebody whose login is good.
#[derive(Debug, Clone)]
pub struct SignedIn<'r> {
    /// Their login.
    pub login: &'r LiveLogin,
    from: CameFrom<'r>,
}

/// A signed-in member of staff, or a superuser.
#[derive(Debug, Clone)]
pub struct Staff<'r> {
    /// Their login.
    pub login: &'r LiveLogin,
    pub(in crate::gate) from: CameFrom<'r>,
}

/// A signed-in superuser.
#[derive(Debug, Clone)]
pub struct Superuser<'r> {
    /// Their login.
    pub login: &'r LiveLogin,
    from: CameFrom<'r>,
}

impl SignedIn<'_> {
    /// They, as the use cases know them.
    #[must_use]
    pub fn actor(&self) -> Actor {
        self.login.actor(self.from.client())
    }
}

impl Staff<'_> {
    /// They, as the use cases know them.
    #[must_use]
    pub fn actor(&self) -> Actor {
        self.login.actor(self.from.client())
    }
}

impl Superuser<'_> {
    /// They, as the use cases know them.
    #[must_use]
    pub fn actor(&self) -> Actor {
        self.login.actor(self.from.client())
    }
}

pub(super) const UNKNOWN: (Status, Refused) = (Status::ServiceUnavailable, Refused);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Anyone<'r> {
    type Error = Refused;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Refused> {
        match login_of(request).await {
            Login::Unknown => Outcome::Error(UNKNOWN),
            login => Outcome::Success(Self(login)),
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Visitor {
    type Error = Refused;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Refused> {
        match login_of(request).await {
            Login::Nobody | Login::Ended(_) => Outcome::Success(Self),
            Login::Live(_) => Outcome::Forward(Status::NotFound),
            Login::Unknown => Outcome::Error(UNKNOWN),
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for SignedIn<'r> {
    type Error = Refused;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Refused> {
        match login_of(request).await {
            Login::Live(login) => Outcome::Success(Self { login, from: CameFrom::of(request) }),
            Login::Nobody | Login::Ended(_) => Outcome::Error((Status::Unauthorized, Refused)),
            Login::Unknown => Outcome::Error(UNKNOWN),
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Staff<'r> {
    type Error = Refused;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Refused> {
        let SignedIn { login, from } = try_outcome!(SignedIn::from_request(request).await);
        if login.role().is_staff() {
            return Outcome::Success(Self { login, from });
        }
        refuse(request, login, from).await
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Superuser<'r> {
    type Error = Refused;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Refused> {
        let SignedIn { login, from } = try_outcome!(SignedIn::from_request(request).await);
        if login.role().is_superuser() {
            return Outcome::Success(Self { login, from });
        }
        refuse(request, login, from).await
    }
}

/// What was tried is told, a look at a page of staff too.
pub(super) async fn refuse<'r, T>(
    request: &'r Request<'_>,
    login: &'r LiveLogin,
    from: CameFrom<'r>,
) -> Outcome<T, Refused> {
    if let Some(accounts) = request.rocket().state::<Accounts>() {
        // Of the API the pattern: a program may put anything into its address, a token too.
        let of_api = request.route().filter(|route| route.uri.path().starts_with("/api/"));
        let path = of_api.map_or(request.uri().path().as_str(), |route| route.uri.path());
        let (actor, act) = (login.actor(from.client()), format!("{} {path}", request.method()));
        if let Err(error) = accounts.record_refused_access(&actor, on_whom(request), &act).await {
            log::error!("a refused attempt cannot be told: {error}");
        }
    }
    Outcome::Error((Status::Forbidden, Refused))
}

/// Whom an act at `/admin/users/<id>/…` or `/api/users/<name>/…` would have been on.
fn on_whom(request: &Request<'_>) -> Option<Target> {
    let segments = request.uri().path().segments();
    match (segments.get(0)?, segments.get(1)?, segments.get(2)?) {
        ("admin", "users", id) => id.parse().ok().map(Target::Id),
        ("api", "users", name) => LoginName::parse(name).ok().map(Target::Name),
        _ => None,
    }
}
