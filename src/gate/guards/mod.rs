//! The request guards. A route is authorized by the guard that it takes as an argument, and by nothing else.

pub(super) mod api_client;
pub(super) mod client;
pub(super) mod forged;
mod judge;
pub(super) mod login_of;
pub(super) mod present;

use rocket::{
    Request,
    http::Status,
    outcome::try_outcome,
    request::{FromRequest, Outcome},
};

use self::client::RequestClient;
use super::{
    Addresses, LiveLogin, Login, login_of,
    refused::{Refused, UNAVAILABLE},
};
use crate::accounts::{Accounts, Actor};

/// Anyone, logged in or not.
#[derive(Debug, Clone, Copy)]
pub struct Anyone<'r>(pub &'r Login);

/// A client that is not logged in. The guard forwards if the client is logged in.
#[derive(Debug, Clone, Copy)]
pub struct Visitor;

/// A user with a live login.
#[derive(Debug, Clone)]
pub struct SignedIn<'r> {
    /// The user's login.
    pub login: &'r LiveLogin,
    client: RequestClient<'r>,
}

/// A signed-in staff member or superuser.
#[derive(Debug, Clone)]
pub struct Staff<'r> {
    /// The user's login.
    pub login: &'r LiveLogin,
    pub(in crate::gate) client: RequestClient<'r>,
}

/// A signed-in superuser.
#[derive(Debug, Clone)]
pub struct Superuser<'r> {
    /// The user's login.
    pub login: &'r LiveLogin,
    client: RequestClient<'r>,
}

impl SignedIn<'_> {
    /// The acting user, as the use cases expect it.
    #[must_use]
    pub fn actor(&self) -> Actor {
        self.login.actor(self.client.to_client())
    }
}

impl Staff<'_> {
    /// The acting user, as the use cases expect it.
    #[must_use]
    pub fn actor(&self) -> Actor {
        self.login.actor(self.client.to_client())
    }
}

impl Superuser<'_> {
    /// The acting user, as the use cases expect it.
    #[must_use]
    pub fn actor(&self) -> Actor {
        self.login.actor(self.client.to_client())
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Anyone<'r> {
    type Error = Refused;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Refused> {
        match login_of(request).await {
            Login::Unavailable => Outcome::Error(UNAVAILABLE),
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
            Login::Unavailable => Outcome::Error(UNAVAILABLE),
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for SignedIn<'r> {
    type Error = Refused;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Refused> {
        match login_of(request).await {
            Login::Live(login) => Outcome::Success(Self { login, client: RequestClient::of(request) }),
            Login::Nobody | Login::Ended(_) => Outcome::Error((Status::Unauthorized, Refused)),
            Login::Unavailable => Outcome::Error(UNAVAILABLE),
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Staff<'r> {
    type Error = Refused;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Refused> {
        let SignedIn { login, client } = try_outcome!(SignedIn::from_request(request).await);
        if login.role().is_staff() {
            return Outcome::Success(Self { login, client });
        }
        Box::pin(refuse(request, login, client)).await
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Superuser<'r> {
    type Error = Refused;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Refused> {
        let SignedIn { login, client } = try_outcome!(SignedIn::from_request(request).await);
        if login.role().is_superuser() {
            return Outcome::Success(Self { login, client });
        }
        Box::pin(refuse(request, login, client)).await
    }
}

/// Answers 403, and records the refused attempt as an event, including GETs of staff pages.
pub(super) async fn refuse<'r, T>(
    request: &'r Request<'_>,
    login: &'r LiveLogin,
    client: RequestClient<'r>,
) -> Outcome<T, Refused> {
    if let Some(accounts) = request.rocket().state::<Accounts>() {
        let addresses = Addresses::of(request);
        // For the API, record the route's pattern: a program may put anything into the path, even a token.
        let api_route = request.route().filter(|route| route.uri.path().starts_with(addresses.api));
        let path = api_route.map_or(request.uri().path().as_str(), |route| route.uri.path());
        let path = addresses.without_secret(path);
        let (actor, action) = (login.actor(client.to_client()), format!("{} {path}", request.method()));
        if let Err(error) = accounts.record_refused_access(&actor, (addresses.subject)(request), &action).await {
            log::error!("could not record a refused attempt: {error}");
        }
    }
    Outcome::Error((Status::Forbidden, Refused))
}
