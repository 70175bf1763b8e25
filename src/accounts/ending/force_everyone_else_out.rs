//! Forces everyone out except the browser that the actor uses, which continues with a new login.

use crate::{
    accounts::{
        Accounts, AccountsError, Actor, EveryonesEndedLogins, ForceLogoutMoment, ForceLogoutOutcome, RefusedAction,
        Result,
        locked::Locked,
        login::{
            open_login::{LoginDates, StartedSession, open_session},
            prove_presence::renew_session,
        },
    },
    domain::{people::password::Password, reason::EndReason, reason_text::Reasons},
    store::Sql,
};

impl Accounts {
    /// Ends everyone's logins as [`Self::force_everyone_out`] does. If that ends the actor's own session, opens a new one,
    /// because the password was just checked; otherwise gives the session a new secret. Returns that session.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::WrongPassword`], [`AccountsError::TooManyAttempts`], [`AccountsError::Forbidden`],
    /// [`AccountsError::Ended`] if the actor's login has ended, or a database error.
    pub async fn force_everyone_else_out(
        &self,
        actor: &Actor,
        password: &Password,
        moment: ForceLogoutMoment,
        reasons: &Reasons,
        remember: bool,
    ) -> Result<(ForceLogoutOutcome<EveryonesEndedLogins>, Option<StartedSession>)> {
        let outcome = self.try_force_everyone_else_out(actor, password, moment, reasons, remember).await;
        self.record_if_refused(actor, None, RefusedAction::ForceEveryoneOut, outcome).await
    }

    async fn try_force_everyone_else_out(
        &self,
        actor: &Actor,
        password: &Password,
        moment: ForceLogoutMoment,
        reasons: &Reasons,
        remember: bool,
    ) -> Result<(ForceLogoutOutcome<EveryonesEndedLogins>, Option<StartedSession>)> {
        let proven = self.prove_password(actor, password).await?;
        let mut tx = self.store.begin().await?;
        let outcome = self.put_everyone_out(&mut tx, actor, moment, reasons).await?;
        // The account's lock comes after the site's, as everywhere.
        let locked = self.lock_account(&mut tx, proven.id).await?.ok_or(AccountsError::NoSuchUser)?;
        let started = self.continue_session(&mut tx, actor, &locked, remember).await?;
        tx.commit().await?;
        Ok((outcome, started))
    }

    /// Continues the actor's session with a new secret. Opens a new one if the force logout of everyone, and nothing
    /// else, ended theirs.
    async fn continue_session(
        &self,
        on: &mut dyn Sql,
        actor: &Actor,
        locked: &Locked,
        remember: bool,
    ) -> Result<Option<StartedSession>> {
        match self.must_be_live(on, actor, locked.now).await {
            Ok(_) => renew_session(on, actor, locked.now).await,
            Err(AccountsError::Ended { reason: EndReason::EveryoneOut, .. }) => {
                let client = actor.client.as_ref().ok_or(AccountsError::NoSuchUser)?;
                let (user, dates) = (&locked.user, LoginDates::of(locked.now, Some(&locked.user), locked.site));
                Ok(Some(open_session(on, (user.id, user.role()), client, remember, dates).await?))
            }
            Err(error) => Err(error),
        }
    }
}
