//! Deactivates an account.

use crate::{
    accounts::{
        Accounts, AccountsError, Actor, Detail, LoginCounts, NotifyUser, RefusedAction, Result, Target,
        authority::must_not_be_own,
        event::{BuildEvent as _, insert_event_with_receipt, new_event},
        locked::Locked,
        outbox::queue_letter_of_staff,
    },
    domain::{
        event_kind::EventKind,
        letters::{details::LetterDetails, kind::LetterKind},
        moment::Moment,
        reason::EndReason,
        reason_text::Reasons,
    },
    store::{Sql, feed::Change, users},
};

impl Accounts {
    /// Deactivates an account, until `until` or until staff activate it, and ends its logins. Returns how many live
    /// logins ended. Activating the account later revives none of them.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::NoSuchUser`], [`AccountsError::Forbidden`], [`AccountsError::OwnAccount`],
    /// [`AccountsError::LastSuperuser`], [`AccountsError::UntilIsPast`], [`AccountsError::Ended`] if the actor's login has
    /// ended, or a database error.
    pub async fn deactivate(
        &self,
        actor: &Actor,
        target: &Target,
        until: Option<Moment>,
        reasons: &Reasons,
    ) -> Result<LoginCounts> {
        self.deactivate_and_notify(actor, target, until, (reasons, NotifyUser::No)).await
    }

    /// Like [`Self::deactivate`]. If `notify` says so, also sends the user a letter.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Self::deactivate`].
    pub async fn deactivate_and_notify(
        &self,
        actor: &Actor,
        target: &Target,
        until: Option<Moment>,
        (reasons, notify): (&Reasons, NotifyUser),
    ) -> Result<LoginCounts> {
        let user_id = self.find_target(target).await?;
        let outcome = self.try_deactivate(actor, user_id, until, (reasons, notify)).await;
        self.record_if_refused(actor, Some(user_id), RefusedAction::Deactivate, outcome).await
    }

    async fn try_deactivate(
        &self,
        actor: &Actor,
        user_id: i64,
        until: Option<Moment>,
        (reasons, notify): (&Reasons, NotifyUser),
    ) -> Result<LoginCounts> {
        let (mut tx, locked) = self.begin_sensitive_action(actor, user_id).await?;
        let ended = self.deactivate_locked(&mut tx, actor, &locked, until, reasons).await?;
        if notify == NotifyUser::ByLetter {
            let details = LetterDetails::because(reasons, until);
            queue_letter_of_staff(&mut tx, LetterKind::Deactivated, &locked, actor, details).await?;
        }
        tx.commit().await?;
        Ok(ended)
    }

    /// Deactivates a locked account, unless it is the actor's own or the last superuser's. The caller has checked that the
    /// actor may act on it.
    pub(in crate::accounts) async fn deactivate_locked(
        &self,
        on: &mut dyn Sql,
        actor: &Actor,
        locked: &Locked,
        until: Option<Moment>,
        reasons: &Reasons,
    ) -> Result<LoginCounts> {
        must_not_be_own(actor, locked.user.id)?;
        self.must_not_be_last_superuser(on, locked).await?;
        let (user, now) = (&locked.user, locked.now);
        if until.is_some_and(|until| until <= now) {
            return Err(AccountsError::UntilIsPast);
        }
        let date = locked.force_logout_date_now();
        users::set_inactive(on, user.id, until, reasons).await?;
        let ended = self.end_logins_until(on, locked, date, &actor.name, (EndReason::Deactivated, reasons)).await?;
        let mut event = new_event(now, EventKind::Deactivated)
            .by(actor)
            .to(user.id, &user.username)
            .because(EndReason::Deactivated, reasons)
            .ending(ended);
        if let Some(until) = until {
            event = event.saying(Detail::DeactivatedUntil(until));
        }
        insert_event_with_receipt(on, &event, Change::User(user.id)).await?;
        Ok(ended)
    }
}
