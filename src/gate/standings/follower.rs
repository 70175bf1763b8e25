//! Following the feed: whom a change concerns is forgotten, then woken, then reported.

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
        standing::feed::{Change, Feed, News},
    },
};

/// How long a feed that has failed rests before it is opened again.
const REST: Duration = Duration::from_millis(500);

/// So many events are known to have been reported; reporting one again does no harm.
const REPORTED_KEPT: usize = 1_000;

/// Follows the changes until the site shuts down.
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
                    () = shutdown => {}
                }
            });
        })
    })
}

/// Whoever needs to hear of changes, and the node that reports them as applied.
#[derive(Debug)]
struct Follower {
    accounts: Accounts,
    node: Node,
    standings: Standings,
    watchers: Watchers,
}

impl Follower {
    /// Reads the feed, and opens it anew where it failed; never ends.
    async fn follow(&self) {
        loop {
            let Err(error) = self.read_feed().await;
            self.standings.feed_died();
            self.watchers.feed_is_alive(false);
            // That this node cannot write has been said.
            if !matches!(error, StoreError::Unwritable) {
                log::warn!("the feed of changes is interrupted, and the database is asked instead: {error}");
            }
            sleep(REST).await;
        }
    }

    async fn read_feed(&self) -> store::Result<Infallible> {
        let mut feed = Feed::open(self.accounts.store()).await?;
        // Whatever happened before it was open.
        self.standings.forget(Change::Everyone);
        self.standings.feed_polled(feed.looked_at());
        self.watchers.feed_is_alive(true);
        self.watchers.wake(Change::Everyone);
        let mut reported = Reported::default();
        self.report(reported.new_among(feed.asked_before().iter().copied()));
        loop {
            let news = feed.next(self.standings.hurry()).await?;
            for News { change, .. } in &news {
                self.standings.forget(*change);
                self.watchers.wake(*change);
            }
            self.standings.feed_polled(feed.looked_at());
            self.report(reported.new_among(news.into_iter().filter_map(|news| news.receipt_for)));
        }
    }

    /// Reports what has been applied by now, beside the feed: it waits for nobody.
    fn report(&self, events: Vec<i64>) {
        if events.is_empty() {
            return;
        }
        self.accounts.ends_may_be_left();
        let (accounts, node, at) = (self.accounts.clone(), self.node.clone(), self.accounts.store().clock().estimate());
        tokio::spawn(async move {
            if let Err(error) = accounts.report_applied(&node, &events, at).await {
                log::warn!("what this node has applied could not be reported: {error}");
            }
        });
    }
}

/// The events that were reported lately: an act on many asks for each of its users, by the event of one.
#[derive(Debug, Default)]
struct Reported(BTreeSet<i64>);

impl Reported {
    /// Those that were not reported lately, each once.
    fn new_among(&mut self, events: impl Iterator<Item = i64>) -> Vec<i64> {
        let new = events.filter(|event| self.0.insert(*event)).collect();
        while self.0.len() > REPORTED_KEPT {
            self.0.pop_first();
        }
        new
    }
}
