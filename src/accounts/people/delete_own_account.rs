//! Deletes the actor's own account.

use crate::{
    accounts::{Accounts, Actor, LoginCounts, RefusedAction, Result},
    domain::{people::password::Password, reason_text::Reasons},
};

impl Accounts {
    /// Deletes the actor's account, including the session that they act from. Their password confirms it. Returns how
    /// many logins ended.
    ///
    /// # Errors
    ///
    /// Returns [`crate::accounts::AccountsError::WrongPassword`], [`crate::accounts::AccountsError::TooManyAttempts`],
    /// [`crate::accounts::AccountsError::LastSuperuser`], [`crate::accounts::AccountsError::Ended`] if the actor's
    /// login has ended, or a database error.
    pub async fn delete_own_account(&self, actor: &Actor, password: &Password) -> Result<LoginCounts> {
        let outcome = self.try_delete_own_account(actor, password).await;
        self.record_if_refused(actor, actor.user_id, RefusedAction::DeleteUser, outcome).await
    }

    async fn try_delete_own_account(&self, actor: &Actor, password: &Password) -> Result<LoginCounts> {
        let proven = self.prove_password(actor, password).await?;
        let (mut tx, locked) = self.lock_for_sensitive_action(proven.id).await?;
        self.must_be_live(&mut tx, actor, locked.now).await?;
        self.erase(tx, actor, &locked, &Reasons::default()).await
    }
}
