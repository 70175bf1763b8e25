//! Checks the password of a known account on a form. It is throttled like a login, but apart from the logins.

use super::{hashing::Verdict, throttle::Guesser};
use crate::{
    accounts::{Accounts, AccountsError, Actor, Result, event::BuildEvent as _},
    domain::{logins::public_id::PublicId, people::password::Password},
    store::users::{self, User},
};

impl Accounts {
    /// Reads the actor's account and checks the password.
    pub(in crate::accounts) async fn prove_password(&self, actor: &Actor, password: &Password) -> Result<User> {
        let id = actor.user_id.ok_or(AccountsError::NoSuchUser)?;
        let user = users::find_user(&mut self.store.read().await?, id).await?.ok_or(AccountsError::NoSuchUser)?;
        let login = actor.session.as_ref().map_or("", PublicId::as_str);
        let guesser = Guesser::LiveLogin { account: id, login };
        let attempt = match self.begin_guess(actor.client.as_ref(), guesser).await? {
            Ok(attempt) => attempt,
            Err(throttled) => {
                return self.refuse_throttled(throttled, |event| event.by(actor).to(user.id, &user.username)).await;
            }
        };
        let hasher = self.hasher.of_client(guesser.claimant(user.role()), actor.client.as_ref());
        match hasher.verify(password, Some(&user.password_hash)).await? {
            Verdict::Wrong => {
                attempt.failed();
                self.refuse_wrong_password(actor, &user).await
            }
            Verdict::Right | Verdict::RightButOutdated => {
                attempt.succeeded();
                Ok(user)
            }
        }
    }
}
