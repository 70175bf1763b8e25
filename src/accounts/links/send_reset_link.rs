//! Lets a user choose a new password: staff send them a letter, the operator gets the link itself.

use super::issue::{create_token, issue_link};
use crate::{
    accounts::{
        Accounts, AccountsError, Actor, LetterComes, RefusedAction, Result, Target,
        event::{BuildEvent as _, new_event},
        locked::Locked,
        login::by_password::must_be_active,
        outbox::queue_reset_letter,
    },
    domain::{
        event_kind::EventKind,
        letters::link::{LinkPurpose, LinkToken},
    },
    store::{Transaction, events::insert_event},
};

impl Accounts {
    /// Sends a user a letter with a reset link. Returns the address, and when the letter comes.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::NoSuchUser`], [`AccountsError::Forbidden`], [`AccountsError::Inactive`],
    /// [`AccountsError::EmailDistrusted`], [`AccountsError::Ended`] if the actor's login has ended, or a database error.
    pub async fn send_reset_link(&self, actor: &Actor, target: &Target) -> Result<(String, LetterComes)> {
        let user_id = self.find_target(target).await?;
        let outcome = self.try_send_reset_link(actor, user_id).await;
        self.record_if_refused(actor, Some(user_id), RefusedAction::SendResetLink, outcome).await
    }

    async fn try_send_reset_link(&self, actor: &Actor, user_id: i64) -> Result<(String, LetterComes)> {
        let (mut tx, locked) = self.begin_reset_link(actor, user_id).await?;
        if locked.user.email_distrusted_at.is_some() {
            return Err(AccountsError::EmailDistrusted);
        }
        let comes = queue_reset_letter(&mut tx, &locked, actor.client.as_ref()).await?;
        tx.commit().await?;
        Ok((locked.into_read().user.email, comes))
    }

    /// Creates a reset link without a letter, for people without mail. Only the operator at the command line may.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::NoSuchUser`], [`AccountsError::Inactive`], or a database error.
    pub async fn create_reset_link(&self, operator: &Actor, target: &Target) -> Result<LinkToken> {
        let user_id = self.find_target(target).await?;
        let (mut tx, locked) = self.begin_reset_link(operator, user_id).await?;
        let link_id = issue_link(&mut tx, LinkPurpose::Reset, &locked, &locked.user.email, locked.now).await?;
        let token = create_token(&mut tx, link_id).await?;
        tx.commit().await?;
        Ok(token)
    }

    async fn begin_reset_link(&self, actor: &Actor, user_id: i64) -> Result<(Transaction, Locked)> {
        let mut tx = self.store.begin().await?;
        let locked = self.lock_account(&mut tx, user_id).await?.ok_or(AccountsError::NoSuchUser)?;
        self.must_reach(&mut tx, actor, locked.user.role(), locked.now).await?;
        must_be_active(&locked)?;
        let event = new_event(locked.now, EventKind::ResetLink).by(actor).to(user_id, &locked.user.username);
        insert_event(&mut tx, &event).await?;
        Ok((tx, locked))
    }
}
