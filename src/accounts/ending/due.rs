//! Applies what has come due: a scheduled force logout becomes the force-logout date, and a deactivation whose end has
//! passed is lifted.
//!
//! The first request, action or upkeep that sees that it is due applies it, so that a clock that steps back cannot undo
//! it.

use super::{
    date_at::{date_at, everyones_date_at},
    end_logins::{record_ends, write_ends_of},
};
use crate::{
    accounts::{
        Accounts, Detail, Result,
        event::{BuildEvent as _, insert_event_with_receipt, new_event},
        locked::{Locked, ReadAccount},
        outbox::queue_reset_letter_if_no_password,
    },
    domain::{
        event_kind::EventKind,
        reason::EndReason,
        reason_text::{ReasonText, Reasons},
        standing::SiteStanding,
    },
    store::{Sql, events::insert_event, feed::Change, logins::Ending, site, users},
};

impl Accounts {
    /// Applies what has come due for a locked account, and reads it again if that changed it.
    pub(in crate::accounts) async fn apply_due_to_account(
        &self,
        on: &mut dyn Sql,
        locked: Locked,
    ) -> Result<Option<Locked>> {
        write_ends_of(on, locked.user.id).await?;
        let was_forced_out = self.apply_scheduled_force_logout(on, &locked).await?;
        let was_activated = end_due_deactivation(on, &locked).await?;
        if !was_forced_out && !was_activated {
            return Ok(Some(locked));
        }
        let user = users::find_user(on, locked.user.id).await?;
        Ok(user.map(|user| locked.with(user)))
    }

    async fn apply_scheduled_force_logout(&self, on: &mut dyn Sql, locked: &Locked) -> Result<bool> {
        let ReadAccount { user, site, now } = &**locked;
        let Some(due) = user.force_logout_scheduled.filter(|at| at <= now) else { return Ok(false) };
        let reasons = Reasons {
            for_staff: ReasonText::from_stored(user.force_logout_scheduled_staff_reason.as_deref()),
            for_user: ReasonText::from_stored(user.force_logout_scheduled_user_reason.as_deref()),
        };
        let by = user.force_logout_scheduled_by.as_deref().unwrap_or_default();
        let ending = Ending { at: *now, by, reason: EndReason::ForcedOut, reasons: &reasons };
        // An earlier force logout has an event already, even if its end is not yet written into each login.
        let live = self.live_after(user.role(), *site, *now).with_force_logout(user.force_logout_date, None, *now);
        let date = date_at(on, user, due).await?;
        let ended = record_ends(on, user.id, date, &live, ending).await?;
        if user.force_logout_date.is_none_or(|in_force| in_force < date) {
            users::set_force_logout_date(on, user.id, date, EndReason::ForcedOut, &reasons).await?;
        }
        users::clear_force_logout_scheduled(on, user.id).await?;
        let event = new_event(*now, EventKind::ForceLogoutDue)
            .to(user.id, &user.username)
            .because(EndReason::ForcedOut, &reasons)
            .ending(ended);
        insert_event_with_receipt(on, &event, Change::User(user.id)).await?;
        Ok(true)
    }

    /// Applies a due force logout of everyone, and returns the site's standing after it.
    pub(in crate::accounts) async fn apply_due_to_site(&self, on: &mut dyn Sql) -> Result<SiteStanding> {
        let before = site::get_site(on).await?;
        let now = self.store.clock().now(on).await?;
        if before.force_logout_scheduled.is_none_or(|at| at > now) {
            return Ok(before.standing());
        }
        let locked = site::lock_site(on).await?;
        if let Some(due) = locked.force_logout_scheduled.filter(|at| *at <= now) {
            let reasons = Reasons {
                for_staff: ReasonText::from_stored(locked.force_logout_scheduled_staff_reason.as_deref()),
                for_user: ReasonText::from_stored(locked.force_logout_scheduled_user_reason.as_deref()),
            };
            let date = everyones_date_at(on, due).await?;
            let ended = self.count_ending_of_everyone(on, (locked.standing(), now), date).await?;
            let event = new_event(now, EventKind::ForceLogoutDue)
                .because(EndReason::EveryoneOut, &reasons)
                .saying(Detail::Everyone)
                .saying(Detail::EveryonesEnded(ended));
            if locked.force_logout_date.is_none_or(|in_force| in_force < date) {
                site::set_force_logout_date(on, date, &reasons).await?;
            }
            site::clear_force_logout_scheduled(on).await?;
            insert_event_with_receipt(on, &event, Change::Everyone).await?;
        }
        Ok(site::get_site(on).await?.standing())
    }
}

/// Activates an account whose deactivation had an end that has passed.
async fn end_due_deactivation(on: &mut dyn Sql, locked: &Locked) -> Result<bool> {
    let ReadAccount { user, now, .. } = &**locked;
    if !user.has_expired_deactivation(*now) {
        return Ok(false);
    }
    users::set_active(on, user.id).await?;
    let event = new_event(*now, EventKind::Activated).to(user.id, &user.username).saying(Detail::DeactivationExpired);
    insert_event(on, &event).await?;
    queue_reset_letter_if_no_password(on, locked, None).await?;
    Ok(true)
}
