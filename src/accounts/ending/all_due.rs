//! What comes due while nobody asks: noted by the site itself, so that staff see it as done and its
//! event tells when it happened.

use crate::{
    accounts::{Accounts, Result},
    store::{site::get_site, users::list_due_users},
};

/// How many accounts are looked for at once.
const AT_ONCE: i64 = 500;

impl Accounts {
    /// Notes what has come due for anybody: scheduled force logouts, the site's own, and deactivations
    /// that are over.
    ///
    /// # Errors
    /// When the database does not answer; what was noted stays noted.
    pub async fn apply_all_due(&self) -> Result<()> {
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        let is_due_for_everyone = get_site(&mut on).await?.force_logout_scheduled.is_some_and(|at| at <= now);
        drop(on);
        if is_due_for_everyone {
            let mut tx = self.store.begin().await?;
            self.lock_site(&mut tx).await?;
            tx.commit().await?;
        }
        let mut after = 0;
        loop {
            let due = list_due_users(&mut self.store.read().await?, now, after, AT_ONCE).await?;
            let Some(last) = due.last() else { return Ok(()) };
            after = *last;
            for id in due {
                self.apply_due(id).await?;
            }
        }
    }
}
