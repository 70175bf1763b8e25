//! Leaving for good: the deletion of an account by its own person.

use crate::{
    accounts::{Accounts, Actor, LoginCounts, Result},
    domain::{people::password::Password, reason_text::Reasons},
};

impl Accounts {
    /// Deletes the actor's account, the session that they act from with it; the password proves that it
    /// is they. Returns how many logins ended.
    ///
    /// # Errors
    /// [`crate::accounts::AccountsError::WrongPassword`], [`crate::accounts::AccountsError::TooManyTries`],
    /// [`crate::accounts::AccountsError::LastSuperuser`], [`crate::accounts::AccountsError::Ended`] when the actor's login
    /// ended meanwhile, or a failure of the database.
    pub async fn delete_own_account(&self, actor: &Actor, password: &Password) -> Result<LoginCounts> {
        let outcome = self.try_delete_own_account(actor, password).await;
        self.record_if_refused(actor, actor.user_id, "deletion", outcome).await
    }

    async fn try_delete_own_account(&self, actor: &Actor, password: &Password) -> Result<LoginCounts> {
        let proven = self.prove_password(actor, password).await?;
        let (mut tx, locked) = self.lock_for_grave_act(proven.id).await?;
        self.must_be_live(&mut tx, actor, locked.now).await?;
        self.erase(tx, actor, &locked, &Reasons::default()).await
    }
}
