//! Tidies the logins: ends those that reached a limit unnoticed, and deletes those that ended long ago and the changes
//! that every node has read.
//!
//! It works in small batches with a pause between them, so that other writers are not held up. Several nodes may do
//! this at the same time: one of them ends each login, with one event.

use std::time::Duration;

use rocket::tokio::time::sleep;

use crate::{
    accounts::{Accounts, ClaimedLogin, Result, logins::record_activity::end_at_limit},
    domain::{
        logins::public_id::PublicId,
        moment::{Moment, moment_before},
        people::role::Role,
        reason::EndReason,
        reason_text::{ReasonText, Reasons},
        standing::SiteStanding,
    },
    store::{
        Sql, Transaction,
        bulk::{listed::delete_old_user_lists, records::delete_old_bulk_records},
        fleet::{receipts::delete_old_receipts, shared_counters::delete_old_counters},
        logins::{
            Ending, end_login,
            upkeep::{LoginPastLimits, delete_ended_logins, delete_old_changes, lock_logins_past_limits},
        },
        standing::{LoginStanding, MAX_STANDINGS_PER_STATEMENT, list_login_standings},
    },
};

/// How many logins one transaction ends or deletes.
const BATCH: i64 = 200;
/// How long changes are kept for the nodes that read them within seconds. A bulk action writes tens of thousands per
/// second.
const CHANGES_KEPT: i64 = 200_000;
/// How many other rows one transaction deletes. They are small, and nobody waits for them.
const CHANGES_BATCH: i64 = 5_000;
/// How long a receipt is kept. Staff look at it in the minutes after an action.
const RECEIPTS_KEPT: Duration = Duration::from_hours(24);
/// How long staff can see the outcome of a bulk action, and how long lists of users are kept.
const BULK_RECORDS_KEPT: Duration = Duration::from_hours(30 * 24);
/// The pause between two batches.
const PAUSE: Duration = Duration::from_millis(50);
/// How long an idle session is left to the gate: a request that shows its user is still there may be on its way to the
/// database from another node.
const REQUESTS_IN_TRANSIT: Duration = Duration::from_mins(1);

/// What was tidied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tidied {
    /// Logins that had reached a limit or were out already, and are now ended.
    pub ended: u64,
    /// Ended logins that were kept long enough, and are now deleted.
    pub deleted: u64,
}

impl Accounts {
    /// Ends the logins that are past their limits, then deletes those that ended longer ago than the settings keep
    /// them.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond. Earlier batches stay done.
    pub async fn tidy_logins(&self) -> Result<Tidied> {
        self.flush_activity().await?;
        self.write_ends().await?;
        let (mut ended, mut deleted) = (0, 0);
        while let some @ 1.. = self.store.run_in_turn(Box::pin(self.end_some_past_limits())).await? {
            ended += some;
            sleep(PAUSE).await;
        }
        while let some @ 1.. = self.store.run_in_turn(Box::pin(self.delete_some_ended())).await? {
            deleted += some;
            sleep(PAUSE).await;
        }
        while self.store.run_in_turn(Box::pin(self.delete_some_changes())).await? > 0 {
            sleep(PAUSE).await;
        }
        Ok(Tidied { ended, deleted })
    }

    async fn end_some_past_limits(&self) -> Result<u64> {
        let mut tx = self.store.begin().await?;
        let now = self.store.clock().now(&mut tx).await?;
        let past = |role| {
            let live = self.live_after(role, SiteStanding::default(), now);
            live.with_lag(REQUESTS_IN_TRANSIT)
        };
        let found = lock_logins_past_limits(&mut tx, &past(Role::Member), &past(Role::Staff), BATCH).await?;
        let ended = self.end_refused(&mut tx, &found, now).await?;
        tx.commit().await?;
        Ok(ended)
    }

    /// Ends those that the rule refuses, and returns how many.
    async fn end_refused(&self, tx: &mut Transaction, found: &[LoginPastLimits], now: Moment) -> Result<u64> {
        let asked: Vec<_> = found.iter().map(|row| (row.user_id, PublicId::from_stored(row.id.clone()))).collect();
        let mut ended = 0;
        for (found, asked) in found.chunks(MAX_STANDINGS_PER_STATEMENT).zip(asked.chunks(MAX_STANDINGS_PER_STATEMENT)) {
            let standings = list_login_standings(tx, self.store.clock(), asked).await?;
            for ((row, (user_id, session)), standing) in found.iter().zip(asked).zip(standings) {
                // Another cause may have come first, so the rule says why, as it would to the user.
                let login = ClaimedLogin { user_id: *user_id, session, login_date: row.login_date };
                let (_, verdict) = self.check_login(login, &standing);
                if let Err(reason) = verdict {
                    ended += u64::from(end(tx, *user_id, session, &standing, (reason, now)).await?);
                }
            }
        }
        Ok(ended)
    }

    async fn delete_some_ended(&self) -> Result<u64> {
        let mut tx = self.store.begin().await?;
        let now = self.store.clock().now(&mut tx).await?;
        let up_to = moment_before(now, self.settings.session_retention);
        let deleted = delete_ended_logins(&mut tx, up_to, BATCH).await?;
        tx.commit().await?;
        Ok(deleted)
    }

    async fn delete_some_changes(&self) -> Result<u64> {
        let mut tx = self.store.begin().await?;
        let deleted = delete_old_changes(&mut tx, CHANGES_KEPT, CHANGES_BATCH).await?;
        let now = self.store.clock().now(&mut tx).await?;
        delete_old_receipts(&mut tx, moment_before(now, RECEIPTS_KEPT)).await?;
        delete_old_bulk_records(&mut tx, moment_before(now, BULK_RECORDS_KEPT)).await?;
        let listed = delete_old_user_lists(&mut tx, moment_before(now, BULK_RECORDS_KEPT), CHANGES_BATCH).await?;
        delete_old_counters(&mut tx, now, CHANGES_BATCH).await?;
        tx.commit().await?;
        Ok(deleted + listed)
    }
}

/// Ends a login for the reason that the rule gives. Records an event if the login reached a limit. Any other cause
/// already has an event, so it is only written into the row.
async fn end(
    on: &mut dyn Sql,
    user_id: i64,
    login: &PublicId,
    standing: &LoginStanding,
    (reason, now): (EndReason, Moment),
) -> Result<bool> {
    if let (EndReason::Idle | EndReason::Expired, Some(account), Some(row)) =
        (reason, &standing.account, &standing.login)
    {
        let which = (row.kind.class(), login);
        return end_at_limit(on, (user_id, &account.username), which, (reason, now)).await;
    }
    let for_user = ReasonText::from_stored(standing.user_reason(reason).as_deref());
    let reasons = Reasons { for_user, ..Reasons::default() };
    // The login ended at that date, not when upkeep noticed it.
    let at = standing.forced_out_at(reason).map_or(now, |date| date.min(now));
    Ok(end_login(on, login, Ending { at, by: "", reason, reasons: &reasons }).await?)
}
