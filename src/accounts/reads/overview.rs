//! What the staff's overview shows.

use std::time::Duration;

use crate::{
    accounts::{Accounts, Result},
    domain::moment::{Moment, moment_before},
    store::{
        events::{EventRow, list_newest_events},
        lists::overview::{Counts, Scheduled, get_counts, list_scheduled},
        logins::{
            by_hour::{LoginsOfHour, list_logins},
            live_samples::list_live_samples,
        },
        site::{Site, get_site},
    },
};

/// The overview.
#[derive(Debug)]
pub struct Overview {
    /// The time of the read.
    pub now: Moment,
    /// The site's own row.
    pub site: Site,
    /// The counts.
    pub counts: Counts,
    /// The users' scheduled force logouts, soonest first.
    pub scheduled: Vec<Scheduled>,
    /// The newest events. A bulk action is one.
    pub events: Vec<EventRow>,
}

/// Logins and live sessions, hour by hour.
#[derive(Debug)]
pub struct Hours {
    /// The logins and failed logins.
    pub logins: Vec<LoginsOfHour>,
    /// The live sessions as counted at some time of each hour.
    pub live_sessions: Vec<(Moment, i64)>,
}

impl Accounts {
    /// Reads the overview, with the logins of the last `logins_within` and at most `limit` schedules and events.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn read_overview(&self, logins_within: Duration, limit: i64) -> Result<Overview> {
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        let site = get_site(&mut on).await?;
        let live = self.live_by_role(site.standing(), now);
        let counts = get_counts(&mut on, moment_before(now, logins_within), &live).await?;
        // One extra row shows whether there are more.
        let scheduled = list_scheduled(&mut on, limit + 1).await?;
        let events = list_newest_events(&mut on, limit).await?;
        Ok(Overview { now, site, counts, scheduled, events })
    }

    /// Reads the hours from `from` to `to`.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn read_hours(&self, from: Moment, to: Moment) -> Result<Hours> {
        let mut on = self.store.read().await?;
        let logins = list_logins(&mut on, from, to).await?;
        let live_sessions = list_live_samples(&mut on, from).await?;
        Ok(Hours { logins, live_sessions })
    }
}
