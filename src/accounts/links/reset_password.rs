//! Sets a new password with the link in a letter.

use crate::{
    accounts::{
        Accounts, AccountsError, Client, Detail, LinkTarget, Result,
        event::{BuildEvent as _, insert_event_with_receipt, new_event},
        login::{queue::Claimant, throttle::Purpose},
        outbox::queue_letter,
    },
    domain::{
        event_kind::EventKind,
        letters::{
            kind::LetterKind,
            link::{LinkPurpose, LinkToken},
        },
        people::password::NewPassword,
        reason::EndReason,
        reason_text::Reasons,
    },
    store::{feed::Change, users},
};

impl Accounts {
    /// Sets the password of the link's account and ends every login. It logs nobody in. Whoever has the link reads the
    /// account's mail, so the email counts as verified. A new email that waits for its letter is forgotten: somebody who
    /// held the account may have asked for it.
    ///
    /// Returns the version of the new password, for the browser that set it.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::BadLink`], [`AccountsError::BadPassword`], [`AccountsError::TooManyAttempts`] after many
    /// passwords that were refused, [`AccountsError::Busy`], or a database error.
    pub async fn reset_password(&self, client: &Client, token: &LinkToken, new: &NewPassword) -> Result<i64> {
        // Before the hash, which costs a wrong link nothing.
        let LinkTarget { user, .. } = self.read_link(LinkPurpose::Reset, token).await?;
        // A password that is refused leaves the link as it is, and to score one costs time.
        let (rate, own) = (self.settings.throttle_login, user.id.to_string());
        let attempt = self.throttle.begin(Purpose::Reset, rate, &own, &client.address).await??;
        // Whoever has the link is as good as the account's owner.
        let claimant = Claimant::Account { id: user.id, role: user.role() };
        let hash = match self.hasher.of_client(claimant, Some(client)).hash_new(new).await {
            Err(error @ AccountsError::BadPassword(_)) => {
                attempt.failed();
                return Err(error);
            }
            hash => hash?,
        };
        let mut tx = self.store.begin().await?;
        let (_, locked) = self.take_link(&mut tx, LinkPurpose::Reset, token).await?;
        let user = &locked.user;
        let version = users::reset_password(&mut tx, user.id, &hash, locked.now).await?;
        users::set_email_verified(&mut tx, user.id, locked.now).await?;
        users::set_pending_email(&mut tx, user.id, None).await?;
        let (reason, reasons) = (EndReason::PasswordChanged, Reasons::default());
        let date = locked.force_logout_date_now();
        let ended = self.end_logins_until(&mut tx, &locked, date, &user.username, (reason, &reasons)).await?;
        let mut event = new_event(locked.now, EventKind::PasswordChanged)
            .to(user.id, &user.username)
            .from(client)
            .because(reason, &reasons)
            .saying(Detail::ByLink)
            .ending(ended);
        event.actor = event.subject;
        insert_event_with_receipt(&mut tx, &event, Change::User(user.id)).await?;
        queue_letter(&mut tx, LetterKind::PasswordChanged, &locked, Some(client)).await?;
        tx.commit().await?;
        Ok(version)
    }
}
