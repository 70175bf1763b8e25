//! Who is watching which account, and waking them when the feed says that it may have changed.
//!
//! A wake says only that it is time to judge again; the verdict is the rule's. While the feed is not
//! known to be alive, whoever watches must ask by themselves.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rocket::tokio::sync::watch;

use crate::store::standing::feed::Change;

/// The watchers of every account. Cloning it shares them.
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
        Watch { watchers: self.clone(), user_id, changed, is_alive: self.0.is_alive.subscribe() }
    }

    /// Whether every change is told from now on.
    pub(super) fn feed_is_alive(&self, is_alive: bool) {
        self.0.is_alive.send_if_modified(|before| std::mem::replace(before, is_alive) != is_alive);
    }

    /// Wakes whom a change concerns.
    pub(super) fn wake(&self, change: Change) {
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
