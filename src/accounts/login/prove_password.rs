//! Checks the password of a known account on a form. It is throttled like a login.

use super::{hashing::Verdict, throttle::Purpose};
use crate::{
    accounts::{Accounts, AccountsError, Actor, Result, event::BuildEvent as _},
    domain::people::password::Password,
    store::users::{self, User},
};

impl Accounts {
    /// Reads the actor's account and checks the password.
    pub(in crate::accounts) async fn prove_password(&self, actor: &Actor, password: &Password) -> Result<User> {
        let id = actor.user_id.ok_or(AccountsError::NoSuchUser)?;
        let user = users::find_user(&mut self.store.read().await?, id).await?.ok_or(AccountsError::NoSuchUser)?;
        let address = actor.client.as_ref().map_or("", |client| client.address.as_str());
        let rate = self.settings.throttle_login;
        let account = id.to_string();
        // Boxed, so that the callers' futures stay small.
        let attempt = match Box::pin(self.throttle.begin(Purpose::Password, rate, &account, address)).await? {
            Ok(attempt) => attempt,
            Err(throttled) => {
                return self.refuse_throttled(throttled, |event| event.by(actor).to(user.id, &user.username)).await;
            }
        };
        match self.hasher.verify(password, Some(&user.password_hash)).await? {
            Verdict::Wrong => {
                attempt.failed();
                self.refuse_wrong_password(actor, &user).await
            }
            Verdict::Right | Verdict::RightButOutdated => Ok(user),
        }
    }
}
