//! Acts on up to a thousand accounts in one transaction: all of them or none, together with their events.
//!
//! Most accounts are written together. An account with a due schedule, a login dated ahead of the clock, or the
//! superuser role goes through the use case for one account, in the same transaction. So do those whose scheduled force
//! logout is cancelled, because the event of each says when it was scheduled.

use std::collections::BTreeMap;

use super::run::UsersRun;
use crate::{
    accounts::{
        AccountsError, Detail, ForceLogoutMoment, ForceLogoutOutcome, LoginCounts, Result,
        ending::force_logout::cancel_force_logout_locked,
        event::{BuildEvent as _, new_event},
    },
    domain::{
        bulk::{BulkAction, BulkChoice, BulkTerms},
        event_kind::EventKind,
        logins::live::LiveByRole,
        moment::Moment,
        reason::EndReason,
        standing::SiteStanding,
    },
    store::{
        Sql, Transaction,
        bulk::{
            Targets, count_live_logins_of_each, insert_event_for_each, listed::insert_listed_users, lock_targets,
            record_bulk_change, records::add_to_bulk_record, set_active_all, set_force_logout_date_of_all,
            set_force_logout_scheduled_of_all, set_inactive_all, set_records_bulk_change,
        },
        events::NewEvent,
        logins::{Ending, ends::insert_login_end_of_each},
    },
};

/// What a transaction has done: the accounts it acted on, and how many live logins ended.
#[derive(Debug, Default)]
struct Done {
    users: Vec<i64>,
    logins: LoginCounts,
}

impl UsersRun {
    /// Acts on the accounts that still match, except the actor's own.
    pub(super) async fn do_batch(&self, ids: &[i64]) -> Result<()> {
        // Which accounts are superusers is known only once they are locked, and the site must be locked before them.
        if !self.try_batch(ids, false).await? {
            self.try_batch(ids, true).await?;
        }
        Ok(())
    }

