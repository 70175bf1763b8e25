//! Activates a deactivated account.

use crate::{
    accounts::{
        Accounts, AccountsError, Actor, LoginCounts, RefusedAction, Result, Target,
        event::{BuildEvent as _, insert_event_with_receipt, new_event},
        locked::Locked,
        outbox::queue_reset_letter_if_no_password,
    },
    domain::{
        event_kind::EventKind,
        reason::EndReason,
        reason_text::{ReasonText, Reasons},
    },
    store::{Sql, feed::Change, users},
};

impl Accounts {
    /// Activates an account, and returns whether it was inactive. Its user has to log in again.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::NoSuchUser`], [`AccountsError::Forbidden`], [`AccountsError::Ended`] if the actor's login
    /// has ended, or a database error.
    pub async fn activate(&self, actor: &Actor, target: &Target, reasons: &Reasons) -> Result<bool> {
        let user_id = self.find_target(target).await?;
        let outcome = self.try_activate(actor, user_id, reasons).await;
        self.record_if_refused(actor, Some(user_id), RefusedAction::Activate, outcome).await
    }

    async fn try_activate(&self, actor: &Actor, user_id: i64, reasons: &Reasons) -> Result<bool> {
        let mut tx = self.store.begin().await?;
        let locked = self.lock_account(&mut tx, user_id).await?.ok_or(AccountsError::NoSuchUser)?;
        self.must_reach(&mut tx, actor, locked.user.role(), locked.now).await?;
        let was_inactive = !locked.user.is_active_at(locked.now);
        if was_inactive {
            self.activate_locked(&mut tx, actor, &locked, reasons).await?;
        }
        tx.commit().await?;
        Ok(was_inactive)
    }

    /// Activates a locked account if the actor may act on it. Returns how many live logins ended: a deactivation by
    /// hand in the database leaves them live.
    pub(in crate::accounts) async fn activate_locked(
        &self,
        on: &mut dyn Sql,
        actor: &Actor,
        locked: &Locked,
        reasons: &Reasons,
    ) -> Result<LoginCounts> {
        let user = &locked.user;
        let ended = self.end_spared_logins(on, actor, locked).await?;
        users::set_active(on, user.id).await?;
        let mut event = new_event(locked.now, EventKind::Activated).by(actor).to(user.id, &user.username);
        if ended.is_any() {
            event = event.ending(ended);
        }
        event.reasons = reasons.clone();
        insert_event_with_receipt(on, &event, Change::User(user.id)).await?;
        queue_reset_letter_if_no_password(on, locked, actor.client.as_ref()).await?;
        Ok(ended)
    }

    /// Ends the logins that a deactivation by hand left live, because activating revives none.
    async fn end_spared_logins(&self, on: &mut dyn Sql, actor: &Actor, locked: &Locked) -> Result<LoginCounts> {
        let user = &locked.user;
        let reasons = Reasons {
            for_staff: ReasonText::from_stored(user.deactivated_staff_reason.as_deref()),
            for_user: ReasonText::from_stored(user.deactivated_user_reason.as_deref()),
        };
        let why = (EndReason::Deactivated, &reasons);
        self.end_logins_until(on, locked, locked.force_logout_date_now(), &actor.name, why).await
    }
}
