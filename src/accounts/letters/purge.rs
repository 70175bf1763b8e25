//! Deletes old letters and links.

use std::time::Duration;

use rocket::tokio::time::sleep;

use crate::{
    accounts::{Accounts, Result},
    domain::{
        letters::{link::MAX_LINK_LIFETIME, sending::LIMIT_PERIOD},
        moment::moment_before,
    },
    store::{
        letters::{erased::delete_erased_letters_before, listed::delete_letters_before},
        links::delete_links_before,
    },
};

/// How long a letter is kept after its waiting ended.
const LETTERS_KEPT: Duration = Duration::from_hours(7 * 24);
/// How long a link is kept. A day more than any works.
const LINKS_KEPT: Duration = MAX_LINK_LIFETIME.saturating_add(Duration::from_hours(24));
/// How many rows one transaction deletes.
const BATCH: i64 = 500;
/// The pause between two batches, so that other writers are not held up.
const PAUSE: Duration = Duration::from_millis(50);

impl Accounts {
    /// Deletes the letters that were finished, and the links that were issued, long ago, and what stayed of the letters
    /// of deleted accounts. Returns how many. Several
    /// nodes may do this at the same time.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond. Earlier batches stay done.
    pub async fn purge_letters(&self) -> Result<u64> {
        let mut purged = 0;
        while let some @ 1.. = self.store.run_in_turn(Box::pin(self.purge_some_letters())).await? {
            purged += some;
            sleep(PAUSE).await;
        }
        Ok(purged)
    }

    async fn purge_some_letters(&self) -> Result<u64> {
        let mut tx = self.store.begin().await?;
        let now = self.store.clock().now(&mut tx).await?;
        let letters = delete_letters_before(&mut tx, moment_before(now, LETTERS_KEPT), BATCH).await?;
        let erased = delete_erased_letters_before(&mut tx, moment_before(now, LIMIT_PERIOD), BATCH).await?;
        let links = delete_links_before(&mut tx, moment_before(now, LINKS_KEPT), BATCH).await?;
        tx.commit().await?;
        Ok(letters + erased + links)
    }
}
