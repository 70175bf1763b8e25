//! Erases what identifies a person from the events of deleted accounts.

use std::time::Duration;

use rocket::tokio::time::sleep;

use crate::{
    accounts::{Accounts, Result},
    store::events::{
        chain::read::may_delete_events,
        erase::{delete_erasure, erase_some_events_of, has_erasures, lock_erasure},
    },
};

/// How many events one transaction erases.
const BATCH: i64 = 500;
/// The pause between two batches, so that other writers are not held up.
const PAUSE: Duration = Duration::from_millis(50);

impl Accounts {
    /// Erases the email, the addresses and the user agents from the events of deleted accounts, and returns how many
    /// events it changed. Several nodes may do this at the same time: each account is one node's. Does nothing if the database
    /// role may not delete events, as [`Self::purge_events`].
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond. Earlier batches stay done.
    pub async fn erase_events_of_deleted(&self) -> Result<u64> {
        if !may_delete_events(&mut self.store.read().await?).await? {
            return Ok(0);
        }
        let mut erased = 0;
        while let Some(some) = self.store.run_in_turn(Box::pin(self.erase_some())).await? {
            erased += some;
            sleep(PAUSE).await;
        }
        Ok(erased)
    }

    /// Erases one batch. `None` if there is nothing to erase.
    async fn erase_some(&self) -> Result<Option<u64>> {
        if !has_erasures(&mut self.store.read().await?).await? {
            return Ok(None);
        }
        let mut tx = self.store.begin().await?;
        let Some(user_id) = lock_erasure(&mut tx).await? else { return Ok(None) };
        let erased = erase_some_events_of(&mut tx, user_id, BATCH).await?;
        if erased == 0 {
            delete_erasure(&mut tx, user_id).await?;
        }
        tx.commit().await?;
        Ok(Some(erased))
    }
}
