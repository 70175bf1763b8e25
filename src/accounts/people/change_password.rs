//! Changes the actor's own password: this browser continues with a new session, all other logins end.

use crate::{
    accounts::{
        Accounts, AccountsError, Actor, LoginCounts, Result,
        event::{BuildEvent as _, insert_event_with_receipt, new_event},
        login::{open_login::StartedSession, queue::Claimant},
        outbox::queue_letter,
    },
    domain::{
        event_kind::EventKind,
        letters::kind::LetterKind,
        people::password::{NewPassword, Password},
        reason::EndReason,
        reason_text::Reasons,
    },
    store::{feed::Change, users},
};

impl Accounts {
    /// Changes the actor's password and ends all their logins. The browser that proved the old password continues with
    /// a new session, which is returned with the number of other logins that ended.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::WrongPassword`], [`AccountsError::TooManyAttempts`], [`AccountsError::BadPassword`],
    /// [`AccountsError::Ended`] if the actor's login has ended, or a database error.
    pub async fn change_password(
        &self,
        actor: &Actor,
        current: &Password,
        new: &NewPassword,
        remember: bool,
    ) -> Result<(StartedSession, LoginCounts)> {
        let proven = self.prove_password(actor, current).await?;
        let claimant = Claimant::Account { id: proven.id, role: proven.role() };
        let hash = self.hasher.of_client(claimant, actor.client.as_ref()).hash_new(new).await?;
        let mut tx = self.store.begin().await?;
        let locked = self.lock_account(&mut tx, proven.id).await?.ok_or(AccountsError::NoSuchUser)?;
        self.must_be_live(&mut tx, actor, locked.now).await?;
        if locked.user.password_hash != proven.password_hash {
            drop(tx);
            return self.refuse_wrong_password(actor, &locked.user).await;
        }
        users::set_password(&mut tx, proven.id, &hash).await?;
        let reason = EndReason::PasswordChanged;
        let (started, others) = self.continue_alone(&mut tx, actor, &locked, reason, remember).await?;
        let event = new_event(locked.now, EventKind::PasswordChanged)
            .by(actor)
            .to(proven.id, &proven.username)
            .because(reason, &Reasons::default())
            .ending(others);
        insert_event_with_receipt(&mut tx, &event, Change::User(proven.id)).await?;
        queue_letter(&mut tx, LetterKind::PasswordChanged, &locked, actor.client.as_ref()).await?;
        tx.commit().await?;
        Ok((started, others))
    }
}
