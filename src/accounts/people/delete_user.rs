//! Deletes an account.

use crate::{
    accounts::{
        Accounts, Actor, HookUser, LoginCounts, RefusedAction, Result, Target,
        authority::must_not_be_own,
        event::{BuildEvent as _, insert_event_with_receipt, new_event},
        locked::Locked,
        login::open_login::StartedSession,
    },
    domain::{
        event_kind::EventKind, letters::sending::LIMIT_PERIOD, moment::moment_before, people::password::Password,
        reason::EndReason, reason_text::Reasons,
    },
    store::{
        Transaction, feed::Change, letters::erased::erase_letters_of, links::delete_links_of, logins::Ending, users,
    },
};

/// An account that was deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletedAccount {
    /// Its name.
    pub username: String,
    /// The live logins that ended with it.
    pub ended: LoginCounts,
}

impl Accounts {
    /// Deletes an account, for superusers. Its sessions end, but the events keep its name.
    ///
    /// # Errors
    ///
    /// Returns [`crate::accounts::AccountsError::NoSuchUser`], [`crate::accounts::AccountsError::Forbidden`],
    /// [`crate::accounts::AccountsError::OwnAccount`], [`crate::accounts::AccountsError::LastSuperuser`],
    /// [`crate::accounts::AccountsError::Ended`] if the actor's login has ended, or a database error.
    pub async fn delete_user(&self, actor: &Actor, target: &Target, reasons: &Reasons) -> Result<LoginCounts> {
        let user_id = self.find_target(target).await?;
        let outcome = self.try_delete_user(actor, None, user_id, reasons).await;
        self.record_if_refused(actor, Some(user_id), RefusedAction::DeleteUser, outcome)
            .await
            .map(|(deleted, _)| deleted.ended)
    }

    /// Like [`Self::delete_user`], confirmed with the superuser's password. Also returns the superuser's session with its
    /// new secret, as [`Self::prove_presence`] does.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Self::delete_user`], [`crate::accounts::AccountsError::WrongPassword`] and
    /// [`crate::accounts::AccountsError::TooManyAttempts`].
    pub async fn delete_user_by_password(
        &self,
        actor: &Actor,
        password: &Password,
        user_id: i64,
        reasons: &Reasons,
    ) -> Result<(DeletedAccount, Option<StartedSession>)> {
        let outcome = self.try_delete_user(actor, Some(password), user_id, reasons).await;
        self.record_if_refused(actor, Some(user_id), RefusedAction::DeleteUser, outcome).await
    }

    async fn try_delete_user(
        &self,
        actor: &Actor,
        password: Option<&Password>,
        user_id: i64,
        reasons: &Reasons,
    ) -> Result<(DeletedAccount, Option<StartedSession>)> {
        let (mut tx, locked, renewed) = self.begin_action_by(actor, password, user_id).await?;
        self.must_be_superuser(&mut tx, actor, locked.now).await?;
        must_not_be_own(actor, locked.user.id)?;
        let ended = self.erase(tx, actor, &locked, reasons).await?;
        Ok((DeletedAccount { username: locked.into_read().user.username, ended }, renewed))
    }

    /// Deletes a locked account unless it is the last superuser.
    pub(super) async fn erase(
        &self,
        mut tx: Transaction,
        actor: &Actor,
        locked: &Locked,
        reasons: &Reasons,
    ) -> Result<LoginCounts> {
        self.must_not_be_last_superuser(&mut tx, locked).await?;
        let (user, now) = (&locked.user, locked.now);
        let ending = Ending { at: now, by: &actor.name, reason: EndReason::Deleted, reasons };
        let ended = self.record_live_logins_ended(&mut tx, locked, locked.force_logout_date_now(), ending).await?;
        let counted = (moment_before(now, LIMIT_PERIOD), now);
        erase_letters_of(&mut tx, user.id, &user.email, counted).await?;
        delete_links_of(&mut tx, user.id).await?;
        self.hooks.call_deleted(&mut tx, HookUser { id: user.id, username: &user.username }).await?;
        users::delete_user(&mut tx, user.id).await?;
        let event = new_event(now, EventKind::Deleted)
            .by(actor)
            .to(user.id, &user.username)
            .because(EndReason::Deleted, reasons)
            .ending(ended);
        insert_event_with_receipt(&mut tx, &event, Change::User(user.id)).await?;
        tx.commit().await?;
        Ok(ended)
    }
}
