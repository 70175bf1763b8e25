//! What staff see of the letters.

use std::time::Duration;

use crate::{
    accounts::{Accounts, Result},
    domain::moment::{Moment, moment_before},
    store::letters::listed::{ListedLetter, count_failed_letters, count_waiting_letters, list_newest_letters},
};

/// The most letters that are counted. Counting more would slow the overview down just when the mail server is gone.
const MOST_COUNTED: i64 = 100;

/// Letters that give staff a reason to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LateLetters {
    /// How many wait although they are due or were tried.
    pub waiting: i64,
    /// Whether more wait than were counted.
    pub waiting_is_minimum: bool,
    /// Since when the first of them waits.
    pub since: Option<Moment>,
    /// How many were given up lately.
    pub failed: i64,
}

impl Accounts {
    /// Counts the letters that wait, and those that were given up in the last `within`.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn read_late_letters(&self, within: Duration) -> Result<LateLetters> {
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        let (waiting, since) = count_waiting_letters(&mut on, now, MOST_COUNTED).await?;
        let failed = count_failed_letters(&mut on, moment_before(now, within)).await?;
        Ok(LateLetters { waiting, waiting_is_minimum: waiting >= MOST_COUNTED, since, failed })
    }

    /// The newest letters, newest first, without what they say.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn list_newest_letters(&self, limit: i64) -> Result<Vec<ListedLetter>> {
        Ok(list_newest_letters(&mut self.store.read().await?, limit).await?)
    }
}