    /// Acts on the accounts in one transaction. Returns `false`, and changes nothing, if the site must be locked first
    /// and is not.
    async fn try_batch(&self, ids: &[i64], locks_site: bool) -> Result<bool> {
        let accounts = &self.accounts;
        let (mut tx, site, now) = self.begin_batch(locks_site).await?;
        let actor_role = accounts.must_be_live(&mut tx, &self.actor, now).await?;
        let live = accounts.possibly_live_by_role(site, now);
        let choice = &self.begin.choice;
        let targets = Targets { choice, actor_id: self.actor.user_id, actor_role, live: &live };
        let found = lock_targets(&mut tx, targets, ids).await?;
        let may_leave_nobody = self.begin.choice.action == BulkAction::Deactivate;
        if may_leave_nobody && !locks_site && found.iter().any(|user| user.is_superuser) {
            return Ok(false);
        }
        // Read the time after taking the locks, so that it is later than what the previous holders did.
        let now = accounts.store.clock().now(&mut tx).await?;
        let live = accounts.possibly_live_by_role(site, now);
        let all: Vec<i64> = found.iter().map(|user| user.id).collect();
        let logins = count_live_logins_of_each(&mut tx, &all, &live).await?;
        let logins: BTreeMap<i64, LoginCounts> = logins.into_iter().collect();
        let mut ordinary: BTreeMap<LoginCounts, Vec<i64>> = BTreeMap::new();
        let mut done = Done::default();
        for user in found {
            let counts = logins.get(&user.id).copied().unwrap_or_default();
            if user.is_ordinary && self.can_do_together(now) && (!counts.is_any() || self.ends_logins()) {
                let ending = if self.schedule(now).is_some() { LoginCounts::default() } else { counts };
                ordinary.entry(ending).or_default().push(user.id);
            } else {
                done.add(user.id, self.do_one(&mut tx, user.id).await?);
            }
        }
        self.do_together(&mut tx, &ordinary, &live, now).await?;
        for (counts, ids) in &ordinary {
            let users = ids.len() as u64;
            done.users.extend(ids);
            done.logins += LoginCounts { sessions: users * counts.sessions, tokens: users * counts.tokens };
        }
        self.record_done(&mut tx, &done, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Acts on the actor's own account.
    pub(super) async fn do_actor(&self) -> Result<()> {
        let (mut tx, _, now) = self.begin_batch(true).await?;
        self.accounts.must_be_live(&mut tx, &self.actor, now).await?;
        let mut done = Done::default();
        if let Some(id) = self.actor.user_id {
            let ended = match self.begin.choice.terms {
                BulkTerms { keeps_own_login: true, at, .. } if self.begin.choice.action == BulkAction::ForceLogout => {
                    self.end_own_others(&mut tx, id, at).await?
                }
                _ => self.do_one(&mut tx, id).await?,
            };
            done.add(id, ended);
        }
        self.record_done(&mut tx, &done, now).await?;
        Ok(tx.commit().await?)
    }

    /// Adds what the transaction has done to the action's record and to its list of users.
    async fn record_done(&self, on: &mut Transaction, done: &Done, now: Moment) -> Result<()> {
        insert_listed_users(on, &self.begin.id, &done.users).await?;
        let users = done.users.len() as u64;
        Ok(add_to_bulk_record(on, &self.begin.id, (users, done.logins), now).await?)
    }

    /// The time of a scheduled force logout.
    pub(super) fn schedule(&self, now: Moment) -> Option<Moment> {
        self.begin.choice.terms.at.filter(|at| *at > now && self.begin.choice.action == BulkAction::ForceLogout)
    }

    /// Which logins were made up to a time in the past is a question for each account, and so is what was scheduled.
    fn can_do_together(&self, now: Moment) -> bool {
        let BulkChoice { action, terms, .. } = &self.begin.choice;
        *action != BulkAction::CancelForceLogout && (terms.at.is_none() || self.schedule(now).is_some())
    }

    /// Acts that could leave the site without a superuser queue for the site's row.
    async fn begin_batch(&self, locks_site: bool) -> Result<(Transaction, SiteStanding, Moment)> {
        let mut tx = self.accounts.store.begin().await?;
        let site = if locks_site {
            self.accounts.lock_site(&mut tx).await?
        } else {
            self.accounts.apply_due_to_site(&mut tx).await?
        };
        let now = self.accounts.store.clock().now(&mut tx).await?;
        Ok((tx, site, now))
    }

    /// An inactive account has live logins only if it was deactivated by hand in the database. They end with that
    /// deactivation's reasons.
    const fn ends_logins(&self) -> bool {
        matches!(self.begin.choice.action, BulkAction::ForceLogout | BulkAction::Deactivate)
    }

    /// Acts on ordinary accounts, given with how many live logins each has.
    async fn do_together(
        &self,
        on: &mut dyn Sql,
        by_logins: &BTreeMap<LoginCounts, Vec<i64>>,
        live: &LiveByRole,
        now: Moment,
    ) -> Result<()> {
        let ids: Vec<i64> = by_logins.values().flatten().copied().collect();
        let reasons = &self.begin.reasons;
        if let Some(at) = self.schedule(now) {
            set_force_logout_scheduled_of_all(on, &ids, at, &self.actor.name, reasons).await?;
            let event = new_event(now, EventKind::ForceLogoutScheduled).by(&self.actor);
            let event = event.because(EndReason::ForcedOut, reasons).saying(Detail::ScheduledFor(at));
            insert_event_for_each(on, &ids, &event).await?;
            return Ok(());
        }
        set_records_bulk_change(on, true).await?;
        let with_logins: Vec<i64> =
            by_logins.iter().filter(|(counts, _)| counts.is_any()).flat_map(|(_, ids)| ids).copied().collect();
        let ending = |reason| Ending { at: now, by: &self.actor.name, reason, reasons };
        match self.begin.choice.action {
            BulkAction::ForceLogout => {
                insert_login_end_of_each(on, &with_logins, live, ending(EndReason::ForcedOut)).await?;
                set_force_logout_date_of_all(on, &ids, now, EndReason::ForcedOut, reasons).await?;
            }
            BulkAction::Deactivate => {
                insert_login_end_of_each(on, &with_logins, live, ending(EndReason::Deactivated)).await?;
                set_inactive_all(on, &ids, (now, self.begin.choice.terms.until), reasons).await?;
            }
            BulkAction::Activate => set_active_all(on, &ids, now).await?,
            // Each on its own.
            BulkAction::CancelForceLogout => {}
        }
        let mut latest = None;
        for (counts, ids) in by_logins {
            let event = self.event(now, *counts);
            latest = insert_event_for_each(on, ids, &event).await?;
        }
        if let Some(event_id) = latest {
            record_bulk_change(on, &ids, event_id).await?;
        }
        Ok(set_records_bulk_change(on, false).await?)
    }

    /// The event of one account, as the use case for one account records it.
    fn event(&self, now: Moment, ended: LoginCounts) -> NewEvent<'_> {
        let reasons = &self.begin.reasons;
        let event = |kind| new_event(now, kind).by(&self.actor);
        match self.begin.choice.action {
            BulkAction::ForceLogout => {
                event(EventKind::ForceLogout).because(EndReason::ForcedOut, reasons).ending(ended)
            }
            BulkAction::Deactivate => {
                let event = event(EventKind::Deactivated).because(EndReason::Deactivated, reasons).ending(ended);
                match self.begin.choice.terms.until {
                    Some(until) => event.saying(Detail::DeactivatedUntil(until)),
                    None => event,
                }
            }
            BulkAction::Activate => NewEvent { reasons: reasons.clone(), ..event(EventKind::Activated) },
            BulkAction::CancelForceLogout => event(EventKind::ForceLogoutCancelled),
        }
    }

    /// Acts on one account. Returns how many logins ended, or `None` if there was nothing left to do.
    async fn do_one(&self, on: &mut Transaction, id: i64) -> Result<Option<LoginCounts>> {
        let (accounts, actor, reasons) = (&self.accounts, &self.actor, &self.begin.reasons);
        let until = self.begin.choice.terms.until;
        let Some(locked) = accounts.lock_account(on, id).await? else { return Ok(None) };
        match self.begin.choice.action {
            BulkAction::ForceLogout => {
                let moment = self.begin.choice.terms.at.map_or(ForceLogoutMoment::Now, ForceLogoutMoment::At);
                match accounts.force_logout_locked(on, actor, &locked, moment, reasons).await? {
                    ForceLogoutOutcome::Done { ended, .. } => Ok(Some(ended)),
                    ForceLogoutOutcome::Scheduled { .. } => Ok(Some(LoginCounts::default())),
                    ForceLogoutOutcome::Unchanged { .. } => Ok(None),
                }
            }
            BulkAction::Deactivate => match accounts.deactivate_locked(on, actor, &locked, until, reasons).await {
                Err(AccountsError::LastSuperuser | AccountsError::OwnAccount) => Ok(None),
                ended => ended.map(Some),
            },
            BulkAction::Activate if locked.user.is_active_at(locked.now) => Ok(None),
            BulkAction::Activate => accounts.activate_locked(on, actor, &locked, reasons).await.map(Some),
            BulkAction::CancelForceLogout => {
                let is_cancelled = cancel_force_logout_locked(on, actor, &locked, reasons).await?;
                Ok(is_cancelled.then(LoginCounts::default))
            }
        }
    }
}

impl Done {
    fn add(&mut self, id: i64, ended: Option<LoginCounts>) {
        if let Some(ended) = ended {
            self.users.push(id);
            self.logins += ended;
        }
    }
}
