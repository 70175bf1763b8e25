//! Derives what the staff's list filters and sorts by, for logins that were written or changed by hand.

use std::time::Duration;

use rocket::tokio::time::sleep;

use crate::{
    accounts::{Accounts, Result},
    store::logins::describe::{describe_some_logins, has_logins_to_describe},
};

/// How many logins one transaction describes.
const BATCH: i64 = 500;
/// The pause between two batches, so that other writers are not held up.
const PAUSE: Duration = Duration::from_millis(20);

impl Accounts {
    /// Describes the logins that wait for it, and returns how many. Several nodes may do this at the same time.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond. Earlier batches stay done.
    pub async fn describe_logins(&self) -> Result<u64> {
        let mut described = 0;
        while let some @ 1.. = self.store.run_in_turn(Box::pin(self.describe_some())).await? {
            described += some;
            sleep(PAUSE).await;
        }
        Ok(described)
    }

    /// Describes one batch, before a list is read: staff look for a login that was just written by hand. A list that
    /// cannot be described is still shown.
    pub(in crate::accounts) async fn describe_before_listing(&self) {
        if let Err(error) = self.store.run_in_turn(Box::pin(self.describe_some())).await {
            log::warn!("could not derive the traits of logins, will retry: {}", error.for_log());
        }
    }

    async fn describe_some(&self) -> Result<u64> {
        let mut on = self.store.read().await?;
        if !has_logins_to_describe(&mut on).await? {
            return Ok(0);
        }
        drop(on);
        let mut tx = self.store.begin().await?;
        let described = describe_some_logins(&mut tx, BATCH).await?;
        tx.commit().await?;
        Ok(described)
    }
}
