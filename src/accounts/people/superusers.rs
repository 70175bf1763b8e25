//! Protects the last superuser from deactivation, demotion and deletion, also if two actions run at the same time.

use crate::{
    accounts::{
        Accounts, AccountsError, Actor, Result,
        authority::must_not_be_own,
        locked::Locked,
        login::{open_login::StartedSession, prove_presence::renew_session},
    },
    domain::people::{password::Password, role::Role},
    store::{Sql, Transaction, site, users},
};

impl Accounts {
    /// Begins an action that could leave the site without a superuser. Such actions wait for each other at the site's
    /// row, so that each one sees what the previous one did.
    pub(super) async fn lock_for_sensitive_action(&self, user_id: i64) -> Result<(Transaction, Locked)> {
        let mut tx = self.store.begin().await?;
        site::lock_site(&mut tx).await?;
        let locked = self.lock_account(&mut tx, user_id).await?.ok_or(AccountsError::NoSuchUser)?;
        Ok((tx, locked))
    }

    /// Like [`Self::lock_for_sensitive_action`], and refuses if the actor's role does not allow the action.
    pub(in crate::accounts) async fn begin_sensitive_action(
        &self,
        actor: &Actor,
        user_id: i64,
    ) -> Result<(Transaction, Locked)> {
        let (mut tx, locked) = self.lock_for_sensitive_action(user_id).await?;
        self.must_reach(&mut tx, actor, locked.user.role(), locked.now).await?;
        Ok((tx, locked))
    }

    /// Begins an action on another account. If the form asks for the actor's password, checks the password first, and
    /// returns the actor's session with its new secret.
    pub(super) async fn begin_action_by(
        &self,
        actor: &Actor,
        password: Option<&Password>,
        user_id: i64,
    ) -> Result<(Transaction, Locked, Option<StartedSession>)> {
        let Some(password) = password else {
            let (tx, locked) = self.begin_sensitive_action(actor, user_id).await?;
            return Ok((tx, locked, None));
        };
        must_not_be_own(actor, user_id)?;
        self.prove_password(actor, password).await?;
        let (mut tx, locked) = self.begin_sensitive_action(actor, user_id).await?;
        let renewed = renew_session(&mut tx, actor, locked.now).await?;
        Ok((tx, locked, renewed))
    }

    /// Refuses if there is no other active superuser.
    pub(in crate::accounts) async fn must_not_be_last_superuser(
        &self,
        on: &mut dyn Sql,
        locked: &Locked,
    ) -> Result<()> {
        let is_superuser = locked.user.role() == Role::Superuser;
        if is_superuser && users::count_other_superusers(on, locked.user.id).await? == 0 {
            return Err(AccountsError::LastSuperuser);
        }
        Ok(())
    }
}
