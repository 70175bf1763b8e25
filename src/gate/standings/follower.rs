//! Follows the feed of changes in a background task.
//!
//! The order matters for each change: invalidate the cache first, then wake the watchers, then report the change as
//! applied.

use std::{collections::BTreeSet, convert::Infallible, time::Duration};

use rocket::{
    fairing::AdHoc,
    tokio::{self, time::sleep},
};

use super::{Standings, watchers::Watchers};
use crate::{
    accounts::{Accounts, Node},
    store::{
        self, StoreError,
        feed::{Change, Feed, News},
    },
};

/// How long to wait before a failed feed is opened again, or a failed report is repeated.
const RETRY_DELAY: Duration = Duration::from_millis(500);
/// How often a report is tried. The delay doubles each time, so the last try comes after four minutes.
const REPORT_TRIES: u32 = 10;

/// At most this many reported events are remembered. Reporting an event twice does no harm.
const MAX_REPORTED: usize = 1_000;

/// Starts the follower at liftoff. It runs until the site shuts down.
pub(in crate::gate) fn fairing() -> AdHoc {
    AdHoc::on_liftoff("Feed of changes", |rocket| {
        Box::pin(async move {
            let (Some(accounts), Some(node), Some(standings), Some(watchers)) = (
                rocket.state::<Accounts>(),
                rocket.state::<Node>(),
                rocket.state::<Standings>(),
                rocket.state::<Watchers>(),
            ) else {
                return;
            };
            let follower = Follower {
                accounts: accounts.clone(),
                node: node.clone(),
                standings: standings.clone(),
                watchers: watchers.clone(),
            };
            let shutdown = rocket.shutdown();
            tokio::spawn(async move {
                tokio::select! {
                    () = follower.follow() => {}
                    // The requests still in progress read the database, and do not wait for the feed.
                    () = shutdown => follower.standings.feed_died(),
                }
            });
        })
    })
}

/// Applies the changes of the feed to the cache and the watchers, and reports them for its node.
#[derive(Debug)]
struct Follower {
    accounts: Accounts,
    node: Node,
    standings: Standings,
    watchers: Watchers,
}

impl Follower {
    /// Reads the feed forever, and opens it again after each failure.
    async fn follow(&self) {
        loop {
            let Err(error) = self.read_feed().await;
            self.standings.feed_died();
            self.watchers.set_feed_alive(false);
            // Already logged when the node lost its write access.
            if !matches!(error, StoreError::Unwritable) {
                log::warn!("the feed of changes failed; requests read the database until it is back: {error}");
            }
            sleep(RETRY_DELAY).await;
        }
    }

    async fn read_feed(&self) -> store::Result<Infallible> {
        let mut feed = Feed::open(self.accounts.store()).await?;
        // Changes may have been missed before the feed was open.
        self.standings.invalidate(Change::Everyone);
        self.standings.feed_polled(feed.looked_at());
        self.watchers.set_feed_alive(true);
        self.watchers.wake(Change::Everyone);
        let mut reported = ReportedEvents::default();
        self.report(reported.take_new(feed.recent_receipt_requests().iter().copied()));
        loop {
            let news = feed.next(self.standings.poll_now()).await?;
            for News { change, .. } in &news {
                self.standings.invalidate(*change);
                self.watchers.wake(*change);
            }
            self.standings.feed_polled(feed.looked_at());
            self.report(reported.take_new(news.into_iter().filter_map(|news| news.receipt_for)));
        }
    }

    /// Reports the events as applied, in a separate task, so that the feed does not wait for it.
    fn report(&self, events: Vec<i64>) {
        if events.is_empty() {
            return;
        }
        self.accounts.wake_end_writer();
        let (accounts, node, at) = (self.accounts.clone(), self.node.clone(), self.accounts.store().clock().estimate());
        tokio::spawn(async move {
            // A report that is lost stays missing from the receipt as long as this node runs.
            for tries in 1..=REPORT_TRIES {
                let Err(error) = accounts.report_applied(&node, &events, at).await else { return };
                log::warn!("this node could not report the changes that it has applied (try {tries}): {error}");
                if tries < REPORT_TRIES {
                    sleep(RETRY_DELAY * 2_u32.pow(tries - 1)).await;
                }
            }
        });
    }
}

/// The recently reported events. A bulk action requests the receipt of one event with the change of each user.
#[derive(Debug, Default)]
struct ReportedEvents(BTreeSet<i64>);

impl ReportedEvents {
    /// Returns the events that were not reported recently, without duplicates.
    fn take_new(&mut self, events: impl Iterator<Item = i64>) -> Vec<i64> {
        let new = events.filter(|event| self.0.insert(*event)).collect();
        while self.0.len() > MAX_REPORTED {
            self.0.pop_first();
        }
        new
    }
}
