//! Ending the logins of an account together: the sessions of its browsers, the tokens of its programs.
//!
//! What puts them out is the account's date, in the same transaction. Who ended a few logins is written into
//! them there and then; into many, in batches afterwards. So an act takes no longer, and always succeeds, for an
//! account that is logged in a million times.

use std::time::Duration;

use rocket::tokio::time::sleep;

use super::due::Locked;
use crate::{
    accounts::{Accounts, LoginCounts, Result},
    domain::{logins::live::LiveAfter, moment::Moment},
    store::{
        Sql,
        logins::{
            Chosen, Ending, count_live_logins, end_live_logins,
            ends::{insert_login_end, lock_login_ends, write_login_ends},
        },
    },
};

/// Up to so many are written at once.
const AT_ONCE: u64 = 200;
/// So many are written by one transaction afterwards, of as many accounts at most.
const BATCH: u32 = 500;
/// Between two of them.
const PAUSE: Duration = Duration::from_millis(20);
/// How long the writer waits for more rows before it starts.
const GATHERED_FOR: Duration = Duration::from_millis(200);

impl Accounts {
    /// Ends the live logins of a locked account that were made at `up_to` or before; how many there are.
    /// The account's date must put them out in the same transaction.
    pub(in crate::accounts) async fn end_live_logins(
        &self,
        on: &mut impl Sql,
        locked: &Locked,
        up_to: Moment,
        ending: Ending<'_>,
    ) -> Result<LoginCounts> {
        let live = self.live_logins_after(&locked.user, locked.site, locked.now);
        end_logins_after(on, locked.user.id, up_to, &live, ending).await
    }

    /// Wakes the writer after a change of the feed: another process, such as a command, may have left rows to write.
    pub fn ends_may_be_left(&self) {
        self.has_leftover_ends.notify_one();
    }

    /// Writes who ended which logins, whenever there may be rows to write. Runs until the server stops.
    pub async fn keep_writing_ends(&self) {
        loop {
            self.has_leftover_ends.notified().await;
            sleep(GATHERED_FOR).await;
            if let Err(error) = self.write_ends().await {
                log::warn!("who ended logins could not be written into them, and will be: {error}");
            }
        }
    }

    /// Writes what is left to write, whoever left it.
    ///
    /// # Errors
    /// When the database does not answer; what was written stays written.
    pub async fn write_ends(&self) -> Result<()> {
        while self.store.work_in_turn(Box::pin(self.write_some_ends())).await? {
            sleep(PAUSE).await;
        }
        Ok(())
    }

    async fn write_some_ends(&self) -> Result<bool> {
        let mut tx = self.store.begin().await?;
        let notes = lock_login_ends(&mut tx, None, BATCH).await?;
        write_login_ends(&mut tx, &notes, BATCH).await?;
        tx.commit().await?;
        Ok(!notes.is_empty())
    }
}

/// The same with those logins taken for live.
pub(super) async fn end_logins_after(
    on: &mut impl Sql,
    user_id: i64,
    up_to: Moment,
    live: &LiveAfter,
    ending: Ending<'_>,
) -> Result<LoginCounts> {
    let counts = count_live_logins(on, user_id, Chosen::UpTo(up_to), live).await?;
    if counts.all() <= AT_ONCE {
        return Ok(end_live_logins(on, user_id, (Chosen::UpTo(up_to), AT_ONCE), live, ending).await?);
    }
    insert_login_end(on, user_id, up_to, live, ending).await?;
    Ok(counts)
}

/// Writes the pending ends of a locked account before its next act, so that the next act is not shown as their cause.
/// If there are more than [`BATCH`], the rest shows the next act until the writer gets to them.
pub(super) async fn write_ends_of(on: &mut impl Sql, user_id: i64) -> Result<()> {
    let notes = lock_login_ends(on, Some(user_id), BATCH).await?;
    Ok(write_login_ends(on, &notes, BATCH).await?)
}
