//! Whether who acts still may: asked again inside the transaction of every act, by the same rule.
//!
//! A guard let the request in when it began, and its form may have been minutes on the way. What
//! has ended since must not act any more; a role that was taken since must not reach.

use super::{Accounts, AccountsError, Actor, JudgedLogin, Result};
use crate::{
    domain::{moment::Moment, people::role::Role, reason::EndReason},
    store::{Sql, standing::get_login_standing},
};

impl Accounts {
    /// The actor's role as it is now; refuses when their login has ended since their guard let it
    /// pass.
    pub(super) async fn must_be_live(&self, on: &mut impl Sql, actor: &Actor, now: Moment) -> Result<Role> {
        let Some(user_id) = actor.user_id else { return Ok(actor.role) };
        let session = actor.session.as_ref();
        let session = session.ok_or(AccountsError::Ended { reason: EndReason::Expired, user_reason: None })?;
        let mut login = get_login_standing(on, self.store.clock(), user_id, session).await?;
        login.now = now;
        // Where the session is gone, no date makes it good.
        let login_date = login.login.as_ref().map_or(now, |stored| stored.login_date);
        match self.check_login(JudgedLogin { user_id, session, login_date }, &login).1 {
            Ok(()) => Ok(login.role()),
            Err(reason) => Err(AccountsError::Ended { reason, user_reason: login.user_reason(reason) }),
        }
    }

    /// Refuses when the actor's login has ended, or their role does not reach so far.
    pub(super) async fn must_reach(&self, on: &mut impl Sql, actor: &Actor, role: Role, now: Moment) -> Result<()> {
        let is_allowed = self.must_be_live(on, actor, now).await?.may_act_on(role);
        if is_allowed { Ok(()) } else { Err(AccountsError::Forbidden) }
    }

    /// Refuses when the actor's login has ended, or is no superuser's.
    pub(super) async fn must_be_superuser(&self, on: &mut impl Sql, actor: &Actor, now: Moment) -> Result<()> {
        let is_allowed = self.must_be_live(on, actor, now).await?.is_superuser();
        if is_allowed { Ok(()) } else { Err(AccountsError::Forbidden) }
    }
}

/// Refuses an act by which a person would lock themselves out.
pub(super) fn must_be_another(actor: &Actor, user_id: i64) -> Result<()> {
    if actor.user_id == Some(user_id) { Err(AccountsError::OwnAccount) } else { Ok(()) }
}
