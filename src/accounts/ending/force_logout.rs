//! The force logout of one account: what Curfew exists for.

use super::date_at::date_at;
use crate::{
    accounts::{
        Accounts, AccountsError, Actor, Detail, LoginCounts, RefusedAction, Result,
        event::{BuildEvent as _, insert_event_with_receipt, new_event},
        locked::{Locked, ReadAccount},
        outbox::queue_letter_of_staff,
    },
    domain::{
        event_kind::EventKind,
        letters::{details::LetterDetails, kind::LetterKind},
        moment::Moment,
        people::login_name::LoginName,
        reason::EndReason,
        reason_text::Reasons,
    },
    store::{
        Sql,
        events::{NewEvent, insert_event},
        feed::Change,
        users,
    },
};

/// The account that an action is about.
#[derive(Debug, Clone)]
pub enum Target {
    /// By id.
    Id(i64),
    /// By username or email.
    Name(LoginName),
}

/// Whether the user gets a letter that gives the reason for them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NotifyUser {
    /// No letter.
    #[default]
    No,
    /// A letter.
    ByLetter,
}

/// Which logins a force logout ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForceLogoutMoment {
    /// All of them, now.
    Now,
    /// Those made at this time or before. A time in the future is a schedule.
    At(Moment),
}

/// The outcome of a force logout. `L` counts the logins that it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForceLogoutOutcome<L = LoginCounts> {
    /// Logins made at `date` or before have ended.
    Done {
        /// The date.
        date: Moment,
        /// The live logins that ended.
        ended: L,
    },
    /// It is scheduled.
    Scheduled {
        /// When.
        at: Moment,
    },
    /// Nothing changed: a later force-logout date was in force already.
    Unchanged {
        /// The date in force.
        date: Moment,
    },
}

impl Accounts {
    /// Ends all logins of an account now, or those made up to a given time. A time in the future schedules that. The
    /// date never moves back.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::NoSuchUser`], [`AccountsError::Forbidden`], [`AccountsError::Ended`] if the actor's login
    /// has ended, or a database error.
    pub async fn force_logout(
        &self,
        actor: &Actor,
        target: &Target,
        moment: ForceLogoutMoment,
        reasons: &Reasons,
    ) -> Result<ForceLogoutOutcome> {
        self.force_logout_and_notify(actor, target, moment, (reasons, NotifyUser::No)).await
    }

    /// Like [`Self::force_logout`]. If `notify` says so, sends the user a letter when it ends or schedules anything.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Self::force_logout`].
    pub async fn force_logout_and_notify(
        &self,
        actor: &Actor,
        target: &Target,
        moment: ForceLogoutMoment,
        (reasons, notify): (&Reasons, NotifyUser),
    ) -> Result<ForceLogoutOutcome> {
        let user_id = self.find_target(target).await?;
        let outcome = self.try_force_logout(actor, user_id, moment, (reasons, notify)).await;
        self.record_if_refused(actor, Some(user_id), RefusedAction::ForceLogout, outcome).await
    }

    async fn try_force_logout(
        &self,
        actor: &Actor,
        user_id: i64,
        moment: ForceLogoutMoment,
        (reasons, notify): (&Reasons, NotifyUser),
    ) -> Result<ForceLogoutOutcome> {
        let mut tx = self.store.begin().await?;
        let locked = self.lock_account(&mut tx, user_id).await?.ok_or(AccountsError::NoSuchUser)?;
        self.must_reach(&mut tx, actor, locked.user.role(), locked.now).await?;
        let outcome = self.force_logout_locked(&mut tx, actor, &locked, moment, reasons).await?;
        let scheduled = match outcome {
            ForceLogoutOutcome::Scheduled { at } => Some(at),
            ForceLogoutOutcome::Done { .. } | ForceLogoutOutcome::Unchanged { .. } => None,
        };
        if notify == NotifyUser::ByLetter && !matches!(outcome, ForceLogoutOutcome::Unchanged { .. }) {
            let details = LetterDetails::because(reasons, scheduled);
            queue_letter_of_staff(&mut tx, LetterKind::ForcedOut, &locked, actor, details).await?;
        }
        tx.commit().await?;
        Ok(outcome)
    }

