//! The request guards. A route is authorized by the guard that it takes as an argument, and by nothing else.

pub(super) mod api_client;
pub(super) mod client;
pub(super) mod forged;
mod judge;
pub(super) mod login_of;
pub(super) mod present;

use rocket::{
    Ignite, Request, Rocket, Sentinel,
    http::Status,
    outcome::try_outcome,
    request::{FromRequest, Outcome},
};

use self::{
    api_client::{ApiClient, ApiStaff},
    client::RequestClient,
};
use super::{
    Addresses, Changes, LiveLogin, Login,
    cookies::changes::GuardedAs,
    login_of,
    refused::{Refused, UNAVAILABLE},
    root::{Root, named_path},
};
use crate::accounts::Accounts;

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

/// What every guard of a logged-in person tells.
macro_rules! tell_who_it_is {
    ($($guard:ident),*) => {
        $(impl $guard<'_> {
            /// The user's id: `curfew_users.id`.
            #[must_use]
            pub fn user_id(&self) -> i64 {
                self.login.user_id
            }

            /// The username.
            #[must_use]
            pub fn username(&self) -> &str {
                &self.login.account.username
            }

            /// The user's role.
            #[must_use]
            pub fn role(&self) -> $crate::Role {
                self.login.role()
            }

            /// The acting user, as the use cases expect it.
            #[must_use]
            pub fn actor(&self) -> $crate::Actor {
                self.login.actor(self.client.to_client())
            }
        })*
    };
}

pub(super) use tell_who_it_is;

tell_who_it_is!(SignedIn, Staff, Superuser);

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
            Login::Nobody | Login::Ended(_) => {
                Changes::of(request).note_guard(GuardedAs::RefusedPage);
                Outcome::Error((Status::Unauthorized, Refused))
            }
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
        let pattern = request.route().and_then(|route| Root::of(request)?.own_path(route.uri.path()));
        let pattern = pattern.filter(|pattern| pattern.starts_with(addresses.api));
        let path = pattern.map_or_else(|| named_path(request), Into::into);
        let (actor, action) = (login.actor(client.to_client()), format!("{} {path}", request.method()));
        if let Err(error) = accounts.record_refused_access(&actor, (addresses.subject)(request), &action).await {
            log::error!("could not record a refused attempt: {error}");
        }
    }
    Outcome::Error((Status::Forbidden, Refused))
}

/// A program that uses a guard without Curfew refuses to launch.
macro_rules! need_curfew {
    ($($guard:ty),*) => {
        $(impl Sentinel for $guard {
            fn abort(rocket: &Rocket<Ignite>) -> bool {
                super::attached::is_without_curfew(rocket)
            }
        })*
    };
}

need_curfew!(Anyone<'_>, Visitor, SignedIn<'_>, Staff<'_>, Superuser<'_>, ApiClient<'_>, ApiStaff<'_>);
