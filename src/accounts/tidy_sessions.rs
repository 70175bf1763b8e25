//! Tidying the sessions and tokens: what reached its limits unnoticed is ended, what was ended long ago goes,
//! and so do the notes of changes that every node has read.
//!
//! In small batches with a pause between, so that nobody who writes is held up. Any number of nodes
//! may do it at once: each session is ended by one of them, with one event.

use std::time::Duration;

use rocket::tokio::time::sleep;

use super::{Accounts, JudgedLogin, Result, fold::stored, note_activity::end_at_limit};
use crate::{
    domain::{moment::Moment, reason::EndReason, reason_text::Reasons, role::Role, session_secret::SessionId},
    settings::moment_before,
    store::{
        Sql, Transaction,
        bulk_acts::delete_old_bulk_acts,
        receipts::delete_old_receipts,
        session_upkeep::{PastLimits, delete_ended_sessions, delete_old_changes, lock_sessions_past_limits},
        sessions::{self, Ending, LiveAfter},
        shared_counters::delete_old_counters,
        standing::{LoginStanding, STANDINGS_AT_ONCE, list_login_standings},
        token_upkeep::{delete_ended_tokens, lock_tokens_past_expiry},
        tokens,
    },
};

/// How many sessions one transaction ends or deletes.
const BATCH: i64 = 200;
/// How many changes are kept for whoever reads them, which is a matter of seconds: an act on many users
/// makes tens of thousands of them in a second.
const CHANGES_KEPT: i64 = 200_000;
/// How many of the others one transaction deletes: small rows, which nobody waits for.
const CHANGES_BATCH: i64 = 5_000;
/// How long a receipt is kept: staff look at it in the minutes after an act.
const RECEIPTS_KEPT: Duration = Duration::from_hours(24);
/// How long staff can see what came of an act on many users.
const BULK_ACTS_KEPT: Duration = Duration::from_hours(30 * 24);
/// Between two batches.
const PAUSE: Duration = Duration::from_millis(50);
/// So long an idle session is left to the gate: the request that shows that its person is still
/// there may be on its way to the database, from another node.
const NOTES_ON_THEIR_WAY: Duration = Duration::from_mins(1);

/// What was tidied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tidied {
    /// Sessions and tokens that had reached a limit or were out already, and are ended now.
    pub ended: u64,
    /// Ended ones that were kept for long enough, and are gone now.
    pub deleted: u64,
}

impl Accounts {
    /// Ends the sessions and tokens that are past their limits, then deletes those that were ended longer ago
    /// than the settings keep them.
    ///
    /// # Errors
    /// When the database does not answer; the batches before that are done.
    pub async fn tidy_sessions(&self) -> Result<Tidied> {
        self.flush_activity().await?;
        self.write_ends().await?;
        let (mut ended, mut deleted) = (0, 0);
        while let some @ 1.. = self.store.work_in_turn(Box::pin(self.end_some_past_limits())).await? {
            ended += some;
            sleep(PAUSE).await;
        }
        while let some @ 1.. = self.store.work_in_turn(Box::pin(self.end_some_expired_tokens())).await? {
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
        let past = |role| self.long_past(role, now);
        let found = lock_sessions_past_limits(&mut tx, past(Role::Member), past(Role::Staff), BATCH).await?;
        let ended = self.end_refused(&mut tx, &found, false, now).await?;
        tx.commit().await?;
        Ok(ended)
    }

    async fn end_some_expired_tokens(&self) -> Result<u64> {
        let mut tx = self.store.begin().await?;
        let now = self.store.clock().now(&mut tx).await?;
        let found = lock_tokens_past_expiry(&mut tx, now, BATCH).await?;
        let ended = self.end_refused(&mut tx, &found, true, now).await?;
        tx.commit().await?;
        Ok(ended)
    }

    /// Ends those that the rule refuses; how many.
    async fn end_refused(
        &self,
        tx: &mut Transaction,
        found: &[PastLimits],
        are_tokens: bool,
        now: Moment,
    ) -> Result<u64> {
        let asked: Vec<_> = found.iter().map(|row| (row.user_id, SessionId::from_stored(row.id.clone()))).collect();
        let mut ended = 0;
        for (found, asked) in found.chunks(STANDINGS_AT_ONCE).zip(asked.chunks(STANDINGS_AT_ONCE)) {
            let standings = list_login_standings(tx, self.store.clock(), asked).await?;
            for ((row, (user_id, session)), standing) in found.iter().zip(asked).zip(standings) {
                // The rule says why, as it would say to the person; it may have been another cause.
                let login = JudgedLogin { user_id: *user_id, session, login_date: row.login_date };
                let (_, verdict) = self.check_login(login, &standing);
                if let Err(reason) = verdict {
                    ended += u64::from(end(tx, *user_id, (session, are_tokens), &standing, (reason, now)).await?);
                }
            }
        }
        Ok(ended)
    }

    async fn delete_some_ended(&self) -> Result<u64> {
        let mut tx = self.store.begin().await?;
        let now = self.store.clock().now(&mut tx).await?;
        let up_to = moment_before(now, self.settings.session_retention);
        let deleted =
            delete_ended_sessions(&mut tx, up_to, BATCH).await? + delete_ended_tokens(&mut tx, up_to, BATCH).await?;
        tx.commit().await?;
        Ok(deleted)
    }

    async fn delete_some_changes(&self) -> Result<u64> {
        let mut tx = self.store.begin().await?;
        let deleted = delete_old_changes(&mut tx, CHANGES_KEPT, CHANGES_BATCH).await?;
        let now = self.store.clock().now(&mut tx).await?;
        delete_old_receipts(&mut tx, moment_before(now, RECEIPTS_KEPT)).await?;
        delete_old_bulk_acts(&mut tx, moment_before(now, BULK_ACTS_KEPT)).await?;
        delete_old_counters(&mut tx, now, CHANGES_BATCH).await?;
        tx.commit().await?;
        Ok(deleted)
    }

    fn long_past(&self, role: Role, now: Moment) -> LiveAfter {
        let limits = self.settings.limits(role);
        let opened = moment_before(now, limits.lifetime);
        LiveAfter { login: opened, opened, seen: moment_before(now, limits.idle.saturating_add(NOTES_ON_THEIR_WAY)) }
    }
}

/// Ends a session, or a token, for the reason that the rule gives. A limit that was reached is told; any other
/// cause was told when it came about, and is only written into the session.
async fn end(
    on: &mut impl Sql,
    user_id: i64,
    (session, is_token): (&SessionId, bool),
    standing: &LoginStanding,
    (reason, now): (EndReason, Moment),
) -> Result<bool> {
    if let (EndReason::Idle | EndReason::Expired, Some(account)) = (reason, &standing.account) {
        return end_at_limit(on, (user_id, &account.username), (session, is_token), (reason, now)).await;
    }
    let for_user = stored(standing.user_reason(reason).as_deref());
    let reasons = Reasons { for_user, ..Reasons::default() };
    let ending = Ending { at: now, by: "", reason, reasons: &reasons };
    Ok(if is_token {
        tokens::end_token(on, session, ending).await?
    } else {
        sessions::end_session(on, session, ending).await?
    })
}
