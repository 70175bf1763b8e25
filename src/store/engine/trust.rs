//! Whether this node may trust what it reads from its database.
//!
//! A replaced primary still answers reads over its open connections, without any change made since. So a serving node
//! trusts its database only while it has proven, by renewing its lease, that it can write there. No connection opened
//! and no data read before a loss of trust is ever trusted again. A process without a lease, such as a command, needs
//! no proof.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use rocket::tokio::sync::Notify;
use sqlx::error::DatabaseError;
#[cfg(feature = "postgres")]
use sqlx::postgres::PgDatabaseError;

use super::codes::is_code;
use crate::store::{Result, StoreError};

/// Postgres's error codes for refused writes: read-only, insufficient privilege, disk full.
#[cfg(feature = "postgres")]
const POSTGRES_REFUSALS: [&str; 3] = ["25006", "42501", "53100"];
/// SQLite's result codes for refused writes: read-only, I/O error, disk full.
const SQLITE_REFUSALS: [u32; 3] = [8, 10, 13];

/// The trust in one database. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Trust(Arc<Inner>);

/// Read without a lock, because the guard reads it on every request. A reader may see a loss while the proof that the
/// loss ended still seems valid. A reader never sees a proof without the losses before that proof.
#[derive(Debug)]
struct Inner {
    /// The other times are nanoseconds since this, and never 0.
    start: Instant,
    /// When the last proof expires.
    until: AtomicU64,
    /// When trust was last lost.
    lost_at: AtomicU64,
    /// Held while either changes.
    changing: Mutex<()>,
    /// Wakes the task that renews the lease.
    lost: Notify,
}

/// `until` in a process that needs no proof.
const NEVER_EXPIRES: u64 = u64::MAX;
/// `lost_at` before the first loss.
const NEVER_LOST: u64 = 0;

impl Default for Inner {
    fn default() -> Self {
        let (until, lost_at) = (AtomicU64::new(NEVER_EXPIRES), AtomicU64::new(NEVER_LOST));
        Self { start: Instant::now(), until, lost_at, changing: Mutex::default(), lost: Notify::default() }
    }
}

impl Trust {
    /// Whether the database is trusted now.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.state().is_held(self.now())
    }

    /// Whether the database has been trusted from `then` until now.
    #[must_use]
    pub fn is_held_since(&self, then: Instant) -> bool {
        let (state, now) = (self.state(), self.now());
        state.is_held(now) && !state.was_lost_since(self.time(then), now)
    }

    /// Whether trust was lost since `then`, so that a connection opened then must not be used.
    pub(in crate::store) fn was_lost_since(&self, then: Instant) -> bool {
        self.state().was_lost_since(self.time(then), self.now())
    }

    /// Whether this process must prove that it can write.
    pub(in crate::store) fn is_required(&self) -> bool {
        self.state().until != NEVER_EXPIRES
    }

    /// Returns an error unless the database is trusted now.
    pub(in crate::store) fn must_be_held(&self) -> Result<()> {
        if self.is_held() { Ok(()) } else { Err(StoreError::Unwritable) }
    }

    /// Records that an attempt to write, begun at `began`, succeeded: a proof for `holds_for` from then on.
    pub fn record_write(&self, began: Instant, holds_for: Duration) {
        let _changing = self.changing();
        let (mut state, now) = (self.state(), self.now());
        let began_at = self.time(began);
        if state.was_lost_since(began_at, now) {
            return;
        }
        let was_held = state.is_held(now);
        state.until = self.time(began + holds_for);
        if !was_held {
            // A connection opened without trust may lead to the replaced server.
            state.lost_at = began_at;
            log::warn!("this node can write to its database again");
        }
        self.set(state);
    }

    /// Records that an attempt to write failed. If the database refused the write, trust is lost at once; otherwise
    /// the last proof holds until it expires. Without trust, a connection opened for this attempt is not used for the
    /// next.
    pub fn record_failed_write(&self, error: Option<&StoreError>) {
        let _changing = self.changing();
        let (state, now) = (self.state(), self.now());
        if state.until == NEVER_EXPIRES || !state.is_held(now) || error.is_some_and(is_refusal) {
            self.set(state.lost(now));
        }
    }

    /// Ends the proof at once. Call this when something shows that the database takes no writes.
    pub(in crate::store) fn lose(&self) {
        if self.is_required() {
            let _changing = self.changing();
            self.set(self.state().lost(self.now()));
            self.0.lost.notify_one();
        }
    }

    /// Waits until trust is lost for a reason other than a failed proof.
    pub async fn lost(&self) {
        self.0.lost.notified().await;
    }

    /// Makes trust need no proof. For tests that run without the task that renews the lease.
    pub fn waive_proof(&self) {
        let _changing = self.changing();
        self.set(State { until: NEVER_EXPIRES, ..self.state() });
    }

    fn now(&self) -> u64 {
        self.time(Instant::now())
    }

    fn time(&self, at: Instant) -> u64 {
        let nanoseconds = at.saturating_duration_since(self.0.start).as_nanos();
        u64::try_from(nanoseconds).unwrap_or(NEVER_EXPIRES).saturating_add(1)
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
        let expired_at = if self.is_held(now) { NEVER_LOST } else { self.until };
        then <= self.lost_at.max(expired_at)
    }

    fn lost(self, now: u64) -> Self {
        let is_lost_already = !self.is_held(now) && self.lost_at >= self.until;
        if !is_lost_already {
            log::warn!("this node cannot write to its database, and is not ready until it can");
        }
        Self { until: now, lost_at: now }
    }
}

