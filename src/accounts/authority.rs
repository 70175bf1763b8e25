//! Checks by the one rule that the actor may still act. Each action checks this inside its own transaction.
//!
//! The guard let the request in when it began, and its form may have taken minutes to arrive. A login that has ended
//! since then must not act, and a role that was taken away must not count.

use super::{Accounts, AccountsError, Actor, ClaimedLogin, Result};
use crate::{
    domain::{moment::Moment, people::role::Role, reason::EndReason},
    store::{Sql, standing::get_login_standing},
};

impl Accounts {
    /// Returns the actor's current role, or refuses if their login has ended since the guard checked it.
    pub(super) async fn must_be_live(&self, on: &mut dyn Sql, actor: &Actor, now: Moment) -> Result<Role> {
        let Some(user_id) = actor.user_id else { return Ok(actor.role) };
        let session = actor.session.as_ref();
        let session = session.ok_or(AccountsError::Ended { reason: EndReason::Expired, user_reason: None })?;
        let mut login = get_login_standing(on, self.store.clock(), user_id, session).await?;
        login.now = now;
        // If the row is missing, the rule refuses, whatever the date.
        let login_date = login.login.as_ref().map_or(now, |stored| stored.login_date);
        match self.check_login(ClaimedLogin { user_id, session, login_date }, &login).1 {
            Ok(()) => Ok(login.role()),
            Err(reason) => Err(AccountsError::Ended { reason, user_reason: login.user_reason(reason) }),
        }
    }

    /// Refuses if the actor's login has ended or their role does not allow acting on `role`.
    pub(super) async fn must_reach(&self, on: &mut dyn Sql, actor: &Actor, role: Role, now: Moment) -> Result<()> {
        let is_allowed = self.must_be_live(on, actor, now).await?.may_act_on(role);
        if is_allowed { Ok(()) } else { Err(AccountsError::Forbidden) }
    }

    /// Refuses if the actor's login has ended or they are not a superuser.
    pub(super) async fn must_be_superuser(&self, on: &mut dyn Sql, actor: &Actor, now: Moment) -> Result<()> {
        let is_allowed = self.must_be_live(on, actor, now).await?.is_superuser();
        if is_allowed { Ok(()) } else { Err(AccountsError::Forbidden) }
    }
}

/// Refuses an action by which users would lock themselves out.
pub(super) fn must_not_be_own(actor: &Actor, user_id: i64) -> Result<()> {
    if actor.user_id == Some(user_id) { Err(AccountsError::OwnAccount) } else { Ok(()) }
}
