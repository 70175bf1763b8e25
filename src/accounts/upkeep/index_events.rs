//! Indexing what acts on many have left for afterwards.

use std::time::Duration;

use rocket::tokio::time::sleep;

use crate::{
    accounts::{Accounts, Result},
    domain::moment::moment_before,
    store::{
        bulk::acts::is_bulk_action_running,
        events::index::{has_events_to_index, index_some_events},
    },
};

/// How many events one transaction indexes.
const BATCH: i64 = 500;
/// Between two batches, so that nobody who writes is held up.
const PAUSE: Duration = Duration::from_millis(20);
/// An act that has made no progress for so long has been broken off, and is waited for no longer.
const BROKEN_OFF_AFTER: Duration = Duration::from_mins(1);

impl Accounts {
    /// Indexes the names in the events that are left, unless an act on many is at work, which would take longer
    /// for it; says how many. Any number of nodes may do it at once.
    ///
    /// # Errors
    /// When the database does not answer; the batches before that are done.
    pub async fn index_events(&self) -> Result<u64> {
        let mut indexed = 0;
        while let some @ 1.. = self.store.work_in_turn(Box::pin(self.index_some())).await? {
            indexed += some;
            sleep(PAUSE).await;
        }
        Ok(indexed)
    }

    async fn index_some(&self) -> Result<u64> {
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        if !has_events_to_index(&mut on).await?
            || is_bulk_action_running(&mut on, moment_before(now, BROKEN_OFF_AFTER)).await?
        {
            return Ok(0);
        }
        drop(on);
        let mut tx = self.store.begin().await?;
        let indexed = index_some_events(&mut tx, BATCH).await?;
        tx.commit().await?;
        Ok(indexed)
    }
}
