//! The recent-password check, for sensitive actions whose form does not ask for the password.
//!
//! Only this guard reads the database on every request. Few routes use it.

use std::ops::Deref;

use rocket::{
    Ignite, Request, Rocket, Sentinel,
    http::Status,
    outcome::try_outcome,
    request::{FromRequest, Outcome},
};

use super::{SignedIn, Staff, Superuser};
use crate::{
    accounts::Accounts,
    domain::logins::session_secret::SecretHash,
    gate::{
        Changes, LiveLogin,
        attached::is_without_curfew,
        cookies::changes::GuardedAs,
        refused::{Refused, UNAVAILABLE},
    },
};

/// A user whom the guard `G` lets in, and who has entered their password recently: `Present<Staff>`, for example. Others
/// are sent to the password form, and then back to the page. The refused request changes nothing.
#[derive(Debug, Clone)]
pub struct Present<G>(G);

/// A guard that holds a login.
pub trait HasLogin {
    /// The user's login.
    fn login(&self) -> &LiveLogin;
}

impl HasLogin for SignedIn<'_> {
    fn login(&self) -> &LiveLogin {
        self.login
    }
}

impl HasLogin for Staff<'_> {
    fn login(&self) -> &LiveLogin {
        self.login
    }
}

impl HasLogin for Superuser<'_> {
    fn login(&self) -> &LiveLogin {
        self.login
    }
}

impl<G> Deref for Present<G> {
    type Target = G;

    fn deref(&self) -> &G {
        &self.0
    }
}

impl<G> Sentinel for Present<G> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        is_without_curfew(rocket)
    }
}

#[rocket::async_trait]
impl<'r, G> FromRequest<'r> for Present<G>
where
    G: FromRequest<'r, Error = Refused> + HasLogin + Send + Sync,
{
    type Error = Refused;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Refused> {
        let guard = try_outcome!(G::from_request(request).await);
        let Some(accounts) = request.rocket().state::<Accounts>() else { return Outcome::Error(UNAVAILABLE) };
        let login = guard.login();
        // Only a browser's session has a secret that a password check replaces.
        let Some(secret) = SecretHash::from_stored(&login.stored.secret_hash) else {
            return Outcome::Error(UNAVAILABLE);
        };
        match accounts.is_present(&login.session, &secret).await {
            Ok(true) => Outcome::Success(Self(guard)),
            Ok(false) => {
                Changes::of(request).note_guard(GuardedAs::RefusedPage);
                Outcome::Error((Status::PreconditionRequired, Refused))
            }
            Err(error) => {
                log::error!("could not check for a recent password: {error}");
                Outcome::Error(UNAVAILABLE)
            }
        }
    }
}
