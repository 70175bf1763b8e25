//! The recent-password check: staff confirm sensitive actions with their password, so that access to an open browser is
//! not enough. Entering the password on any form, or at the login, also counts.

use chrono::TimeDelta;

use crate::{
    accounts::{
        Accounts, AccountsError, Actor, Result,
        event::{BuildEvent as _, new_event},
    },
    domain::{event_kind::EventKind, logins::session_secret::SessionId, moment::Moment, people::password::Password},
    store::{
        Sql,
        events::insert_event,
        users::presence::{find_proven_at, set_proven_at},
    },
};

impl Accounts {
    /// Checks the actor's password, and records the time of the check for the session.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::WrongPassword`], [`AccountsError::TooManyTries`], [`AccountsError::Ended`] if the
    /// actor's login has ended, or a database error.
    pub async fn prove_presence(&self, actor: &Actor, password: &Password) -> Result<()> {
        let proven = self.prove_password(actor, password).await?;
        let mut tx = self.store.begin().await?;
        let locked = self.lock_account(&mut tx, proven.id).await?.ok_or(AccountsError::NoSuchUser)?;
        self.must_be_live(&mut tx, actor, locked.now).await?;
        record_presence(&mut tx, actor, locked.now).await?;
        let event = new_event(locked.now, EventKind::PasswordConfirmed).by(actor).to(proven.id, &proven.username);
        insert_event(&mut tx, &event).await?;
        Ok(tx.commit().await?)
    }

    /// Whether the password was entered in this session recently enough for sensitive actions.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn is_present(&self, session: &SessionId) -> Result<bool> {
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        let validity = TimeDelta::from_std(self.settings.proof_of_presence).unwrap_or(TimeDelta::MAX);
        Ok(find_proven_at(&mut on, session).await?.is_some_and(|proven_at| now - proven_at < validity))
    }
}

/// Records the time of a password check, in the transaction of the action whose form asked for the password.
pub(in crate::accounts) async fn record_presence(on: &mut impl Sql, actor: &Actor, now: Moment) -> Result<()> {
    if let Some(session) = &actor.session {
        set_proven_at(on, session, now).await?;
    }
    Ok(())
}
