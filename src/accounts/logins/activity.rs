//! What requests have shown and nobody has written yet.
//!
//! A request only leaves its moment here and goes on; [`Accounts::flush_activity`] writes what has
//! gathered. What is here is forgotten only once it is written, whatever becomes of who writes it.
//!
//! [`Accounts::flush_activity`]: crate::accounts::Accounts::flush_activity

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rocket::tokio::sync;

use crate::{domain::logins::session_secret::SessionId, store::logins::last_seen::Seen};

/// How many sessions may wait, about 20 MB of them. Another one finds no room while the database
/// takes nothing, and its next request tries again.
const MOST_WAITING: usize = 100_000;

/// The sessions whose latest request waits to be written. Cloning it shares them.
#[derive(Debug, Clone, Default)]
pub(in crate::accounts) struct Activity(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<HashMap<SessionId, Seen>>,
    has_come: sync::Notify,
    turn: sync::Mutex<()>,
}

impl Activity {
    /// Takes a note; of a session that waits already, the moment moves on and never back.
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

    /// Up to so many that wait.
    pub(super) fn batch(&self, most: usize) -> Vec<Seen> {
        self.waiting().values().take(most).cloned().collect()
    }

    /// Forgets what was written; what has moved on by enough to be worth another write stays.
    pub(super) fn forget(&self, written: &[Seen]) {
        let mut waiting = self.waiting();
        for written in written {
            if waiting.get(&written.session).is_some_and(|seen| seen.unless_after < written.at) {
                waiting.remove(&written.session);
            }
        }
        // After a great many, their room is given back.
        if waiting.is_empty() {
            *waiting = HashMap::new();
        }
    }

    /// Waits until something waits.
    pub(super) async fn has_come(&self) {
        while self.waiting().is_empty() {
            self.0.has_come.notified().await;
        }
    }

    /// One writes at a time.
    pub(super) async fn turn(&self) -> sync::MutexGuard<'_, ()> {
        self.0.turn.lock().await
    }

    /// Nothing is left half done under the lock, so that one who panicked there is no matter.
    fn waiting(&self) -> MutexGuard<'_, HashMap<SessionId, Seen>> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[path = "activity_tests.rs"]
mod tests;
