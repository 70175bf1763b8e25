//! What decides over a login: from memory while the feed says that nothing has changed, otherwise
//! from the database.
//!
//! Memory only ever accepts. Whatever it would refuse is read from the database first, so that
//! nobody is put out by what is old; and it accepts only for as long as the feed has looked lately
//! and this node can write to the database, which may else have been replaced by another.

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
    domain::{logins::session_secret::SessionId, moment::Moment},
    store::{
        Result, Store,
        standing::{LoginStanding, feed::Change},
    },
};

/// The bound: so long after the feed last looked is what it said still believed. A node that was
/// paused, or whose database is out of reach, reads the database from then on.
pub const FEED_BOUND: Duration = Duration::from_secs(1);
/// How long whoever has changed something waits until the feed has seen it.
const CATCH_UP_TIMEOUT: Duration = Duration::from_secs(1);

/// Has whoever changed something wait for the feed, before they are answered.
pub(super) fn fairing() -> AdHoc {
    AdHoc::on_response("Own changes come first", |request, _| {
        Box::pin(async move {
            let is_safe = matches!(request.method(), Method::Get | Method::Head | Method::Options | Method::Trace);
            if let (false, Some(standings)) = (is_safe, request.rocket().state::<Standings>()) {
                standings.catch_up().await;
            }
        })
    })
}

/// What decides over the logins. Cloning it shares it.
#[derive(Debug, Clone)]
pub struct Standings(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    cache: Cache,
    is_cached: bool,
    /// What the times below are counted from.
    start: Instant,
    /// When the feed began the last look that it has finished, in microseconds, or 0: the feed is dead.
    looked_at: AtomicU64,
    has_looked: Notify,
    hurry: Notify,
}

/// A login, as memory or the database has it.
#[derive(Debug)]
pub(super) struct Found {
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
            looked_at: AtomicU64::new(0),
            has_looked: Notify::new(),
            hurry: Notify::new(),
        }))
    }

    /// What memory has of a login, at this moment; nothing while the feed is not known to be alive.
    pub(super) fn known(&self, user_id: i64, session: &SessionId) -> Option<LoginStanding> {
        if !self.0.is_cached || !self.is_fresh() {
            return None;
        }
        let (known, now) = (self.0.cache.get(user_id, session)?, self.0.store.clock().estimate());
        // Who was active then still is later, but perhaps was not before: a clock may have stepped back.
        (known.now <= now).then(|| LoginStanding { now, ..(*known).clone() })
    }

    /// Reads a login from the database.
    pub(super) async fn read(&self, user_id: i64, session: &SessionId) -> Result<Found> {
        let generation = if self.0.is_cached { self.0.cache.generation(user_id) } else { 0 };
        let standing = self.0.store.get_login_standing(user_id, session).await?;
        Ok(Found { standing, generation })
    }

    /// Keeps what was read, and accepted, for the next request.
    pub(super) fn keep(&self, user_id: i64, session: &SessionId, found: &Found) {
        if self.0.is_cached && self.is_fresh() {
            self.0.cache.put(user_id, session, Arc::new(found.standing.clone()), found.generation);
        }
    }

    /// Notes that a session's person was seen.
    pub(super) fn seen(&self, user_id: i64, session: &SessionId, at: Moment) {
        if self.0.is_cached {
            self.0.cache.seen(user_id, session, at);
        }
    }

    /// Forgets whom a change concerns.
    pub(super) fn forget(&self, change: Change) {
        match change {
            Change::Everyone => self.0.cache.clear(),
            Change::User(user_id) => self.0.cache.forget(user_id),
        }
    }

    /// The feed has seen everything that was committed before that moment.
    pub(super) fn feed_polled(&self, at: Instant) {
        self.0.looked_at.store(self.micros(at), Ordering::Release);
        self.0.has_looked.notify_waiters();
    }

    /// The feed is dead: nothing is believed until it has looked again.
    pub(super) fn feed_died(&self) {
        self.0.looked_at.store(0, Ordering::Release);
    }

    /// Whoever reads the feed looks at once when this tells.
    pub(super) fn hurry(&self) -> &Notify {
        &self.0.hurry
    }

    /// Waits until the feed has seen what has been committed up to now, so that no request that
    /// begins afterwards is judged by what was before. Where it does not, all is forgotten: a look
    /// that began before may still make it count as alive.
    pub async fn catch_up(&self) {
        if !self.0.is_cached {
            return;
        }
        let has_caught_up = self.is_fresh() && timeout(CATCH_UP_TIMEOUT, self.look_from(Instant::now())).await.is_ok();
        if !has_caught_up {
            self.forget(Change::Everyone);
        }
    }

    /// Waits for a look that begins then or later.
    async fn look_from(&self, begin: Instant) {
        let begin = self.micros(begin);
        self.0.hurry.notify_one();
        loop {
            // Asked to be woken before the look at it, so that none is missed in between.
            let has_looked = self.0.has_looked.notified();
            if self.0.looked_at.load(Ordering::Acquire) >= begin {
                return;
            }
            has_looked.await;
        }
    }

    fn is_fresh(&self) -> bool {
        let looked_at = self.0.looked_at.load(Ordering::Acquire);
        let since = Duration::from_micros(self.micros(Instant::now()).saturating_sub(looked_at));
        let is_trusted = || self.0.store.trust().is_held_since(self.0.start + Duration::from_micros(looked_at));
        looked_at > 0 && since < FEED_BOUND && is_trusted()
    }

    /// Never 0.
    fn micros(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.0.start).as_micros()).unwrap_or(u64::MAX).max(1)
    }
}

#[cfg(test)]
#[allow(clippy::expect_used)] // a test says what it expects
mod tests;
