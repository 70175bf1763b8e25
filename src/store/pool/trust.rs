//! Whether this node may believe what its database answers.
//!
//! A primary that was replaced answers reads over every connection that it has, and knows nothing of what was done
//! since. So a node that serves believes its database only while it has proven that it can write there, by renewing
//! its lease; and whatever was connected or read before that trust was lost is not believed afterwards. A process
//! without a lease, such as a command, proves nothing.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use rocket::tokio::sync::Notify;
use sqlx::{error::DatabaseError, postgres::PgDatabaseError};

use super::is_code;
use crate::store::{Result, StoreError};

/// What Postgres answers where it takes no writes: it is read-only, it denies the right to, its disk is full.
const POSTGRES_REFUSALS: [&str; 3] = ["25006", "42501", "53100"];
/// What SQLite answers there: it is read-only, its disk fails, its disk is full.
const SQLITE_REFUSALS: [u32; 3] = [8, 10, 13];

/// The trust in one database. Cloning it shares it.
#[derive(Debug, Clone, Default)]
pub struct Trust(Arc<Inner>);

/// Read without a lock, for the guard asks on every request. A reader may see a loss before it sees that the proof has
/// ended with it, and never a proof without the losses before it.
#[derive(Debug)]
struct Inner {
    /// Times are nanoseconds from here on, and never 0.
    start: Instant,
    /// When the last proof ends.
    until: AtomicU64,
    /// When trust was last lost.
    lost_at: AtomicU64,
    /// Held by whoever changes both.
    changing: Mutex<()>,
    /// Wakes whoever renews the lease.
    lost: Notify,
}

/// The end of a proof where this process has to prove nothing.
const NEVER_ENDS: u64 = u64::MAX;
/// The latest loss where there was none.
const NEVER_LOST: u64 = 0;

impl Default for Inner {
    fn default() -> Self {
        let (until, lost_at) = (AtomicU64::new(NEVER_ENDS), AtomicU64::new(NEVER_LOST));
        Self { start: Instant::now(), until, lost_at, changing: Mutex::default(), lost: Notify::default() }
    }
}

impl Trust {
    /// Whether the database is believed now.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.state().is_held(self.now())
    }

    /// Whether the database is believed now, and was all the time since then.
    #[must_use]
    pub fn is_held_since(&self, then: Instant) -> bool {
        let (state, now) = (self.state(), self.now());
        state.is_held(now) && !state.was_lost_since(self.time(then), now)
    }

    /// Whether what was connected then is too old to be used.
    pub(super) fn was_lost_since(&self, then: Instant) -> bool {
        self.state().was_lost_since(self.time(then), self.now())
    }

    /// Whether this process has to prove that it can write.
    pub(super) fn is_required(&self) -> bool {
        self.state().until != NEVER_ENDS
    }

    /// An error unless the database is believed now.
    pub(in crate::store) fn must_be_held(&self) -> Result<()> {
        if self.is_held() { Ok(()) } else { Err(StoreError::Unwritable) }
    }

    /// An attempt to write that began then has succeeded, which is a proof from that moment on.
    pub fn proven(&self, began: Instant, holds_for: Duration) {
        let _changing = self.changing();
        let (mut state, now) = (self.state(), self.now());
        let began_at = self.time(began);
        if state.was_lost_since(began_at, now) {
            return;
        }
        let was_held = state.is_held(now);
        state.until = self.time(began + holds_for);
        if !was_held {
            // What was connected while there was no trust may lead to the server that was replaced.
            state.lost_at = began_at;
            log::warn!("this node can write to its database again");
        }
        self.set(state);
    }

    /// An attempt to write failed. Trust is lost at once where the database says that it takes no writes; otherwise
    /// the last proof continues. What was connected for an attempt that failed is not used for the next.
    pub fn disproven(&self, error: Option<&StoreError>) {
        let _changing = self.changing();
        let (state, now) = (self.state(), self.now());
        if state.until == NEVER_ENDS || !state.is_held(now) || error.is_some_and(is_refusal) {
            self.set(state.lost(now));
        }
    }

    /// Ends the proof at once, because something showed that the database takes no writes.
    pub(in crate::store) fn lose(&self) {
        if self.is_required() {
            let _changing = self.changing();
            self.set(self.state().lost(self.now()));
            self.0.lost.notify_one();
        }
    }

    /// Waits until trust is lost before a proof has failed.
    pub async fn lost(&self) {
        self.0.lost.notified().await;
    }

    /// Lifts the duty to prove anything. For tests that run without what renews the lease.
    pub fn needs_no_proof(&self) {
        let _changing = self.changing();
        self.set(State { until: NEVER_ENDS, ..self.state() });
    }

    fn now(&self) -> u64 {
        self.time(Instant::now())
    }

    fn time(&self, at: Instant) -> u64 {
        let nanoseconds = at.saturating_duration_since(self.0.start).as_nanos();
        u64::try_from(nanoseconds).unwrap_or(NEVER_ENDS).saturating_add(1)
    }

    fn state(&self) -> State {
        let until = self.0.until.load(Ordering::Acquire);
        State { until, lost_at: self.0.lost_at.load(Ordering::Acquire) }
    }

    fn set(&self, State { until, lost_at }: State) {
        self.0.lost_at.store(lost_at, Ordering::Release);
        self.0.until.store(until, Ordering::Release);
    }

    fn changing(&self) -> MutexGuard<'_, ()> {
        self.0.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Clone, Copy)]
