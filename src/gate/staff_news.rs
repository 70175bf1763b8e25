//! Looks for new events of the site, for the open pages of staff.

use std::{future::pending, time::Duration};

use rocket::tokio::time::sleep;

use super::LiveLogin;
use crate::{accounts::Accounts, domain::moment::Moment};

/// How often the stream of a staff login looks for new events.
const INTERVAL: Duration = Duration::from_secs(2);

/// The news for one login. Members get none, ever: what others do is not their business.
pub(super) struct StaffNews<'a> {
    accounts: Option<&'a Accounts>,
    reported: Option<Moment>,
}

impl<'a> StaffNews<'a> {
    /// A login whose role becomes lower ends, so its role is read once.
    pub(super) fn of(login: &LiveLogin, accounts: &'a Accounts) -> Self {
        Self { accounts: login.role().is_staff().then_some(accounts), reported: None }
    }

    /// Waits until there is an event that is newer than the last one returned, and returns its time.
    pub(super) async fn next(&mut self) -> Moment {
        let Some(accounts) = self.accounts else { return pending().await };
        loop {
            sleep(INTERVAL).await;
            // A database that does not respond has no news.
            let newest = accounts.find_newest_event_time().await.ok().flatten();
            if let Some(at) = newest.filter(|at| self.reported.is_none_or(|reported| *at > reported)) {
                self.reported = Some(at);
                return at;
            }
        }
    }
}
