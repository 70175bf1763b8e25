//! Sets the password of an account from the command line.

use crate::{
    accounts::{
        Accounts, AccountsError, Actor, LoginCounts, RefusedAction, Result, Target,
        event::{BuildEvent as _, insert_event_with_receipt, new_event},
        outbox::queue_letter_of_staff,
    },
    domain::{
        event_kind::EventKind,
        letters::{details::LetterDetails, kind::LetterKind},
        people::password::NewPassword,
        reason::EndReason,
        reason_text::Reasons,
    },
    store::{
        feed::Change,
        users::{self, User},
    },
};

impl Accounts {
    /// The account, for checking the new password against its names.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::NoSuchUser`], or a database error.
    pub async fn get_target(&self, target: &Target) -> Result<User> {
        let id = self.find_target(target).await?;
        users::find_user(&mut self.store.read().await?, id).await?.ok_or(AccountsError::NoSuchUser)
    }

    /// Sets the password of an account and ends its logins. Returns how many live ones ended.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::BadPassword`], [`AccountsError::NoSuchUser`], [`AccountsError::Forbidden`], or a
    /// database error.
    pub async fn set_password(&self, actor: &Actor, target: &Target, new: &NewPassword) -> Result<LoginCounts> {
        let user_id = self.find_target(target).await?;
        let outcome = self.try_set_password(actor, user_id, new).await;
        self.record_if_refused(actor, Some(user_id), RefusedAction::SetPassword, outcome).await
    }

    async fn try_set_password(&self, actor: &Actor, user_id: i64, new: &NewPassword) -> Result<LoginCounts> {
        let hash = self.hasher.hash_new(new).await?;
        let mut tx = self.store.begin().await?;
        let locked = self.lock_account(&mut tx, user_id).await?.ok_or(AccountsError::NoSuchUser)?;
        self.must_be_superuser(&mut tx, actor, locked.now).await?;
        users::reset_password(&mut tx, user_id, &hash, locked.now).await?;
        let (reason, reasons) = (EndReason::PasswordChanged, Reasons::default());
        let date = locked.force_logout_date_now();
        let ended = self.end_logins_until(&mut tx, &locked, date, &actor.name, (reason, &reasons)).await?;
        let event = new_event(locked.now, EventKind::PasswordChanged)
            .by(actor)
            .to(user_id, &locked.user.username)
            .because(reason, &reasons)
            .ending(ended);
        insert_event_with_receipt(&mut tx, &event, Change::User(user_id)).await?;
        queue_letter_of_staff(&mut tx, LetterKind::PasswordChanged, &locked, actor, LetterDetails::default()).await?;
        tx.commit().await?;
        Ok(ended)
    }
}
