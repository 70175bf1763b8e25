//! Tidying the logins: ends those that reached a limit unnoticed, and deletes those that ended long ago and the changes
//! that every node has read.
//!
//! In small batches with a pause between, so that nobody who writes is held up. Any number of nodes
//! may do it at once: each login is ended by one of them, with one event.

use std::time::Duration;

use rocket::tokio::time::sleep;

use crate::{
    accounts::{Accounts, JudgedLogin, Result, ending::due::stored, logins::record_activity::end_at_limit},
    domain::{
        logins::session_secret::SessionId,
        moment::{Moment, moment_before},
        people::role::Role,
        reason::EndReason,
        reason_text::Reasons,
        standing::SiteStanding,
    },
    store::{
        Sql, Transaction,
        bulk::acts::delete_old_bulk_acts,
        fleet::{receipts::delete_old_receipts, shared_counters::delete_old_counters},
        logins::{
            Ending, end_login,
            upkeep::{PastLimits, delete_ended_logins, delete_old_changes, lock_logins_past_limits},
        },
        standing::{LoginStanding, STANDINGS_AT_ONCE, list_login_standings},
    },
};

/// How many logins one transaction ends or deletes.
const BATCH: i64 = 200;
/// How many changes are kept for whoever reads them, which is a matter of seconds: an act on many users
/// makes tens of thousands of them in a second.
const CHANGES_KEPT: i64 = 200_000;
/// How many of the others one transaction deletes: small rows, which nobody waits for.
const CHANGES_BATCH: i64 = 5_000;
/// How long a receipt is kept: staff look at it in the minutes after an act.
const RECEIPTS_KEPT: Duration = Duration::from_hours(24);
/// How long staff can see what came of an act on many users.
const BULK_RECORDS_KEPT: Duration = Duration::from_hours(30 * 24);
/// Between two batches.
const PAUSE: Duration = Duration::from_millis(50);
/// So long an idle session is left to the gate: the request that shows that its person is still
/// there may be on its way to the database, from another node.
const NOTES_ON_THEIR_WAY: Duration = Duration::from_mins(1);

/// What was tidied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tidied {
    /// Logins that had reached a limit or were out already, and are ended now.
    pub ended: u64,
    /// Ended ones that were kept for long enough, and are gone now.
    pub deleted: u64,
}

impl Accounts {
    /// Ends the logins that are past their limits, then deletes those that were ended longer ago
    /// than the settings keep them.
    ///
    /// # Errors
    /// When the database does not answer; the batches before that are done.
    pub async fn tidy_logins(&self) -> Result<Tidied> {
        self.flush_activity().await?;
        self.write_ends().await?;
        let (mut ended, mut deleted) = (0, 0);
        while let some @ 1.. = self.store.work_in_turn(Box::pin(self.end_some_past_limits())).await? {
            ended += some;
            sleep(PAUSE).await;
        }
        while let some @ 1.. = self.store.work_in_turn(Box::pin(self.delete_some_ended())).await? {
            deleted += some;
            sleep(PAUSE).await;
        }
        while self.store.work_in_turn(Box::pin(self.delete_some_changes())).await? > 0 {
            sleep(PAUSE).await;
        }
        Ok(Tidied { ended, deleted })
    }

    async fn end_some_past_limits(&self) -> Result<u64> {
        let mut tx = self.store.begin().await?;
        let now = self.store.clock().now(&mut tx).await?;
        let past = |role| {
            let live = self.live_after(role, SiteStanding::default(), now);
            live.with_lag(NOTES_ON_THEIR_WAY)
        };
        let found = lock_logins_past_limits(&mut tx, &past(Role::Member), &past(Role::Staff), BATCH).await?;
        let ended = self.end_refused(&mut tx, &found, now).await?;
        tx.commit().await?;
        Ok(ended)
    }

    /// Ends those that the rule refuses; how many.
    async fn end_refused(&self, tx: &mut Transaction, found: &[PastLimits], now: Moment) -> Result<u64> {
        let asked: Vec<_> = found.iter().map(|row| (row.user_id, SessionId::from_stored(row.id.clone()))).collect();
        let mut ended = 0;
        for (found, asked) in found.chunks(STANDINGS_AT_ONCE).zip(asked.chunks(STANDINGS_AT_ONCE)) {
            let standings = list_login_standings(tx, self.store.clock(), asked).await?;
            for ((row, (user_id, session)), standing) in found.iter().zip(asked).zip(standings) {
                // The rule says why, as it would say to the person; it may have been another cause.
                let login = JudgedLogin { user_id: *user_id, session, login_date: row.login_date };
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
        delete_old_bulk_acts(&mut tx, moment_before(now, BULK_RECORDS_KEPT)).await?;
        delete_old_counters(&mut tx, now, CHANGES_BATCH).await?;
        tx.commit().await?;
        Ok(deleted)
    }
}

/// Ends a login for the reason that the rule gives. Reaching a limit is an event; any other cause was one when it came
/// about, and is only written into the login.
async fn end(
    on: &mut impl Sql,
    user_id: i64,
    login: &SessionId,
    standing: &LoginStanding,
    (reason, now): (EndReason, Moment),
) -> Result<bool> {
    if let (EndReason::Idle | EndReason::Expired, Some(account), Some(row)) =
        (reason, &standing.account, &standing.login)
    {
        let which = (row.kind.class(), login);
        return end_at_limit(on, (user_id, &account.username), which, (reason, now)).await;
    }
    let for_user = stored(standing.user_reason(reason).as_deref());
    let reasons = Reasons { for_user, ..Reasons::default() };
    // The login ended at that date, not when upkeep noticed it.
    let at = standing.forced_out_at(reason).map_or(now, |date| date.min(now));
    Ok(end_login(on, login, Ending { at, by: "", reason, reasons: &reasons }).await?)
}
