//! The times of requests that are not written to the database yet.
//!
//! A request only leaves its time here. [`Accounts::flush_activity`] writes the collected times. A time is removed only
//! after it was written, even if the task that writes it is dropped.
//!
//! [`Accounts::flush_activity`]: crate::accounts::Accounts::flush_activity

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rocket::tokio::sync;

use crate::{domain::logins::public_id::PublicId, store::logins::last_seen::Seen};

/// The most sessions that may wait, about 20 MB. While the database takes no writes, a further session is not added,
/// and its next request tries again.
const MOST_WAITING: usize = 100_000;

/// The sessions whose latest request is not written to the database yet. Clones share them.
#[derive(Debug, Clone, Default)]
pub(in crate::accounts) struct Activity(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<HashMap<PublicId, Seen>>,
    has_come: sync::Notify,
    turn: sync::Mutex<()>,
}

impl Activity {
    /// Adds a request. The time of a session that waits already only moves forward.
    pub(super) fn put(&self, seen: Seen) {
        let mut waiting = self.waiting();
        if let Some(before) = waiting.get_mut(&seen.session) {
            if before.at < seen.at {
                *before = seen;
            }
        } else if waiting.len() < MOST_WAITING {
            let is_first = waiting.is_empty();
            waiting.insert(seen.session.clone(), seen);
            drop(waiting);
            if is_first {
                self.0.has_come.notify_one();
            }
        }
    }

    /// At most `limit` of those that wait.
    pub(super) fn batch(&self, most: usize) -> Vec<Seen> {
        self.waiting().values().take(most).cloned().collect()
    }

    /// Removes what was written. Keeps a session that was seen again and needs another write.
    pub(super) fn forget(&self, written: &[Seen]) {
        let mut waiting = self.waiting();
        for written in written {
            if waiting.get(&written.session).is_some_and(|seen| seen.skip_if_seen_after < written.at) {
                waiting.remove(&written.session);
            }
        }
        // Gives memory back after a burst.
        if waiting.is_empty() {
            *waiting = HashMap::new();
        }
    }

    /// Waits until a session waits.
    pub(super) async fn has_come(&self) {
        while self.waiting().is_empty() {
            self.0.has_come.notified().await;
        }
    }

    /// One writer at a time.
    pub(super) async fn turn(&self) -> sync::MutexGuard<'_, ()> {
        self.0.turn.lock().await
    }

    /// No operation leaves the map half-changed, so a panic under the lock does no harm.
    fn waiting(&self) -> MutexGuard<'_, HashMap<PublicId, Seen>> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[path = "activity_tests.rs"]
mod tests;
