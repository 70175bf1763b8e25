//! Changes the actor's own email.

use crate::{
    accounts::{
        Accounts, AccountsError, Actor, Detail, Result,
        event::{BuildEvent as _, new_event},
        login::{open_login::StartedSession, prove_presence::renew_session},
    },
    domain::{
        event_kind::EventKind,
        people::{email::Email, password::Password},
    },
    store::{
        StoreError,
        events::insert_event,
        users::{self, NameClash},
    },
};

impl Accounts {
    /// Changes the actor's email. Their password confirms it. Returns the session with its new secret, as
    /// [`Self::prove_presence`] does.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::WrongPassword`], [`AccountsError::NameTaken`], [`AccountsError::TooManyTries`], or a
    /// database error.
    pub async fn change_email(
        &self,
        actor: &Actor,
        password: &Password,
        email: &Email,
    ) -> Result<Option<StartedSession>> {
        let proven = self.prove_password(actor, password).await?;
        let mut tx = self.store.begin().await?;
        let locked = self.lock_account(&mut tx, proven.id).await?.ok_or(AccountsError::NoSuchUser)?;
        self.must_be_live(&mut tx, actor, locked.now).await?;
        let renewed = renew_session(&mut tx, actor, locked.now).await?;
        let user = &locked.user;
        if user.email == email.as_str() {
            tx.commit().await?;
            return Ok(renewed);
        }
        if let Some(clash) = users::find_name_clash(&mut tx, Some(user.id), None, Some(email)).await? {
            return Err(AccountsError::NameTaken(clash));
        }
        users::set_email(&mut tx, user, email).await.map_err(|error| match error {
            StoreError::Taken => AccountsError::NameTaken(NameClash::Email),
            other => other.into(),
        })?;
        let detail = Detail::Changed { before: &user.email, after: email.as_str() };
        let event =
            new_event(locked.now, EventKind::ProfileChanged).by(actor).to(user.id, &user.username).saying(detail);
        insert_event(&mut tx, &event).await?;
        tx.commit().await?;
        Ok(renewed)
    }
}
