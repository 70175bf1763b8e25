//! Forgetting what happened long ago.

use std::time::Duration;

use rocket::tokio::time::sleep;

use super::{Accounts, Result};
use crate::{settings::moment_before, store::events::delete_old_events};

/// How many events one transaction deletes.
const BATCH: i64 = 500;
/// Between two batches, so that nobody who writes is held up.
const PAUSE: Duration = Duration::from_millis(50);

impl Accounts {
    /// Deletes the events that are older than the settings keep them; says how many. Any number of
    /// nodes may do it at once.
    ///
    /// # Errors
    /// When the database does not answer; the batches before that are done.
    pub async fn purge_events(&self) -> Result<u64> {
        let mut purged = 0;
        while let some @ 1.. = self.store.work_in_turn(Box::pin(self.purge_some_events())).await? {
            purged += some;
            sleep(PAUSE).await;
        }
        Ok(purged)
    }

    async fn purge_some_events(&self) -> Result<u64> {
        let mut tx = self.store.begin().await?;
        let now = self.store.clock().now(&mut tx).await?;
        let up_to = moment_before(now, self.settings.event_retention);
        let deleted = delete_old_events(&mut tx, up_to, BATCH).await?;
        tx.commit().await?;
        Ok(deleted)
    }
}