/// Whether the database refused the write.
fn is_refusal(error: &StoreError) -> bool {
    let StoreError::Unavailable(sqlx::Error::Database(error)) = error else { return false };
    let error: &dyn DatabaseError = &**error;
    #[cfg(feature = "postgres")]
    if let Some(error) = error.try_downcast_ref::<PgDatabaseError>() {
        return POSTGRES_REFUSALS.contains(&error.code());
    }
    SQLITE_REFUSALS.iter().any(|code| is_code(error, *code))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_mins(1);

    fn now() -> Instant {
        Instant::now()
    }

    #[test]
    fn without_a_lease_trust_needs_no_proof_and_is_never_lost() {
        let (trust, begin) = (Trust::default(), now());
        trust.lose();
        assert!(trust.is_held() && trust.is_held_since(begin));
    }

    #[test]
    fn a_proof_counts_from_the_start_of_the_attempt() {
        let trust = Trust::default();
        trust.record_write(now(), LEASE);
        assert!(trust.is_held());
        trust.record_write(now(), Duration::ZERO);
        assert!(!trust.is_held());
    }

    #[test]
    fn a_failed_first_attempt_loses_trust() {
        let trust = Trust::default();
        trust.record_failed_write(None);
        assert!(!trust.is_held());
    }

    #[test]
    fn a_failed_attempt_ends_a_proof_only_if_the_database_takes_no_writes() {
        let trust = Trust::default();
        trust.record_write(now(), LEASE);
        trust.record_failed_write(Some(&StoreError::Unavailable(sqlx::Error::PoolTimedOut)));
        assert!(trust.is_held());
        trust.lose();
        assert!(!trust.is_held());
    }

    #[test]
    fn a_connection_from_before_a_loss_of_trust_is_never_trusted_again() {
        let trust = Trust::default();
        trust.record_write(now(), LEASE);
        let (connected, attempt) = (now(), now());
        assert!(trust.is_held_since(connected));
        trust.lose();
        trust.record_write(attempt, LEASE);
        assert!(!trust.is_held(), "the attempt began before the loss");
        trust.record_write(now(), LEASE);
        assert!(trust.is_held() && !trust.is_held_since(connected) && trust.is_held_since(now()));
    }

    #[test]
    fn an_expired_proof_is_a_loss_of_trust() {
        let trust = Trust::default();
        let begin = now();
        trust.record_write(begin, Duration::ZERO);
        trust.record_write(now(), LEASE);
        assert!(trust.is_held() && !trust.is_held_since(begin));
    }
}
