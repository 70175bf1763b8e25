//! Whether who acts still may: asked again inside the transaction of every act, by the same rule.
//!
//! A guard let the request in when it began, and its form may have been minutes on the way. What
//! has ended since must not act any more; a role that was taken since must not reach.

use super::{Accounts, AccountsError, Actor, Result};
use crate::{
    domain::{
        moment::Moment,
        reason::EndReason,
        role::Role,
        standing::{Limits, Question, SessionState, check},
    },
    store::{
        Sql,
        standing::{LoginStanding, get_login_standing},
    },
};

impl Accounts {
    /// Asks the one rule about a login, with the limits of its account's role.
    pub fn check_login(
        &self,
        login: &LoginStanding,
        user_id: i64,
        login_date: Moment,
    ) -> (Limits, std::result::Result<(), EndReason>) {
        let limits = self.settings.limits(login.role());
        let question = Question {
            user_id,
            login_date,
            account: login.account.as_ref().map(|account| &account.standing),
            site: &login.site,
            session: login.session.as_ref().map(|session| &session.state),
            limits,
            now: login.now,
        };
        let verdict = check(&question);
        if verdict == Err(EndReason::Idle) {
            // Perhaps only because the last request has not been written yet.
            let session = question.session.cloned().zip(self.activity.latest(user_id, login_date));
            if let Some((session, last_seen)) = session.filter(|(session, at)| session.last_seen < *at) {
                let session = SessionState { last_seen, ..session };
                return (limits, check(&Question { session: Some(&session), ..question }));
            }
        }
        (limits, verdict)
    }

    /// The actor's role as it is now; refuses when their login has ended since their guard let it
    /// pass.
    pub(super) async fn must_be_live(&self, on: &mut impl Sql, actor: &Actor, now: Moment) -> Result<Role> {
        let Some(user_id) = actor.user_id else { return Ok(actor.role) };
        let session = actor.session.as_ref();
        let session = session.ok_or(AccountsError::Ended { reason: EndReason::Expired, user_reason: None })?;
        let mut login = get_login_standing(on, self.store.clock(), user_id, session).await?;
        login.now = now;
        // Where the session is gone, no date makes it good.
        let login_date = login.session.as_ref().map_or(now, |session| session.login_date);
        match self.check_login(&login, user_id, login_date).1 {
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
