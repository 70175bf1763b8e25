//! Counting the live sessions once an hour, for the overview.

use std::time::Duration;

use chrono::{DurationRound as _, TimeDelta};

use super::{Accounts, Result};
use crate::{
    settings::moment_before,
    store::{
        live_samples::{delete_old_live_samples, has_live_sample, insert_live_sample},
        overview::count_live_sessions,
        site::get_site,
    },
};

/// For how long a count is kept: a little longer than it is shown.
const KEPT: Duration = Duration::from_hours(15 * 24);

impl Accounts {
    /// Counts the live sessions, if nobody has in this hour.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sample_live_sessions(&self) -> Result<()> {
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        let hour = now.duration_trunc(TimeDelta::hours(1)).unwrap_or(now);
        if has_live_sample(&mut on, hour).await? {
            return Ok(());
        }
        let site = get_site(&mut on).await?.standing();
        let (live, _) = count_live_sessions(&mut on, &self.live_by_role(site, now)).await?;
        drop(on);
        let mut tx = self.store.begin().await?;
        insert_live_sample(&mut tx, hour, live).await?;
        delete_old_live_samples(&mut tx, moment_before(now, KEPT)).await?;
        Ok(tx.commit().await?)
    }
}
