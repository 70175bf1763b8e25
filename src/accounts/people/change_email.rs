//! Changes the actor's own email: the new one counts once its own letter is confirmed.

use std::time::Duration;

use crate::{
    accounts::{
        Accounts, AccountsError, Actor, Client, Result,
        event::{BuildEvent as _, new_event},
        links::find::is_same,
        locked::Locked,
        login::{open_login::StartedSession, prove_presence::renew_session, throttle::Purpose},
    },
    domain::{
        event_kind::EventKind,
        letters::kind::LetterKind,
        moment::Moment,
        people::{email::Email, password::Password},
        rate::Rate,
    },
    store::{
        Sql,
        events::insert_event,
        letters::{NewLetter, has_waiting_letter, insert_letter},
        links::end_links_that_verify,
        users::{self, User},
    },
};

/// How often a user may change the email.
const MOST_CHANGES: Rate = Rate { count: 20, period: Duration::from_hours(1) };

impl Accounts {
    /// Sends a letter to the actor's new email, which counts once the letter is confirmed. The actor's password confirms
    /// the change. Returns the session with its new secret, as [`Self::prove_presence`] does.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::WrongPassword`], [`AccountsError::NameTaken`], [`AccountsError::TooManyAttempts`],
    /// [`AccountsError::Ended`] if the actor's login has ended, or a database error.
    pub async fn change_email(
        &self,
        actor: &Actor,
        password: &Password,
        email: &Email,
    ) -> Result<Option<StartedSession>> {
        let proven = self.prove_password(actor, password).await?;
        self.limit_changes(actor, &proven).await?;
        let mut tx = self.store.begin().await?;
        let locked = self.lock_account(&mut tx, proven.id).await?.ok_or(AccountsError::NoSuchUser)?;
        self.must_be_live(&mut tx, actor, locked.now).await?;
        let renewed = renew_session(&mut tx, actor, locked.now).await?;
        let user = &locked.user;
        if user.email == email.as_str() {
            cancel_pending(&mut tx, &locked).await?;
            tx.commit().await?;
            return Ok(renewed);
        }
        if let Some(clash) = users::find_name_clash(&mut tx, Some(user.id), None, Some(email), locked.now).await? {
            return Err(AccountsError::NameTaken(clash));
        }
        // Whoever asks again for the same address may use the letter that they have.
        if user.pending_email.as_deref().is_some_and(|pending| !is_same(pending, email.as_str())) {
            cancel_pending(&mut tx, &locked).await?;
        }
        users::set_pending_email(&mut tx, user.id, Some(email.as_str())).await?;
        let event = new_event(locked.now, EventKind::EmailChangeRequested).by(actor).to(user.id, &user.username);
        insert_event(&mut tx, &event).await?;
        insert_verification(&mut tx, actor, user, email.as_str(), locked.now).await?;
        tx.commit().await?;
        Ok(renewed)
    }

    /// Refuses a user who changes the email too often. Each change sends a letter, whose row is kept for days, and the
    /// deletion of the account has to erase them all at once.
    async fn limit_changes(&self, actor: &Actor, user: &User) -> Result<()> {
        match self.throttle.begin(Purpose::EmailChange, MOST_CHANGES, &user.id.to_string(), "").await? {
            Ok(attempt) => {
                attempt.failed();
                Ok(())
            }
            Err(throttled) => {
                self.refuse_throttled(throttled, |event| event.by(actor).to(user.id, &user.username)).await
            }
        }
    }

    /// Sends the verification letter of the actor again: to the email that waits, or to the account's own. Returns the
    /// address, or `None` if there is nothing to verify.
    ///
    /// # Errors
    ///
    /// Returns an error if the actor's login has ended or the database does not respond.
    pub async fn send_own_verification(&self, actor: &Actor) -> Result<Option<String>> {
        let id = actor.user_id.ok_or(AccountsError::NoSuchUser)?;
        let mut tx = self.store.begin().await?;
        let locked = self.lock_account(&mut tx, id).await?.ok_or(AccountsError::NoSuchUser)?;
        self.must_be_live(&mut tx, actor, locked.now).await?;
        let user = &locked.user;
        let own = user.email_verified_at.is_none().then_some(&user.email);
        let Some(address) = user.pending_email.as_ref().or(own) else {
            tx.commit().await?;
            return Ok(None);
        };
        insert_verification(&mut tx, actor, user, address, locked.now).await?;
        tx.commit().await?;
        Ok(Some(address.clone()))
    }

    /// Cancels the change of the actor's email that waits. Returns whether one did.
    ///
    /// # Errors
    ///
    /// Returns an error if the actor's login has ended or the database does not respond.
    pub async fn cancel_email_change(&self, actor: &Actor) -> Result<bool> {
        let id = actor.user_id.ok_or(AccountsError::NoSuchUser)?;
        let mut tx = self.store.begin().await?;
        let locked = self.lock_account(&mut tx, id).await?.ok_or(AccountsError::NoSuchUser)?;
        self.must_be_live(&mut tx, actor, locked.now).await?;
        cancel_pending(&mut tx, &locked).await?;
        tx.commit().await?;
        Ok(locked.user.pending_email.is_some())
    }
}

/// Cancels a change that waits, and ends the links of its letters.
async fn cancel_pending(on: &mut dyn Sql, locked: &Locked) -> Result<()> {
    let user = &locked.user;
    let Some(pending) = &user.pending_email else { return Ok(()) };
    end_links_that_verify(on, user.id, pending, locked.now).await?;
    Ok(users::set_pending_email(on, user.id, None).await?)
}

async fn insert_verification(on: &mut dyn Sql, actor: &Actor, user: &User, address: &str, now: Moment) -> Result<()> {
    let letter = NewLetter {
        user_id: Some(user.id),
        origin: actor.client.as_ref().and_then(Client::origin),
        ..NewLetter::new(LetterKind::VerifyEmail, address, now)
    };
    // One that waits brings the link too. Without it, nobody limits how many of these a user queues.
    if !has_waiting_letter(on, &letter).await? {
        insert_letter(on, &letter).await?;
    }
    Ok(())
}
