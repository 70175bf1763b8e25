//! Forces everyone out with one write, however many logins there are.

use super::date_at::{everyones_date_at, everyones_date_now};
use crate::{
    accounts::{
        Accounts, AccountsError, Actor, Detail, EveryonesEndedLogins, ForceLogoutMoment, ForceLogoutOutcome,
        RefusedAction, Result,
        event::{BuildEvent as _, insert_event_with_receipt, new_event},
    },
    domain::{event_kind::EventKind, moment::Moment, reason::EndReason, reason_text::Reasons, standing::SiteStanding},
    store::{Sql, events::insert_event, feed::Change, site},
};

impl Accounts {
    /// Ends everyone's logins, including the actor's own: now, or those made up to a given time. A time in the future
    /// schedules that. The site's date alone ends them. The event counts the sessions only as far as that is quick.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::Forbidden`], [`AccountsError::Ended`] if the actor's login has ended, or a database error.
    pub async fn force_everyone_out(
        &self,
        actor: &Actor,
        moment: ForceLogoutMoment,
        reasons: &Reasons,
    ) -> Result<ForceLogoutOutcome<EveryonesEndedLogins>> {
        let outcome = self.try_force_everyone_out(actor, moment, reasons).await;
        self.record_if_refused(actor, None, RefusedAction::ForceEveryoneOut, outcome).await
    }

    async fn try_force_everyone_out(
        &self,
        actor: &Actor,
        moment: ForceLogoutMoment,
        reasons: &Reasons,
    ) -> Result<ForceLogoutOutcome<EveryonesEndedLogins>> {
        let mut tx = self.store.begin().await?;
        let outcome = self.put_everyone_out(&mut tx, actor, moment, reasons).await?;
        tx.commit().await?;
        Ok(outcome)
    }

    /// The act and its event, within a transaction.
    pub(super) async fn put_everyone_out(
        &self,
        on: &mut dyn Sql,
        actor: &Actor,
        moment: ForceLogoutMoment,
        reasons: &Reasons,
    ) -> Result<ForceLogoutOutcome<EveryonesEndedLogins>> {
        let locked = self.lock_site(on).await?;
        let now = self.store.clock().now(on).await?;
        self.must_be_superuser(on, actor, now).await?;
        match moment {
            ForceLogoutMoment::At(at) if at > now => {
                site::set_force_logout_scheduled(on, at, &actor.name, reasons).await?;
                let event =
                    new_event(now, EventKind::ForceLogoutScheduled).by(actor).because(EndReason::EveryoneOut, reasons);
                insert_event(on, &event.saying(Detail::Everyone).saying(Detail::ScheduledFor(at))).await?;
                Ok(ForceLogoutOutcome::Scheduled { at })
            }
            ForceLogoutMoment::At(at) => {
                let date = everyones_date_at(on, at).await?;
                self.end_everyones_logins(on, actor, (locked, now), date, reasons).await
            }
            ForceLogoutMoment::Now => {
                let date = everyones_date_now(on, locked, now).await?;
                self.end_everyones_logins(on, actor, (locked, now), date, reasons).await
            }
        }
    }

    /// Cancels the scheduled force logout of everyone.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::NothingScheduled`], [`AccountsError::Forbidden`], [`AccountsError::Ended`] if the
    /// actor's login has ended, or a database error.
    pub async fn cancel_everyone_out(&self, actor: &Actor) -> Result<()> {
        let outcome = self.try_cancel_everyone_out(actor).await;
        self.record_if_refused(actor, None, RefusedAction::CancelEveryoneOut, outcome).await
    }

    async fn try_cancel_everyone_out(&self, actor: &Actor) -> Result<()> {
        let mut tx = self.store.begin().await?;
        let scheduled = self.lock_site(&mut tx).await?.force_logout_scheduled;
        let now = self.store.clock().now(&mut tx).await?;
        self.must_be_superuser(&mut tx, actor, now).await?;
        let Some(at) = scheduled else {
            // Taking the lock may just have applied the due schedule. The commit keeps that.
            tx.commit().await?;
            return Err(AccountsError::NothingScheduled);
        };
        site::clear_force_logout_scheduled(&mut tx).await?;
        let event = new_event(now, EventKind::ForceLogoutCancelled)
            .by(actor)
            .saying(Detail::Everyone)
            .saying(Detail::WasScheduledFor(at));
        insert_event(&mut tx, &event).await?;
        Ok(tx.commit().await?)
    }

    async fn end_everyones_logins(
        &self,
        on: &mut dyn Sql,
        actor: &Actor,
        (site, now): (SiteStanding, Moment),
        date: Moment,
        reasons: &Reasons,
    ) -> Result<ForceLogoutOutcome<EveryonesEndedLogins>> {
        if let Some(in_force) = site.force_logout_date.filter(|in_force| date < *in_force) {
            return Ok(ForceLogoutOutcome::Unchanged { date: in_force });
        }
        let ended = self.count_ending_of_everyone(on, (site, now), date).await?;
        let event = new_event(now, EventKind::ForceLogout)
            .by(actor)
            .because(EndReason::EveryoneOut, reasons)
            .saying(Detail::Everyone)
            .saying(Detail::EveryonesEnded(ended));
        site::set_force_logout_date(on, date, reasons).await?;
        insert_event_with_receipt(on, &event, Change::Everyone).await?;
        Ok(ForceLogoutOutcome::Done { date, ended })
    }
}
