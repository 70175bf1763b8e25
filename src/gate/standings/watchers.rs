//! Wakes the event streams that watch an account when the feed reports a change to the account.
//!
//! A wake only means that the watcher must judge its login again. While the feed is down there are no wakes, so
//! watchers must poll.
//!
//! Each login and each account has a limited number of streams on this node. One more ends the oldest.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use rocket::tokio::sync::{oneshot, watch};

use crate::{domain::logins::public_id::PublicId, store::feed::Change};

/// The most streams of one login.
const STREAMS_PER_LOGIN: usize = 16;
/// The most streams of one account.
const STREAMS_PER_ACCOUNT: usize = 64;

/// The watchers of all accounts. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Watchers(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    accounts: Mutex<HashMap<i64, Watched>>,
    next_number: AtomicU64,
    is_alive: watch::Sender<bool>,
}

impl Default for Inner {
    fn default() -> Self {
        Self { accounts: Mutex::default(), next_number: AtomicU64::new(0), is_alive: watch::Sender::new(false) }
    }
}

/// An account and its streams, the oldest first.
#[derive(Debug)]
struct Watched {
    changed: watch::Sender<()>,
    streams: VecDeque<Watcher>,
}

/// One stream. Dropping it ends the stream.
#[derive(Debug)]
struct Watcher {
    number: u64,
    login: PublicId,
    _keeps_open: oneshot::Sender<()>,
}

impl Watched {
    /// Ends the oldest stream if there is no room for one more.
    fn make_room(&mut self, login: &PublicId) {
        let of_login = |watcher: &Watcher| watcher.login == *login;
        if self.streams.iter().filter(|watcher| of_login(watcher)).count() >= STREAMS_PER_LOGIN {
            let oldest = self.streams.iter().position(of_login);
            oldest.and_then(|at| self.streams.remove(at));
        } else if self.streams.len() >= STREAMS_PER_ACCOUNT {
            self.streams.pop_front();
        }
    }
}

/// Watches one account until it is dropped.
#[derive(Debug)]
pub struct Watch {
    watchers: Watchers,
    user_id: i64,
    number: u64,
    changed: watch::Receiver<()>,
    is_alive: watch::Receiver<bool>,
    replaced: oneshot::Receiver<()>,
}

impl Watchers {
    /// Starts to watch an account for a stream of this login. Ends the oldest stream if there are too many.
    #[must_use]
    pub fn watch(&self, user_id: i64, login: &PublicId) -> Watch {
        let number = self.0.next_number.fetch_add(1, Ordering::Relaxed);
        let (keeps_open, replaced) = oneshot::channel();
        let changed = {
            let mut accounts = self.accounts();
            let watched = accounts
                .entry(user_id)
                .or_insert_with(|| Watched { changed: watch::Sender::new(()), streams: VecDeque::new() });
            watched.make_room(login);
            watched.streams.push_back(Watcher { number, login: login.clone(), _keeps_open: keeps_open });
            watched.changed.subscribe()
        };
        Watch { watchers: self.clone(), user_id, number, changed, is_alive: self.0.is_alive.subscribe(), replaced }
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
    /// Waits until the account may have changed, or the feed comes up or goes down. `false` if the stream must end,
    /// because a newer one took its place.
    pub async fn changed(&mut self) -> bool {
        rocket::tokio::select! {
            _ = self.changed.changed() => true,
            _ = self.is_alive.changed() => true,
            _ = &mut self.replaced => false,
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
        if let Some(watched) = accounts.get_mut(&self.user_id) {
            watched.streams.retain(|watcher| watcher.number != self.number);
            if watched.streams.is_empty() {
                accounts.remove(&self.user_id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(name: &str) -> PublicId {
        PublicId::from_stored(name.to_owned())
    }

    fn is_open(watch: &mut Watch) -> bool {
        matches!(watch.replaced.try_recv(), Err(oneshot::error::TryRecvError::Empty))
    }

    #[test]
    fn one_stream_too_many_ends_the_oldest_of_its_login_or_of_the_account() {
        let watchers = Watchers::default();
        let mut of_desk = watchers.watch(7, &login("desk"));
        let mut of_phone: Vec<Watch> = (0..=STREAMS_PER_LOGIN).map(|_| watchers.watch(7, &login("phone"))).collect();
        assert!(!is_open(&mut of_phone[0]) && of_phone[1..].iter_mut().all(is_open) && is_open(&mut of_desk));
        let mut others: Vec<Watch> =
            (0..STREAMS_PER_ACCOUNT).map(|n| watchers.watch(7, &login(&n.to_string()))).collect();
        assert!(others.iter_mut().all(is_open));
        assert!(!is_open(&mut of_desk) && !of_phone.iter_mut().any(is_open));
        let mut of_another = watchers.watch(8, &login("phone"));
        assert!(is_open(&mut others[0]) && is_open(&mut of_another), "another account has its own limits");
        drop((of_desk, of_phone));
        assert_eq!(watchers.accounts()[&7].streams.len(), STREAMS_PER_ACCOUNT);
    }

    #[test]
    fn no_account_stays_watched_after_its_watches_are_dropped_at_once() {
        let watchers = Watchers::default();
        for _ in 0..2_000 {
            let start = std::sync::Barrier::new(4);
            std::thread::scope(|threads| {
                for _ in 0..4 {
                    let watch = watchers.watch(7, &login("phone"));
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
        let (mut ana, mut ben) = (watchers.watch(1, &login("phone")), watchers.watch(2, &login("desk")));
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
