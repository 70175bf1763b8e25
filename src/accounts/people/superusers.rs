//! The last superuser: never deactivated, demoted or deleted, not even by two at once.

use crate::{
    accounts::{
        Accounts, AccountsError, Actor, Result, authority::must_be_another, ending::due::Locked,
        login::prove_presence::record_presence,
    },
    domain::people::{password::Password, role::Role},
    store::{Sql, Transaction, site, users},
};

impl Accounts {
    /// Begins an act on an account that could leave the site without a superuser: such acts queue
    /// for the site's row, so that each sees what the one before it did.
    pub(super) async fn lock_for_grave_act(&self, user_id: i64) -> Result<(Transaction, Locked)> {
        let mut tx = self.store.begin().await?;
        site::lock_site(&mut tx).await?;
        let locked = self.lock(&mut tx, user_id).await?.ok_or(AccountsError::NoSuchUser)?;
        Ok((tx, locked))
    }

    /// The same of an actor whose role must reach so far.
    pub(in crate::accounts) async fn begin_grave_act(
        &self,
        actor: &Actor,
        user_id: i64,
    ) -> Result<(Transaction, Locked)> {
        let (mut tx, locked) = self.lock_for_grave_act(user_id).await?;
        self.must_reach(&mut tx, actor, locked.user.role(), locked.now).await?;
        Ok((tx, locked))
    }

    /// Begins an act on another's account, after the actor's password where their form asks for it,
    /// which proves their presence as well.
    pub(super) async fn begin_act_by(
        &self,
        actor: &Actor,
        password: Option<&Password>,
        user_id: i64,
    ) -> Result<(Transaction, Locked)> {
        let Some(password) = password else { return self.begin_grave_act(actor, user_id).await };
        must_be_another(actor, user_id)?;
        self.prove_password(actor, password).await?;
        let (mut tx, locked) = self.begin_grave_act(actor, user_id).await?;
        record_presence(&mut tx, actor, locked.now).await?;
        Ok((tx, locked))
    }

    /// Refuses when there is no other active superuser.
    pub(in crate::accounts) async fn must_not_be_last_superuser(
        &self,
        on: &mut impl Sql,
        locked: &Locked,
    ) -> Result<()> {
        let is_superuser = locked.user.role() == Role::Superuser;
        if is_superuser && users::count_other_superusers(on, locked.user.id).await? == 0 {
            return Err(AccountsError::LastSuperuser);
        }
        Ok(())
    }
}
