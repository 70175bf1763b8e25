//! The recent-password check, for sensitive actions whose form does not ask for the password.
//!
//! Only these guards read the database on every request. Few routes use them.

use rocket::{
    Request,
    http::Status,
    outcome::try_outcome,
    request::{FromRequest, Outcome},
};

use super::{SignedIn, Staff, client::RequestClient};
use crate::{
    accounts::{Accounts, Actor},
    gate::{
        LiveLogin,
        refused::{Refused, UNAVAILABLE},
    },
};

/// A signed-in user who has entered their password recently. Others are sent to the password form, and then back to the
/// page. The refused request changes nothing.
#[derive(Debug, Clone)]
pub struct Present<'r> {
    /// The user's login.
    pub login: &'r LiveLogin,
    client: RequestClient<'r>,
}

/// A signed-in staff member or superuser who has entered their password recently, as [`Present`].
#[derive(Debug, Clone)]
pub struct PresentStaff<'r> {
    /// The user's login.
    pub login: &'r LiveLogin,
    client: RequestClient<'r>,
}

impl Present<'_> {
    /// The acting user, as the use cases expect it.
    #[must_use]
    pub fn actor(&self) -> Actor {
        self.login.actor(self.client.to_client())
    }
}

impl PresentStaff<'_> {
    /// The acting user, as the use cases expect it.
    #[must_use]
    pub fn actor(&self) -> Actor {
        self.login.actor(self.client.to_client())
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Present<'r> {
    type Error = Refused;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Refused> {
        let SignedIn { login, client } = try_outcome!(SignedIn::from_request(request).await);
        try_outcome!(must_be_present(request, login).await);
        Outcome::Success(Self { login, client })
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for PresentStaff<'r> {
    type Error = Refused;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Refused> {
        let Staff { login, client } = try_outcome!(Staff::from_request(request).await);
        try_outcome!(must_be_present(request, login).await);
        Outcome::Success(Self { login, client })
    }
}

async fn must_be_present(request: &Request<'_>, login: &LiveLogin) -> Outcome<(), Refused> {
    let Some(accounts) = request.rocket().state::<Accounts>() else { return Outcome::Error(UNAVAILABLE) };
    match accounts.is_present(&login.session).await {
        Ok(true) => Outcome::Success(()),
        Ok(false) => Outcome::Error((Status::PreconditionRequired, Refused)),
        Err(error) => {
            log::error!("could not check for a recent password: {error}");
            Outcome::Error(UNAVAILABLE)
        }
    }
}
