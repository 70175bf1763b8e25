//! Proof of presence: whoever does grave work knows the password still, and is not somebody who found
//! the browser open. Every form that asks for the password is one; the login is the first.

use chrono::TimeDelta;

use crate::{
    accounts::{
        Accounts, AccountsError, Actor, Result,
        event::{BuildEvent as _, new_event},
    },
    domain::{logins::session_secret::SessionId, moment::Moment, people::password::Password},
    store::{
        Sql,
        events::{EventKind, insert_event},
        users::presence::{find_proven_at, set_proven_at},
    },
};

impl Accounts {
    /// Proves by the password that it is the actor, who is not asked again for a while.
    ///
    /// # Errors
    /// [`AccountsError::WrongPassword`], [`AccountsError::TooManyTries`], [`AccountsError::Ended`]
    /// when the actor's login ended meanwhile, or a failure of the database.
    pub async fn prove_presence(&self, actor: &Actor, password: &Password) -> Result<()> {
        let proven = self.prove_password(actor, password).await?;
        let mut tx = self.store.begin().await?;
        let locked = self.lock(&mut tx, proven.id).await?.ok_or(AccountsError::NoSuchUser)?;
        self.must_be_live(&mut tx, actor, locked.now).await?;
        record_presence(&mut tx, actor, locked.now).await?;
        let event = new_event(locked.now, EventKind::PasswordConfirmed).by(actor).to(proven.id, &proven.username);
        insert_event(&mut tx, &event).await?;
        Ok(tx.commit().await?)
    }

    /// Whether the password was proven from that session lately enough for grave work.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn is_present(&self, session: &SessionId) -> Result<bool> {
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        let serves_for = TimeDelta::from_std(self.settings.proof_of_presence).unwrap_or(TimeDelta::MAX);
        Ok(find_proven_at(&mut on, session).await?.is_some_and(|proven_at| now - proven_at < serves_for))
    }
}

/// Notes in the transaction of an act that its form has proven the password.
pub(in crate::accounts) async fn record_presence(on: &mut impl Sql, actor: &Actor, now: Moment) -> Result<()> {
    if let Some(session) = &actor.session {
        set_proven_at(on, session, now).await?;
    }
    Ok(())
}
