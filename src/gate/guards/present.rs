//! The recent-password check, for sensitive staff actions whose form does not ask for the password.
//!
//! Only this guard reads the database on every request. Few routes use it.

use rocket::{
    Request,
    http::Status,
    outcome::try_outcome,
    request::{FromRequest, Outcome},
};

use super::{Staff, client::RequestClient};
use crate::{
    accounts::{Accounts, Actor},
    gate::{
        LiveLogin,
        refused::{Refused, UNAVAILABLE},
    },
};

/// A signed-in staff member or superuser who has entered their password recently. Staff who have not are sent to the
/// password form, and then back to the page. The refused request changes nothing.
#[derive(Debug, Clone)]
pub struct Present<'r> {
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

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Present<'r> {
    type Error = Refused;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Refused> {
        let Staff { login, client } = try_outcome!(Staff::from_request(request).await);
        let Some(accounts) = request.rocket().state::<Accounts>() else { return Outcome::Error(UNAVAILABLE) };
        match accounts.is_present(&login.session).await {
            Ok(true) => Outcome::Success(Self { login, client }),
            Ok(false) => Outcome::Error((Status::PreconditionRequired, Refused)),
            Err(error) => {
                log::error!("could not check for a recent password: {error}");
                Outcome::Error(UNAVAILABLE)
            }
        }
    }
}
