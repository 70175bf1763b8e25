//! The standings that guards judge by: from the cache while the feed is alive, otherwise from the database.
//!
//! The cache may only accept a login. Before a login is refused, its standing must be read from the database, so
//! that a stale entry logs nobody out. The cache is used only while the feed has polled recently and this node can
//! write to the database: a replaced primary keeps answering reads, without the changes made since.

mod cache;
pub(super) mod follower;
pub(super) mod watchers;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use rocket::{
    fairing::AdHoc,
    http::Method,
    tokio::{sync::Notify, time::timeout},
};

use self::cache::Cache;
use crate::{
    domain::{logins::public_id::PublicId, moment::Moment},
    store::{Result, Store, feed::Change, standing::LoginStanding},
};

/// How long a cached standing may be trusted after the feed's last successful poll. After that, each request reads
/// the database. This covers a node that was paused, and one whose database is out of reach.
pub const FEED_MAX_AGE: Duration = Duration::from_secs(1);
/// The longest time that a response waits for the feed to apply the changes of its request.
const CATCH_UP_TIMEOUT: Duration = Duration::from_secs(1);

/// Delays the response to each unsafe request until the feed has applied the changes that the request made.
pub(super) fn fairing() -> AdHoc {
    AdHoc::on_response("Wait for the feed", |request, _| {
        Box::pin(async move {
            let is_safe = matches!(request.method(), Method::Get | Method::Head | Method::Options | Method::Trace);
            if let (false, Some(standings)) = (is_safe, request.rocket().state::<Standings>()) {
                standings.catch_up().await;
            }
        })
    })
}

/// The source of standings. Clones share one cache.
#[derive(Debug, Clone)]
pub struct Standings(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    cache: Cache,
    is_cached: bool,
    /// The reference point of `polled_at`.
    start: Instant,
    /// When the feed's last successful poll began, in microseconds after `start`. 0 while the feed is down.
    polled_at: AtomicU64,
    has_polled: Notify,
    poll_now: Notify,
}

/// A login's standing, read from the database.
#[derive(Debug)]
pub(super) struct ReadStanding {
    pub(in crate::gate) standing: LoginStanding,
    generation: u64,
}

impl Standings {
    pub(super) fn new(store: Store, is_cached: bool) -> Self {
        Self(Arc::new(Inner {
            store,
            cache: Cache::default(),
            is_cached,
            start: Instant::now(),
            polled_at: AtomicU64::new(0),
            has_polled: Notify::new(),
            poll_now: Notify::new(),
        }))
    }

    /// The cached standing of a login, with the current time. `None` if it is not cached or the feed is not alive.
    pub(super) fn cached(&self, user_id: i64, session: &PublicId) -> Option<LoginStanding> {
        if !self.0.is_cached || !self.is_fresh() {
            return None;
        }
        let (cached, now) = (self.0.cache.get(user_id, session)?, self.0.store.clock().estimate());
        // The clock may have stepped back to before the entry was read. The entry does not say whether the account was
        // active then: its deactivation may have ended in between.
        (cached.now <= now).then_some(LoginStanding { now, ..cached })
    }

    /// Reads the standing of a login from the database.
    pub(super) async fn read(&self, user_id: i64, session: &PublicId) -> Result<ReadStanding> {
        let generation = if self.0.is_cached { self.0.cache.generation(user_id) } else { 0 };
        let standing = self.0.store.get_login_standing(user_id, session).await?;
        Ok(ReadStanding { standing, generation })
    }

    /// Caches the standing of an accepted login.
    pub(super) fn cache(&self, user_id: i64, session: &PublicId, read: &ReadStanding) {
        if self.0.is_cached && self.is_fresh() {
            self.0.cache.put(user_id, session, read.standing.clone(), read.generation);
        }
    }

    /// Updates the time of the login's last request.
    pub(super) fn record_seen(&self, user_id: i64, session: &PublicId, at: Moment) {
        if self.0.is_cached {
            self.0.cache.record_seen(user_id, session, at);
        }
    }

    /// Removes from the cache whatever the change affects.
    pub(super) fn invalidate(&self, change: Change) {
        match change {
            Change::Everyone => self.0.cache.clear(),
            Change::User(user_id) => self.0.cache.invalidate(user_id),
        }
    }

    /// Records a successful poll: the feed has applied everything that was committed before `at`.
    pub(super) fn feed_polled(&self, at: Instant) {
        self.0.polled_at.store(self.micros(at), Ordering::Release);
        self.0.has_polled.notify_waiters();
    }

    /// Records that the feed is down: the cache is not used until the next poll.
    pub(super) fn feed_died(&self) {
        self.0.polled_at.store(0, Ordering::Release);
    }

    /// Notifies the follower to poll the feed at once.
    pub(super) fn poll_now(&self) -> &Notify {
        &self.0.poll_now
    }

    /// Waits until the feed has applied everything that was committed before this call, so that later requests are
    /// not judged by an older standing. If the feed does not catch up, clears the cache, because a poll that began
    /// before this call may still make the feed count as alive.
    pub async fn catch_up(&self) {
        if !self.0.is_cached {
            return;
        }
        let has_caught_up =
            self.is_fresh() && timeout(CATCH_UP_TIMEOUT, self.wait_for_poll_since(Instant::now())).await.is_ok();
        if !has_caught_up {
            self.invalidate(Change::Everyone);
        }
    }

    /// Waits for a successful poll that began at `begin` or later.
    async fn wait_for_poll_since(&self, begin: Instant) {
        let begin = self.micros(begin);
        self.0.poll_now.notify_one();
        loop {
            // Registered before the check, so that no poll is missed in between.
            let has_polled = self.0.has_polled.notified();
            if self.0.polled_at.load(Ordering::Acquire) >= begin {
                return;
            }
            has_polled.await;
        }
    }

    fn is_fresh(&self) -> bool {
        let polled_at = self.0.polled_at.load(Ordering::Acquire);
        let since = Duration::from_micros(self.micros(Instant::now()).saturating_sub(polled_at));
        let is_trusted = || self.0.store.trust().is_held_since(self.0.start + Duration::from_micros(polled_at));
        polled_at > 0 && since < FEED_MAX_AGE && is_trusted()
    }

    /// Microseconds after `start`; at least 1, because 0 means that the feed is down.
    fn micros(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.0.start).as_micros()).unwrap_or(u64::MAX).max(1)
    }
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test fails by panicking")]
mod tests;