    /// Ends logins of a locked account, or schedules their end. The caller has checked that the actor may.
    pub(in crate::accounts) async fn force_logout_locked(
        &self,
        on: &mut dyn Sql,
        actor: &Actor,
        locked: &Locked,
        moment: ForceLogoutMoment,
        reasons: &Reasons,
    ) -> Result<ForceLogoutOutcome> {
        let date = match moment {
            ForceLogoutMoment::At(at) if at > locked.now => return schedule(on, actor, locked, at, reasons).await,
            ForceLogoutMoment::At(at) => date_at(on, &locked.user, at).await?,
            ForceLogoutMoment::Now => locked.force_logout_date_now(),
        };
        self.end_logins(on, actor, locked, date, reasons).await
    }

    /// Cancels the scheduled force logout of an account.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::NothingScheduled`], [`AccountsError::NoSuchUser`], [`AccountsError::Forbidden`],
    /// [`AccountsError::Ended`] if the actor's login has ended, or a database error.
    pub async fn cancel_force_logout(&self, actor: &Actor, target: &Target) -> Result<()> {
        let user_id = self.find_target(target).await?;
        let outcome = self.try_cancel_force_logout(actor, user_id).await;
        self.record_if_refused(actor, Some(user_id), RefusedAction::CancelForceLogout, outcome).await
    }

    async fn try_cancel_force_logout(&self, actor: &Actor, user_id: i64) -> Result<()> {
        let mut tx = self.store.begin().await?;
        let locked = self.lock_account(&mut tx, user_id).await?.ok_or(AccountsError::NoSuchUser)?;
        self.must_reach(&mut tx, actor, locked.user.role(), locked.now).await?;
        let is_cancelled = cancel_force_logout_locked(&mut tx, actor, &locked, &Reasons::default()).await?;
        // Taking the lock may just have applied the due schedule. The commit keeps that.
        tx.commit().await?;
        if is_cancelled { Ok(()) } else { Err(AccountsError::NothingScheduled) }
    }

    /// The id of the account that an action is about.
    pub(in crate::accounts) async fn find_target(&self, target: &Target) -> Result<i64> {
        match target {
            Target::Id(id) => Ok(*id),
            Target::Name(name) => users::find_user_by_name(&mut self.store.read().await?, name)
                .await?
                .map(|user| user.id)
                .ok_or(AccountsError::NoSuchUser),
        }
    }

    /// Ends the logins of a locked account. The caller has checked that the actor may.
    pub(in crate::accounts) async fn end_logins(
        &self,
        on: &mut dyn Sql,
        actor: &Actor,
        locked: &Locked,
        date: Moment,
        reasons: &Reasons,
    ) -> Result<ForceLogoutOutcome> {
        let ReadAccount { user, now, .. } = &**locked;
        if let Some(in_force) = user.force_logout_date.filter(|in_force| date < *in_force) {
            return Ok(ForceLogoutOutcome::Unchanged { date: in_force });
        }
        let ended = self.end_logins_until(on, locked, date, &actor.name, (EndReason::ForcedOut, reasons)).await?;
        let event = new_event(*now, EventKind::ForceLogout)
            .by(actor)
            .to(user.id, &user.username)
            .because(EndReason::ForcedOut, reasons)
            .ending(ended);
        insert_event_with_receipt(on, &event, Change::User(user.id)).await?;
        Ok(ForceLogoutOutcome::Done { date, ended })
    }
}

/// Cancels the scheduled force logout of a locked account. Returns `false` if there is none.
pub(in crate::accounts) async fn cancel_force_logout_locked(
    on: &mut dyn Sql,
    actor: &Actor,
    locked: &Locked,
    reasons: &Reasons,
) -> Result<bool> {
    let user = &locked.user;
    let Some(at) = user.force_logout_scheduled else { return Ok(false) };
    users::clear_force_logout_scheduled(on, user.id).await?;
    let event = new_event(locked.now, EventKind::ForceLogoutCancelled)
        .by(actor)
        .to(user.id, &user.username)
        .saying(Detail::WasScheduledFor(at));
    insert_event(on, &NewEvent { reasons: reasons.clone(), ..event }).await?;
    Ok(true)
}

async fn schedule(
    on: &mut dyn Sql,
    actor: &Actor,
    locked: &Locked,
    at: Moment,
    reasons: &Reasons,
) -> Result<ForceLogoutOutcome> {
    let user = &locked.user;
    users::set_force_logout_scheduled(on, user.id, at, &actor.name, reasons).await?;
    let event = new_event(locked.now, EventKind::ForceLogoutScheduled)
        .by(actor)
        .to(user.id, &user.username)
        .because(EndReason::ForcedOut, reasons)
        .saying(Detail::ScheduledFor(at));
    insert_event(on, &event).await?;
    Ok(ForceLogoutOutcome::Scheduled { at })
}
