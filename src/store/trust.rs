//! Whether this node may believe what its database answers.
//!
//! A primary that was replaced answers reads over every connection that it has, and knows nothing of what was done
//! since. So a node that serves believes its database only while it has proven that it can write there, by renewing
//! its lease; and whatever was connected or read before that trust was lost is not believed afterwards. A process
//! without a lease, such as a command, proves nothing.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use rocket::tokio::sync::Notify;
use sqlx::{error::DatabaseError, postgres::PgDatabaseError};

use super::{Result, StoreError, pool::is_code};

/// What Postgres answers where it takes no writes: it is read-only, it denies the right to, its disk is full.
const POSTGRES_REFUSALS: [&str; 3] = ["25006", "42501", "53100"];
/// What SQLite answers there: it is read-only, its disk fails, its disk is full.
const SQLITE_REFUSALS: [u32; 3] = [8, 10, 13];

/// The trust in one database. Cloning it shares it.
#[derive(Debug, Clone, Default)]
pub struct Trust(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
    lost: Notify,
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    /// When the last proof ends; none where nothing is to be proven.
    until: Option<Instant>,
    lost_at: Option<Instant>,
}

impl Trust {
    /// Whether the database is believed now.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.state().is_held(Instant::now())
    }

    /// Whether the database is believed now, and was all the time since then.
    #[must_use]
    pub fn is_held_since(&self, then: Instant) -> bool {
        let state = self.state();
        state.is_held(Instant::now()) && !state.was_lost_since(then)
    }

    /// Whether what was connected then is too old to be used.
    pub(super) fn was_lost_since(&self, then: Instant) -> bool {
        self.state().was_lost_since(then)
    }

    /// Whether this process has to prove that it can write.
    pub(super) fn is_required(&self) -> bool {
        self.state().until.is_some()
    }

    /// An error unless the database is believed now.
    pub(super) fn must_be_held(&self) -> Result<()> {
        if self.is_held() { Ok(()) } else { Err(StoreError::Unwritable) }
    }

    /// Something was written, by an attempt that began then: a proof from that moment on.
    pub fn proven(&self, began: Instant, holds_for: Duration) {
        let mut state = self.state();
        let was_held = state.is_held(Instant::now());
        if state.was_lost_since(began) {
            return;
        }
        state.until = Some(began + holds_for);
        if !was_held {
            // What was connected while there was no trust may lead to the server that was replaced.
            state.lost_at = Some(began);
            log::warn!("this node can write to its database again");
        }
    }

    /// An attempt to write failed. Trust is lost at once where the database says that it takes no writes; otherwise
    /// the last proof goes on. What was connected for an attempt that failed is not used for the next.
    pub fn disproven(&self, error: Option<&StoreError>) {
        let now = Instant::now();
        let mut state = self.state();
        if state.until.is_none() || !state.is_held(now) || error.is_some_and(is_refusal) {
            state.lose(now);
        }
    }

    /// Something shows that the database takes no writes: it is to be proven anew, at once.
    pub(super) fn lose(&self) {
        if self.is_required() {
            self.state().lose(Instant::now());
            self.0.lost.notify_one();
        }
    }

    /// Waits until trust is lost before a proof has failed.
    pub async fn lost(&self) {
        self.0.lost.notified().await;
    }

    /// Takes back that anything is to be proven, for a test without what renews the lease.
    pub fn needs_no_proof(&self) {
        self.state().until = None;
    }

    /// Nothing that is done under the lock can panic half-way.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_held(&self, now: Instant) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    fn was_lost_since(&self, then: Instant) -> bool {
        let ran_out = self.until.filter(|until| *until <= Instant::now());
        self.lost_at.max(ran_out).is_some_and(|lost| then <= lost)
    }

    fn lose(&mut self, now: Instant) {
        let is_known = !self.is_held(now) && self.lost_at >= self.until;
        (self.until, self.lost_at) = (Some(now), Some(now));
        if !is_known {
            log::warn!("this node cannot write to its database, and is not ready until it can");
        }
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
