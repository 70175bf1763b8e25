//! Counts what the overview charts: the live sessions once an hour, and the logins of past hours.

use std::time::Duration;

use chrono::{DurationRound as _, TimeDelta};

use crate::{
    accounts::{Accounts, Result},
    domain::moment::{Moment, moment_before},
    store::{
        lists::overview::count_live_sessions,
        logins::{
            by_hour::{HOUR, count_logins, delete_old_logins, find_last_counted_hour, insert_logins},
            live_samples::{delete_old_live_samples, has_live_sample, insert_live_sample},
        },
        site::get_site,
    },
};

/// How long a count is kept: a little longer than it is shown.
const KEPT: Duration = Duration::from_hours(15 * 24);
/// How long after its end an hour is counted. By that time, every transaction that began in the hour has ended.
const SETTLED_AFTER: TimeDelta = TimeDelta::minutes(5);

impl Accounts {
    /// Counts the live sessions, once per hour over all nodes.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn sample_live_sessions(&self) -> Result<()> {
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        let hour = hour_of(now);
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

    /// Counts the logins of the past hours that are not counted yet.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn count_past_logins(&self) -> Result<()> {
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        let (oldest, end) = (hour_of(moment_before(now, KEPT)), hour_of(now - SETTLED_AFTER));
        let from = find_last_counted_hour(&mut on).await?.map_or(oldest, |last| oldest.max(last + HOUR));
        if from >= end {
            return Ok(());
        }
        let counted = count_logins(&mut on, from, end).await?;
        drop(on);
        let mut tx = self.store.begin().await?;
        for hour in counted {
            insert_logins(&mut tx, hour).await?;
        }
        delete_old_logins(&mut tx, oldest).await?;
        Ok(tx.commit().await?)
    }
}

fn hour_of(moment: Moment) -> Moment {
    moment.duration_trunc(HOUR).unwrap_or(moment)
}
