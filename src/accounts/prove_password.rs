//! The password of an account that is known, asked for on a form: counted like a login.

use super::{Accounts, AccountsError, Actor, Result, hashing::Verdict, throttle::Purpose};
use crate::{
    domain::password::Password,
    store::users::{self, User},
};

impl Accounts {
    /// Reads the actor's account and proves that this is its password.
    pub(super) async fn prove_password(&self, actor: &Actor, password: &Password) -> Result<User> {
        let id = actor.user_id.ok_or(AccountsError::NoSuchUser)?;
        let user = users::find_user(&mut self.store.read().await?, id).await?.ok_or(AccountsError::NoSuchUser)?;
        let address = actor.client.as_ref().map_or("", |client| client.address.as_str());
        let attempt =
            self.throttle.enter(Purpose::Password, self.settings.throttle_login, &id.to_string(), address).await?;
        match self.hasher.verify(password, Some(&user.password_hash)).await? {
            Verdict::Wrong => {
                attempt.failed();
                Err(AccountsError::WrongPassword)
            }
            Verdict::Right | Verdict::RightButOutdated => Ok(user),
        }
    }
}
