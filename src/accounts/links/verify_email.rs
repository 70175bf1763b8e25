//! Verifies an email with the link in a letter. A new email replaces the old one.

use super::find::is_same;
use crate::{
    accounts::{
        Accounts, AccountsError, Client, Detail, Result,
        event::{BuildEvent as _, new_event},
        locked::Locked,
        outbox::{naming, queue_letter_saying},
    },
    domain::{
        event_kind::EventKind,
        letters::{
            details::LetterDetails,
            kind::LetterKind,
            link::{LinkPurpose, LinkToken},
        },
        people::email::Email,
    },
    store::{
        StoreError, Transaction,
        events::insert_event,
        users::{self, NameClash},
    },
};

/// What a link has verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verified {
    /// The account's email.
    Email,
    /// A new email, which counts from now on.
    NewEmail,
}

impl Accounts {
    /// Verifies the address that the link was sent to. It logs nobody in.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::BadLink`], [`AccountsError::NameTaken`] if another account has the new email by now, or
    /// a database error.
    pub async fn verify_email(&self, client: &Client, token: &LinkToken) -> Result<Verified> {
        let mut tx = self.store.begin().await?;
        let (link, locked) = self.take_link(&mut tx, LinkPurpose::Verify, token).await?;
        let is_new = locked.user.pending_email.as_deref().is_some_and(|pending| is_same(pending, &link.address));
        let verified = if is_new {
            self.replace_email(&mut tx, client, &locked, &link.address).await?;
            Verified::NewEmail
        } else {
            let user = &locked.user;
            users::set_email_verified(&mut tx, user.id, locked.now).await?;
            let mut event = new_event(locked.now, EventKind::EmailVerified).to(user.id, &user.username).from(client);
            event.actor = event.subject;
            insert_event(&mut tx, &event).await?;
            Verified::Email
        };
        tx.commit().await?;
        Ok(verified)
    }

    /// Changes the email, and tells the old address, whose not-me link can take the account back.
    async fn replace_email(&self, on: &mut Transaction, client: &Client, locked: &Locked, address: &str) -> Result<()> {
        let user = &locked.user;
        let email = Email::parse(address).map_err(|_| AccountsError::BadLink)?;
        if let Some(clash) = users::find_name_clash(on, Some(user.id), None, Some(&email), locked.now).await? {
            return Err(AccountsError::NameTaken(clash));
        }
        users::set_email(on, user, &email, locked.now).await.map_err(|error| match error {
            StoreError::Taken => AccountsError::NameTaken(NameClash::Email),
            other => other.into(),
        })?;
        let detail = Detail::Changed { before: &user.email, after: email.as_str() };
        let mut event =
            new_event(locked.now, EventKind::ProfileChanged).to(user.id, &user.username).from(client).saying(detail);
        event.actor = event.subject;
        insert_event(on, &event).await?;
        // `locked` was read before the change, so this goes to the old address.
        let details = LetterDetails { new_email: Some(email.as_str().to_owned()), ..naming(Some(client)) };
        queue_letter_saying(on, LetterKind::EmailChanged, locked, Some(client), details).await
    }
}
