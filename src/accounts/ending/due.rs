//! What has come due: a scheduled force logout becomes the date itself, and a deactivation that is
//! over ends. Done by whoever first sees it, so that a clock that steps back cannot undo it.

use super::{
    date_of_moment::{date_of_moment, everyones_date_of_moment},
    end_logins::{end_logins_after, write_ends_of},
};
use crate::{
    accounts::{
        Accounts, Result,
        event::{BuildEvent as _, insert_ending, new_event},
    },
    domain::{
        moment::Moment,
        reason::EndReason,
        reason_text::{ReasonText, Reasons},
        standing::SiteStanding,
    },
    store::{
        Sql,
        events::{EventKind, insert_event},
        logins::Ending,
        site,
        standing::feed::Change,
        users::{self, User},
    },
};

/// An account, locked, with what was due on it and on the site folded in.
#[derive(Debug)]
pub(in crate::accounts) struct Locked {
    pub(in crate::accounts) user: User,
    pub(in crate::accounts) site: SiteStanding,
    pub(in crate::accounts) now: Moment,
}

impl Locked {
    /// The date of a force logout at once: no earlier than any login there is, so that a clock
    /// that stepped back spares none, and no earlier than the date before, which never moves back.
    pub(in crate::accounts) fn force_logout_date_now(&self) -> Moment {
        [self.user.last_login_date, self.user.force_logout_date].into_iter().flatten().fold(self.now, Moment::max)
    }
}

impl Accounts {
    /// Notes what has come due for an account and the site; does nothing when nothing has.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn apply_due(&self, user_id: i64) -> Result<()> {
        let mut tx = self.store.begin().await?;
        self.lock(&mut tx, user_id).await?;
        Ok(tx.commit().await?)
    }

    /// Locks an account for a change; what is due is folded first.
    pub(in crate::accounts) async fn lock(&self, on: &mut impl Sql, user_id: i64) -> Result<Option<Locked>> {
        let site = self.apply_due_to_site(on).await?;
        let Some(user) = users::lock_user(on, user_id).await? else { return Ok(None) };
        write_ends_of(on, user_id).await?;
        // The time is read after the lock: whoever held it before did what they did earlier.
        let now = self.store.clock().now(on).await?;
        let mut locked = Locked { user, site, now };
        let was_due = self.apply_scheduled_force_logout(on, &locked).await?;
        let was_over = end_due_deactivation(on, &locked).await?;
        if was_due || was_over {
            let Some(user) = users::find_user(on, user_id).await? else { return Ok(None) };
            locked.user = user;
        }
        Ok(Some(locked))
    }

    async fn apply_scheduled_force_logout(&self, on: &mut impl Sql, locked: &Locked) -> Result<bool> {
        let Locked { user, site, now } = locked;
        let Some(due) = user.force_logout_scheduled.filter(|at| at <= now) else { return Ok(false) };
        let reasons = Reasons {
            for_staff: stored(user.force_logout_scheduled_staff_reason.as_deref()),
            for_user: stored(user.force_logout_scheduled_user_reason.as_deref()),
        };
        let by = user.force_logout_scheduled_by.as_deref().unwrap_or_default();
        let ending = Ending { at: *now, by, reason: EndReason::ForcedOut, reasons: &reasons };
        // What was out before is told already, though it may not be written into each login yet.
        let live = self.live_after(user.role(), *site, *now).and_after(user.force_logout_date, None, *now);
        let date = date_of_moment(on, user, due).await?;
        let ended = end_logins_after(on, user.id, date, &live, ending).await?;
        if user.force_logout_date.is_none_or(|standing| standing < date) {
            users::set_force_logout_date(on, user.id, date, EndReason::ForcedOut, &reasons).await?;
        }
        users::clear_force_logout_scheduled(on, user.id).await?;
        let event = new_event(*now, EventKind::ForceLogoutDue)
            .to(user.id, &user.username)
            .because(EndReason::ForcedOut, &reasons)
            .ending(ended);
        insert_ending(on, &event, Change::User(user.id)).await?;
        Ok(true)
    }

    /// Locks the site for a change; what is due is folded first.
    pub(in crate::accounts) async fn lock_site(&self, on: &mut impl Sql) -> Result<SiteStanding> {
        site::lock_site(on).await?;
        self.apply_due_to_site(on).await
    }

    /// The site, with what has come due for it folded in.
    pub(in crate::accounts) async fn apply_due_to_site(&self, on: &mut impl Sql) -> Result<SiteStanding> {
        let before = site::get_site(on).await?;
        let now = self.store.clock().now(on).await?;
        if before.force_logout_scheduled.is_none_or(|at| at > now) {
            return Ok(before.standing());
        }
        let locked = site::lock_site(on).await?;
        if let Some(due) = locked.force_logout_scheduled.filter(|at| *at <= now) {
            let reasons = Reasons {
                for_staff: stored(locked.force_logout_scheduled_staff_reason.as_deref()),
                for_user: stored(locked.force_logout_scheduled_user_reason.as_deref()),
            };
            let date = everyones_date_of_moment(on, due).await?;
            let ended = self.count_ending_of_everyone(on, (locked.standing(), now), date).await?;
            let event = new_event(now, EventKind::ForceLogoutDue)
                .because(EndReason::EveryoneOut, &reasons)
                .saying(format!("everyone; {ended}"));
            if locked.force_logout_date.is_none_or(|standing| standing < date) {
                site::set_force_logout_date(on, date, &reasons).await?;
            }
            site::clear_force_logout_scheduled(on).await?;
            insert_ending(on, &event, Change::Everyone).await?;
        }
        Ok(site::get_site(on).await?.standing())
    }
}

async fn end_due_deactivation(on: &mut impl Sql, locked: &Locked) -> Result<bool> {
    let Locked { user, now, .. } = locked;
    if !user.has_served_its_deactivation(*now) {
        return Ok(false);
    }
    users::set_active(on, user.id).await?;
    let event = new_event(*now, EventKind::Activated)
        .to(user.id, &user.username)
        .saying("the deactivation had an end, which was reached");
    insert_event(on, &event).await?;
    Ok(true)
}

/// A reason that was parsed before it was stored.
pub(in crate::accounts) fn stored(text: Option<&str>) -> ReasonText {
    ReasonText::parse(text.unwrap_or_default()).unwrap_or_default()
}
