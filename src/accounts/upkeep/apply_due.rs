//! Applies what has come due, of one account or of all.

use crate::{
    accounts::{Accounts, Result},
    store::{site, users},
};

/// How many due accounts one query lists.
const PAGE: i64 = 500;

impl Accounts {
    /// Applies what has come due for one account and for the site. Does nothing if nothing is due.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn apply_due(&self, user_id: i64) -> Result<()> {
        let mut tx = self.store.begin().await?;
        self.lock_account(&mut tx, user_id).await?;
        Ok(tx.commit().await?)
    }

    /// Applies what has come due for every account and for the site.
    ///
    /// # Errors
    /// Returns an error if the database does not respond. What was applied stays applied.
    pub async fn apply_all_due(&self) -> Result<()> {
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        let is_due_for_everyone = site::get_site(&mut on).await?.force_logout_scheduled.is_some_and(|at| at <= now);
        drop(on);
        if is_due_for_everyone {
            let mut tx = self.store.begin().await?;
            self.lock_site(&mut tx).await?;
            tx.commit().await?;
        }
        let mut after = 0;
        loop {
            let due = users::list_due_users(&mut self.store.read().await?, now, after, PAGE).await?;
            let Some(last) = due.last() else { return Ok(()) };
            after = *last;
            for id in due {
                self.apply_due(id).await?;
            }
        }
    }
}
