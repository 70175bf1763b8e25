//! What requests have shown and nobody has written yet.
//!
//! A request only leaves its moment here and goes on; [`Accounts::flush_activity`] writes what has
//! gathered. What is here is forgotten only once it is written, whatever becomes of who writes it.
//!
//! [`Accounts::flush_activity`]: super::Accounts::flush_activity

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rocket::tokio::sync;

use crate::{
    domain::{moment::Moment, session_secret::SessionId},
    store::last_seen::Seen,
};

/// How many sessions may wait, about 20 MB of them. Another one finds no room while the database
/// takes nothing, and its next request tries again.
const MOST_WAITING: usize = 100_000;

/// The sessions whose latest request waits to be written. Cloning it shares them.
#[derive(Debug, Clone, Default)]
pub(super) struct Activity(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<HashMap<SessionId, Note>>,
    has_come: sync::Notify,
    turn: sync::Mutex<()>,
}

/// The latest request of a session.
#[derive(Debug, Clone)]
pub(super) struct Note {
    pub(super) seen: Seen,
    pub(super) login_date: Moment,
}

impl Activity {
    /// Takes a note; of a session that waits already, the moment moves on and never back.
    pub(super) fn put(&self, note: Note) {
        let mut waiting = self.waiting();
        if let Some(before) = waiting.get_mut(&note.seen.session) {
            if before.seen.at < note.seen.at {
                *before = note;
            }
        } else if waiting.len() < MOST_WAITING {
            let is_first = waiting.is_empty();
            waiting.insert(note.seen.session.clone(), note);
            drop(waiting);
            if is_first {
                self.0.has_come.notify_one();
            }
        }
    }

    /// The latest request that waits, of the session of that login. Asked only when the session
    /// seems idle, so it may look through all of them.
    pub(super) fn latest(&self, user_id: i64, login_date: Moment) -> Option<Moment> {
        let waiting = self.waiting();
        let mut notes = waiting.values();
        notes.find(|note| note.seen.user_id == user_id && note.login_date == login_date).map(|note| note.seen.at)
    }

    /// Up to so many that wait.
    pub(super) fn batch(&self, most: usize) -> Vec<Seen> {
        self.waiting().values().take(most).map(|note| note.seen.clone()).collect()
    }

    /// Forgets what was written; what has moved on by enough to be worth another write stays.
    pub(super) fn forget(&self, written: &[Seen]) {
        let mut waiting = self.waiting();
        for written in written {
            if waiting.get(&written.session).is_some_and(|note| note.seen.unless_after < written.at) {
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
    fn waiting(&self) -> MutexGuard<'_, HashMap<SessionId, Note>> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[path = "activity_tests.rs"]
mod tests;
