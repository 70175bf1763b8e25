//! Indexes the events of bulk actions in the background.

use std::time::Duration;

use rocket::tokio::time::sleep;

use crate::{
    accounts::{Accounts, Result},
    domain::moment::moment_before,
    store::{
        bulk::records::is_bulk_action_running,
        events::index::{has_events_to_index, index_some_events},
    },
};

/// How many events one transaction indexes.
const BATCH: i64 = 500;
/// The pause between two batches, so that other writers are not held up.
const PAUSE: Duration = Duration::from_millis(20);
/// A bulk action that makes no progress for this long was interrupted, so indexing no longer waits for it.
const BROKEN_OFF_AFTER: Duration = Duration::from_mins(1);

impl Accounts {
    /// Indexes the names in events that are not indexed yet, and returns how many. Waits for a running bulk action,
    /// which would slow down otherwise. Several nodes may do this at the same
    /// time.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond. Earlier batches stay done.
    pub async fn index_events(&self) -> Result<u64> {
        let mut indexed = 0;
        while let some @ 1.. = self.store.run_in_turn(Box::pin(self.index_some())).await? {
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
