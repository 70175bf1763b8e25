//! Ends all logins of an account together.
//!
//! The account's force-logout date, written in the same transaction, is what ends them. For a few logins, the same
//! transaction also writes who ended them into each row. For more, a background task writes that in batches. So the
//! action takes no longer for an account with a million logins.

use std::time::Duration;

use rocket::tokio::time::sleep;

use crate::{
    accounts::{Accounts, LoginCounts, Result, locked::Locked},
    domain::{logins::live::LiveAfter, moment::Moment, reason::EndReason, reason_text::Reasons},
    store::{
        Sql,
        logins::{
            Ending, count_live_logins, end_live_logins,
            ends::{insert_login_end, lock_login_ends, write_login_ends},
        },
        users,
    },
};

/// At most this many rows are written in the action's own transaction.
const MAX_WRITTEN_NOW: u64 = 200;
/// At most this many rows are written per background transaction, for at most as many accounts.
const BATCH: u32 = 500;
/// The pause between two background transactions.
const PAUSE: Duration = Duration::from_millis(20);
/// How long the writer waits for more rows before it starts.
const GATHERING_TIME: Duration = Duration::from_millis(200);
/// The pause after a failure.
const RETRY_AFTER: Duration = Duration::from_secs(10);

impl Accounts {
    /// Sets the force-logout date of a locked account, which ends its logins made at `date` or before. Returns how many
    /// live ones there are.
    pub(in crate::accounts) async fn end_logins_until(
        &self,
        on: &mut dyn Sql,
        locked: &Locked,
        date: Moment,
        by: &str,
        (reason, reasons): (EndReason, &Reasons),
    ) -> Result<LoginCounts> {
        users::set_force_logout_date(on, locked.user.id, date, reason, reasons).await?;
        self.record_live_logins_ended(on, locked, date, Ending { at: locked.now, by, reason, reasons }).await
    }

    /// Records who ended the live logins of a locked account that were made at `date` or before, and returns how many
    /// there are. Something else must end them in the same transaction: the account's date, or its deletion.
    pub(in crate::accounts) async fn record_live_logins_ended(
        &self,
        on: &mut dyn Sql,
        locked: &Locked,
        date: Moment,
        ending: Ending<'_>,
    ) -> Result<LoginCounts> {
        let live = self.live_logins_after(&locked.user, locked.site, locked.now);
        record_ends(on, locked.user.id, date, &live, ending).await
    }

    /// Wakes the background writer after a change in the feed: another process, such as a command, may have left rows
    /// to write.
    pub fn wake_end_writer(&self) {
        self.leftover_ends.notify_one();
    }

    /// Writes who ended which logins whenever there are rows to write. Runs until the server stops.
    pub async fn keep_writing_login_ends(&self) {
        loop {
            self.leftover_ends.notified().await;
            sleep(GATHERING_TIME).await;
            if let Err(error) = self.write_ends().await {
                log::warn!("could not write who ended which logins, will retry: {error}");
                sleep(RETRY_AFTER).await;
                self.leftover_ends.notify_one();
            }
        }
    }

    /// Writes all pending rows, including those that another process left.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond. What was written stays written.
    pub async fn write_ends(&self) -> Result<()> {
        while self.store.run_in_turn(Box::pin(self.write_some_ends())).await? {
            sleep(PAUSE).await;
        }
        Ok(())
    }

    async fn write_some_ends(&self) -> Result<bool> {
        let mut tx = self.store.begin().await?;
        let ends = lock_login_ends(&mut tx, None, BATCH).await?;
        write_login_ends(&mut tx, &ends, BATCH).await?;
        tx.commit().await?;
        Ok(!ends.is_empty())
    }
}

/// Ends the logins that are live by `live`.
pub(super) async fn record_ends(
    on: &mut dyn Sql,
    user_id: i64,
    up_to: Moment,
    live: &LiveAfter,
    ending: Ending<'_>,
) -> Result<LoginCounts> {
    let counts = count_live_logins(on, user_id, None, up_to, live).await?;
    if counts.all() <= MAX_WRITTEN_NOW {
        return Ok(end_live_logins(on, user_id, (up_to, MAX_WRITTEN_NOW), live, ending).await?);
    }
    insert_login_end(on, user_id, up_to, live, ending).await?;
    Ok(counts)
}

/// Writes the pending ends of a locked account before its next act, so that the rows do not show that act as their
/// cause. Beyond [`BATCH`] rows, the rest show it until the writer gets to them.
pub(super) async fn write_ends_of(on: &mut dyn Sql, user_id: i64) -> Result<()> {
    let ends = lock_login_ends(on, Some(user_id), BATCH).await?;
    Ok(write_login_ends(on, &ends, BATCH).await?)
}
