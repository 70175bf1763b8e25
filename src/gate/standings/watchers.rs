//! Wakes the event streams that watch an account when the feed reports a change to the account.
//!
//! A wake only means that the watcher must judge its login again. While the feed is down there are no wakes, so
//! watchers must poll.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rocket::tokio::sync::watch;

use crate::store::feed::Change;

/// The watchers of all accounts. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Watchers(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    accounts: Mutex<HashMap<i64, Watched>>,
    is_alive: watch::Sender<bool>,
}

impl Default for Inner {
    fn default() -> Self {
        Self { accounts: Mutex::default(), is_alive: watch::Sender::new(false) }
    }
}

/// An account and its number of watchers.
#[derive(Debug)]
struct Watched {
    changed: watch::Sender<()>,
    watcher_count: usize,
}

/// Watches one account until it is dropped.
#[derive(Debug)]
pub struct Watch {
    watchers: Watchers,
    user_id: i64,
    changed: watch::Receiver<()>,
    is_alive: watch::Receiver<bool>,
}

impl Watchers {
    /// Starts to watch an account.
    #[must_use]
    pub fn watch(&self, user_id: i64) -> Watch {
        let changed = {
            let mut accounts = self.accounts();
            let watched = accounts
                .entry(user_id)
                .or_insert_with(|| Watched { changed: watch::Sender::new(()), watcher_count: 0 });
            watched.watcher_count += 1;
            watched.changed.subscribe()
        };
        Watch { watchers: self.clone(), user_id, changed, is_alive: self.0.is_alive.subscribe() }
    }

    /// Records whether the feed is alive, and wakes all watchers when that changes.
    pub(super) fn set_feed_alive(&self, is_alive: bool) {
        self.0.is_alive.send_if_modified(|before| std::mem::replace(before, is_alive) != is_alive);
    }

    /// Wakes the watchers of every account that the change affects.
    pub(super) fn wake(&self, change: Change) {
        let accounts = self.accounts();
        match change {
            Change::Everyone => accounts.values().for_each(|watched| watched.changed.send_replace(())),
            Change::User(id) => accounts.get(&id).into_iter().for_each(|watched| watched.changed.send_replace(())),
        }
    }

    /// Ignores poisoning: no code under the lock can panic halfway through a change.
    fn accounts(&self) -> MutexGuard<'_, HashMap<i64, Watched>> {
        self.0.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch {
    /// Waits until the account may have changed, or the feed comes up or goes down.
    pub async fn changed(&mut self) {
        rocket::tokio::select! {
            _ = self.changed.changed() => {}
            _ = self.is_alive.changed() => {}
        }
    }

    /// Whether the feed is alive, so that every change wakes the watcher.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        *self.is_alive.borrow()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut accounts = self.watchers.accounts();
        // `Sender::receiver_count` is not reliable here: two watches that are dropped at the same time would each still
        // count the other.
        if let Some(watched) = accounts.get_mut(&self.user_id) {
            watched.watcher_count -= 1;
            if watched.watcher_count == 0 {
                accounts.remove(&self.user_id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_account_stays_watched_after_its_watches_are_dropped_at_once() {
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

    #[rocket::async_test]
    async fn a_change_wakes_only_the_watchers_of_its_account() {
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
