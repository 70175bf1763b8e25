//! Who is watching which account, and waking them when the feed says that it may have changed.
//!
//! A wake says only that it is time to judge again; the verdict is the rule's. While the feed is not
//! known to be alive, whoever watches must ask by themselves.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rocket::tokio::{
    sync::{Notify, watch},
    time::sleep,
};

use crate::store::{
    Store,
    feed::{Change, Feed},
};

/// How long a feed that has failed rests before it is opened again.
const REST: Duration = Duration::from_millis(500);

/// The watchers of every account. Cloning it shares them.
#[derive(Debug, Clone, Default)]
pub struct Watchers(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    accounts: Mutex<HashMap<i64, Watched>>,
    arrived: Notify,
    is_alive: watch::Sender<bool>,
}

impl Default for Inner {
    fn default() -> Self {
        Self { accounts: Mutex::default(), arrived: Notify::new(), is_alive: watch::Sender::new(false) }
    }
}

/// An account, and how many watch it.
#[derive(Debug)]
struct Watched {
    changed: watch::Sender<()>,
    by: usize,
}

/// A watch on one account, until it is dropped.
#[derive(Debug)]
pub struct Watch {
    watchers: Watchers,
    user_id: i64,
    changed: watch::Receiver<()>,
    is_alive: watch::Receiver<bool>,
}

impl Watchers {
    /// Watches an account from now on.
    #[must_use]
    pub fn watch(&self, user_id: i64) -> Watch {
        let changed = {
            let mut accounts = self.accounts();
            let watched = accounts.entry(user_id).or_insert_with(|| Watched { changed: watch::Sender::new(()), by: 0 });
            watched.by += 1;
            watched.changed.subscribe()
        };
        self.0.arrived.notify_one();
        Watch { watchers: self.clone(), user_id, changed, is_alive: self.0.is_alive.subscribe() }
    }

    /// Reads the feed for as long as anybody watches; never ends.
    pub(super) async fn follow(&self, store: &Store) {
        loop {
            while self.accounts().is_empty() {
                self.0.arrived.notified().await;
            }
            if let Err(error) = self.follow_while_watched(store).await {
                log::warn!(
                    "the feed of changes is interrupted, and those who wait for them ask by themselves: {error}"
                );
                sleep(REST).await;
            }
            self.0.is_alive.send_replace(false);
        }
    }

    async fn follow_while_watched(&self, store: &Store) -> crate::store::Result<()> {
        let mut feed = Feed::open(store).await?;
        self.0.is_alive.send_replace(true);
        // Whatever happened before it was open.
        self.wake(Change::Everyone);
        while !self.accounts().is_empty() {
            for change in feed.next().await? {
                self.wake(change);
            }
        }
        Ok(())
    }

    fn wake(&self, change: Change) {
        let accounts = self.accounts();
        match change {
            Change::Everyone => accounts.values().for_each(|watched| watched.changed.send_replace(())),
            Change::User(id) => accounts.get(&id).into_iter().for_each(|watched| watched.changed.send_replace(())),
        }
    }

    /// Nothing that is done under the lock can panic half-way.
    fn accounts(&self) -> MutexGuard<'_, HashMap<i64, Watched>> {
        self.0.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch {
    /// Waits until the account may have changed, or the feed came or went.
    pub async fn changed(&mut self) {
        rocket::tokio::select! {
            _ = self.changed.changed() => {}
            _ = self.is_alive.changed() => {}
        }
    }

    /// Whether every change is told.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        *self.is_alive.borrow()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut accounts = self.watchers.accounts();
        // Counted here: the receivers of two that go at the same moment would each see the other's.
        if let Some(watched) = accounts.get_mut(&self.user_id) {
            watched.by -= 1;
            if watched.by == 0 {
                accounts.remove(&self.user_id);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::expect_used)] // a test says what it expects
mod tests {
    use super::*;

    #[test]
    fn nobody_is_watched_any_more_when_all_have_gone_at_once() {
        let watchers = Watchers::default();
        for _ in 0..2_000 {
            let start = std::sync::Barrier::new(4);
            std::thread::scope(|threads| {
                for _ in 0..4 {
                    let watch = watchers.watch(7);
                    let start = &start;
                    threads.spawn(move || {
                        start.wait();
                        drop(watch);
                    });
                }
            });
            assert!(watchers.accounts().is_empty());
        }
    }

    /// While the feed is not read, nobody is told, and whoever watches must ask by themselves.
    #[rocket::async_test]
    async fn the_feed_counts_as_alive_only_while_it_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}", folder.path().join("curfew.db").display());
        let store = Store::open(&url, None).await.expect("a database");
        store.migrate().await.expect("its tables");
        let watchers = Watchers::default();
        let follower = watchers.clone();
        let following = rocket::tokio::spawn(async move { follower.follow(&store).await });
        let becomes = async |is_alive: bool| {
            let mut state = watchers.0.is_alive.subscribe();
            let waiting = state.wait_for(|now| *now == is_alive);
            rocket::tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("in time").expect("a state");
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

    #[rocket::async_test]
    async fn whom_a_change_concerns_is_woken_and_nobody_else() {
        let watchers = Watchers::default();
        let (mut ana, mut ben) = (watchers.watch(1), watchers.watch(2));
        let is_woken = |watch: &mut Watch| {
            let is_woken = watch.changed.has_changed().unwrap_or_default();
            watch.changed.mark_unchanged();
            is_woken
        };
        watchers.wake(Change::User(1));
        assert!(is_woken(&mut ana) && !is_woken(&mut ben));
        watchers.wake(Change::User(3));
        assert!(!is_woken(&mut ana) && !is_woken(&mut ben));
        watchers.wake(Change::Everyone);
        assert!(is_woken(&mut ana) && is_woken(&mut ben));
    }
}
