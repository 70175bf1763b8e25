//! Following the feed: whom a change concerns is forgotten, then woken, then reported.

use std::{convert::Infallible, time::Duration};

use rocket::{
    fairing::AdHoc,
    tokio::{self, time::sleep},
};

use super::{standings::Standings, watchers::Watchers};
use crate::{
    accounts::{Accounts, Node},
    store::{
        self,
        feed::{Change, Feed, News},
    },
};

/// How long a feed that has failed rests before it is opened again.
const REST: Duration = Duration::from_millis(500);

/// Follows the changes until the site shuts down.
pub(super) fn fairing() -> AdHoc {
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
            log::warn!("the feed of changes is interrupted, and the database is asked instead: {error}");
            sleep(REST).await;
        }
    }

    async fn read_feed(&self) -> store::Result<Infallible> {
        let mut feed = Feed::open(self.accounts.store()).await?;
        // Whatever happened before it was open.
        self.standings.forget(Change::Everyone);
        self.standings.feed_looked(feed.looked_at());
        self.watchers.feed_is_alive(true);
        self.watchers.wake(Change::Everyone);
        self.report(feed.asked_before().to_vec());
        loop {
            let news = feed.next(self.standings.hurry()).await?;
            for News { change, .. } in &news {
                self.standings.forget(*change);
                self.watchers.wake(*change);
            }
            self.standings.feed_looked(feed.looked_at());
            self.report(news.into_iter().filter_map(|news| news.receipt_for).collect());
        }
    }

    /// Reports what has been applied by now, beside the feed: it waits for nobody.
    fn report(&self, mut events: Vec<i64>) {
        if events.is_empty() {
            return;
        }
        // An act on many asks for each of them, by the event of one.
        events.sort_unstable();
        events.dedup();
        self.accounts.ends_may_be_left();
        let (accounts, node, at) = (self.accounts.clone(), self.node.clone(), self.accounts.store().clock().estimate());
        tokio::spawn(async move {
            if let Err(error) = accounts.report_applied(&node, &events, at).await {
                log::warn!("what this node has applied could not be reported: {error}");
            }
        });
    }
}
