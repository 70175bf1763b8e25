//! Staff who have proven their password lately, for grave work whose own form does not ask for it.
//!
//! The only guard that reads the database each time: few routes ask for it.

use rocket::{
    Request,
    http::Status,
    outcome::try_outcome,
    request::{FromRequest, Outcome},
};

use super::{Refused, Staff, UNKNOWN, client::CameFrom};
use crate::{
    accounts::{Accounts, Actor},
    gate::LiveLogin,
};

/// A signed-in member of staff, or a superuser, who has proven their password lately. Others of them
/// are asked for it, and come back to where they were; nothing of what they sent is done.
#[derive(Debug, Clone)]
pub struct Present<'r> {
    /// Their login.
    pub login: &'r LiveLogin,
    from: CameFrom<'r>,
}

impl Present<'_> {
    /// They, as the use cases know them.
    #[must_use]
    pub fn actor(&self) -> Actor {
        self.login.actor(self.from.client())
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Present<'r> {
    type Error = Refused;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Refused> {
        let Staff { login, from } = try_outcome!(Staff::from_request(request).await);
        let Some(accounts) = request.rocket().state::<Accounts>() else { return Outcome::Error(UNKNOWN) };
        match accounts.is_present(&login.session).await {
            Ok(true) => Outcome::Success(Self { login, from }),
            Ok(false) => Outcome::Error((Status::PreconditionRequired, Refused)),
            Err(error) => {
                log::error!("whether somebody proved their password lately cannot be read: {error}");
                Outcome::Error(UNKNOWN)
            }
        }
    }
}
