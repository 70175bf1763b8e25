//! Following the feed: whom a change concerns is forgotten, and then woken.

use std::time::Duration;

use rocket::{
    fairing::AdHoc,
    tokio::{self, time::sleep},
};

use super::{standings::Standings, watchers::Watchers};
use crate::{
    accounts::Accounts,
    store::{
        Store,
        feed::{Change, Feed},
    },
};

/// How long a feed that has failed rests before it is opened again.
const REST: Duration = Duration::from_millis(500);

/// Follows the changes until the site shuts down.
pub(super) fn fairing() -> AdHoc {
    AdHoc::on_liftoff("Feed of changes", |rocket| {
        Box::pin(async move {
            let (Some(accounts), Some(standings), Some(watchers)) =
                (rocket.state::<Accounts>(), rocket.state::<Standings>(), rocket.state::<Watchers>())
            else {
                return;
            };
            let follower = Follower { standings: standings.clone(), watchers: watchers.clone() };
            let (store, shutdown) = (accounts.store().clone(), rocket.shutdown());
            tokio::spawn(async move {
                tokio::select! {
                    () = follower.follow(&store) => {}
                    () = shutdown => {}
                }
            });
        })
    })
}

/// Whoever needs to hear of changes.
#[derive(Debug)]
pub(super) struct Follower {
    pub(super) standings: Standings,
    pub(super) watchers: Watchers,
}

impl Follower {
    /// Reads the feed for as long as anybody needs it; never ends.
    pub(super) async fn follow(&self, store: &Store) {
        loop {
            if !self.is_needed() {
                self.watchers.somebody().await;
            }
            let followed = self.follow_while_needed(store).await;
            self.standings.feed_died();
            self.watchers.feed_is_alive(false);
            if let Err(error) = followed {
                log::warn!("the feed of changes is interrupted, and the database is asked instead: {error}");
                sleep(REST).await;
            }
        }
    }

    fn is_needed(&self) -> bool {
        self.standings.is_cached() || !self.watchers.is_empty()
    }

    async fn follow_while_needed(&self, store: &Store) -> crate::store::Result<()> {
        let mut feed = Feed::open(store).await?;
        // Whatever happened before it was open.
        self.standings.forget(Change::Everyone);
        self.standings.feed_looked(feed.looked_at());
        self.watchers.feed_is_alive(true);
        self.watchers.wake(Change::Everyone);
        while self.is_needed() {
            for change in feed.next(self.standings.hurry()).await? {
                self.standings.forget(change);
                self.watchers.wake(change);
            }
            self.standings.feed_looked(feed.looked_at());
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::expect_used)] // a test says what it expects
mod tests {
    use super::*;

    /// While the feed is not read, nobody is told, and whoever watches must ask by themselves.
    #[rocket::async_test]
    async fn the_feed_counts_as_alive_only_while_it_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}", folder.path().join("curfew.db").display());
        let store = Store::open(&url, None).await.expect("a database");
        store.migrate().await.expect("its tables");
        let watchers = Watchers::default();
        let follower = Follower { standings: Standings::new(store.clone(), false), watchers: watchers.clone() };
        let following = tokio::spawn(async move { follower.follow(&store).await });
        let becomes = async |is_alive: bool| {
            let waiting = async {
                while watchers.watch(9).is_alive() != is_alive {
                    sleep(Duration::from_millis(5)).await;
                }
            };
            tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("in time");
        };
        for _ in 0..2 {
            assert!(!watchers.watch(9).is_alive());
            let watch = watchers.watch(7);
            becomes(true).await;
            drop(watch);
            becomes(false).await;
        }
        following.abort();
    }
}