struct State {
    until: u64,
    lost_at: u64,
}

impl State {
    fn is_held(self, now: u64) -> bool {
        now < self.until
    }

    fn was_lost_since(self, then: u64, now: u64) -> bool {
        let ran_out = if self.is_held(now) { NEVER_LOST } else { self.until };
        then <= self.lost_at.max(ran_out)
    }

    fn lost(self, now: u64) -> Self {
        let is_known = !self.is_held(now) && self.lost_at >= self.until;
        if !is_known {
            log::warn!("this node cannot write to its database, and is not ready until it can");
        }
        Self { until: now, lost_at: now }
    }
}

/// Whether the database says that it takes no writes.
fn is_refusal(error: &StoreError) -> bool {
    let StoreError::Unavailable(sqlx::Error::Database(said)) = error else { return false };
    let said: &dyn DatabaseError = &**said;
    match said.try_downcast_ref::<PgDatabaseError>() {
        Some(said) => POSTGRES_REFUSALS.contains(&said.code()),
        None => SQLITE_REFUSALS.iter().any(|code| is_code(said, *code)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_mins(1);

    fn now() -> Instant {
        Instant::now()
    }

    #[test]
    fn who_has_no_lease_needs_no_proof_and_loses_no_trust() {
        let (trust, begin) = (Trust::default(), now());
        trust.lose();
        assert!(trust.is_held() && trust.is_held_since(begin));
    }

    #[test]
    fn a_proof_holds_from_the_beginning_of_the_attempt() {
        let trust = Trust::default();
        trust.proven(now(), LEASE);
        assert!(trust.is_held());
        trust.proven(now(), Duration::ZERO);
        assert!(!trust.is_held());
    }

    #[test]
    fn a_first_attempt_that_fails_leaves_no_trust() {
        let trust = Trust::default();
        trust.disproven(None);
        assert!(!trust.is_held());
    }

    #[test]
    fn a_failed_attempt_ends_a_proof_only_where_the_database_takes_no_writes() {
        let trust = Trust::default();
        trust.proven(now(), LEASE);
        trust.disproven(Some(&StoreError::Unavailable(sqlx::Error::PoolTimedOut)));
        assert!(trust.is_held());
        trust.lose();
        assert!(!trust.is_held());
    }

    #[test]
    fn what_was_there_before_trust_was_lost_is_not_believed_after_it() {
        let trust = Trust::default();
        trust.proven(now(), LEASE);
        let (connected, attempt) = (now(), now());
        assert!(trust.is_held_since(connected));
        trust.lose();
        trust.proven(attempt, LEASE);
        assert!(!trust.is_held(), "the attempt began before");
        trust.proven(now(), LEASE);
        assert!(trust.is_held() && !trust.is_held_since(connected) && trust.is_held_since(now()));
    }

    #[test]
    fn a_proof_that_ran_out_is_a_loss() {
        let trust = Trust::default();
        let begin = now();
        trust.proven(begin, Duration::ZERO);
        trust.proven(now(), LEASE);
        assert!(trust.is_held() && !trust.is_held_since(begin));
    }
}
