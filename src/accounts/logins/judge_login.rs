//! Judges a login by the one rule, and records what that reveals.

use crate::{
    accounts::{Accounts, Result},
    domain::{
        logins::public_id::PublicId,
        moment::Moment,
        reason::EndReason,
        standing::{Limits, LoginState, Question, check},
    },
    store::standing::LoginStanding,
};

/// A login as its cookie or token names it.
#[derive(Debug, Clone, Copy)]
pub struct ClaimedLogin<'a> {
    /// The account.
    pub user_id: i64,
    /// The login's id.
    pub session: &'a PublicId,
    /// The login's `LAST_LOGIN_DATE`, which the rule compares with force-logout dates.
    pub login_date: Moment,
}

impl Accounts {
    /// Applies the one rule to a login, with the limits of its kind.
    pub fn check_login(
        &self,
        login: ClaimedLogin<'_>,
        standing: &LoginStanding,
    ) -> (Limits, std::result::Result<(), EndReason>) {
        let limits = standing.limits(|role| self.settings.limits(role), self.settings.token_leeway);
        let question = Question {
            user_id: login.user_id,
            login_date: login.login_date,
            account: standing.account.as_ref().map(|account| &account.standing),
            site: &standing.site,
            login: standing.login.as_ref().map(|login| &login.state),
            limits,
            now: standing.now,
        };
        let verdict = check(&question);
        if verdict == Err(EndReason::Idle) {
            // The stored time of the last request may lag behind, and this node may know a later one.
            let seen = question.login.map(|state| {
                let last_seen = self.last_seen(login.session, state.last_seen);
                LoginState { last_seen, ..state.clone() }
            });
            return (limits, check(&Question { login: seen.as_ref(), ..question }));
        }
        (limits, verdict)
    }

    /// Like [`Self::check_login`]. Also records what has come due and which limits were reached. The verdict holds even
    /// if recording fails, and the next request tries again.
    ///
    /// Rare work is boxed, because otherwise every request and every open stream would reserve room for it.
    pub async fn judge_login(
        &self,
        login: ClaimedLogin<'_>,
        standing: &LoginStanding,
    ) -> (Limits, std::result::Result<(), EndReason>) {
        let (limits, verdict) = self.check_login(login, standing);
        if standing.scheduled().is_some_and(|(at, _)| at <= standing.now) {
            warn_of_failure(Box::pin(self.apply_due(login.user_id)).await);
        }
        if let (Err(reason @ (EndReason::Idle | EndReason::Expired)), Some(account), Some(stored)) =
            (verdict, &standing.account, &standing.login)
            && stored.state.ended.is_none()
        {
            let person = (login.user_id, account.username.as_str());
            let which = (stored.kind.class(), login.session);
            warn_of_failure(Box::pin(self.record_limit_reached(person, which, reason)).await);
        }
        (limits, verdict)
    }
}

fn warn_of_failure(outcome: Result<()>) {
    if let Err(error) = outcome {
        log::warn!("could not record a due force logout or an expired login: {error}");
    }
}
