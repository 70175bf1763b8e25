//! Fills in the browser, system and address of logins that were inserted or changed with SQL, so that staff find them.

use std::time::Duration;

use rocket::tokio::time::sleep;

use crate::{
    accounts::{Accounts, Result},
    store::logins::derive_traits::{derive_some_traits, has_logins_without_traits},
};

/// How many logins one transaction changes.
const BATCH: i64 = 500;
/// The pause between two batches, so that other writers are not held up.
const PAUSE: Duration = Duration::from_millis(20);

impl Accounts {
    /// Derives the traits of the logins without any, and returns how many logins. Several nodes may do this at the
    /// same time.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond. Earlier batches stay done.
    pub async fn derive_traits(&self) -> Result<u64> {
        let mut derived = 0;
        while let some @ 1.. = self.store.run_in_turn(Box::pin(self.derive_some_traits())).await? {
            derived += some;
            sleep(PAUSE).await;
        }
        Ok(derived)
    }

    /// Derives one batch before a list is read, so that it includes a login that was just inserted with SQL. If this
    /// fails, the list is still shown.
    pub(in crate::accounts) async fn derive_traits_before_listing(&self) {
        if let Err(error) = self.store.run_in_turn(Box::pin(self.derive_some_traits())).await {
            log::warn!("could not derive the traits of logins, will retry: {error}");
        }
    }

    async fn derive_some_traits(&self) -> Result<u64> {
        let mut on = self.store.read().await?;
        if !has_logins_without_traits(&mut on).await? {
            return Ok(0);
        }
        drop(on);
        let mut tx = self.store.begin().await?;
        let derived = derive_some_traits(&mut tx, BATCH).await?;
        tx.commit().await?;
        Ok(derived)
    }
}
