//! When each session was seen, to the request: what is written lags behind by up to a minute.
//!
//! It decides where that minute would: which session was unseen for longest, and whether one is
//! idle. Each node knows its own requests; of another's it knows what is written.

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use lru::LruCache;

use crate::domain::{moment::Moment, session_secret::SessionId};

/// Apart, so that requests seldom wait for one another.
const SHARDS: usize = 16;
/// The most sessions of one shard, 100,000 in all, about 15 MB; those unseen for longest are dropped,
/// and what is written of them counts again.
const SESSIONS_PER_SHARD: NonZeroUsize = NonZeroUsize::new(6_250).unwrap();

/// The latest request of each session on this node. Cloning it shares them.
#[derive(Debug, Clone)]
pub(super) struct Recent(Arc<[Mutex<Shard>; SHARDS]>);

type Shard = LruCache<SessionId, Moment>;

impl Default for Recent {
    fn default() -> Self {
        Self(Arc::new(std::array::from_fn(|_| Mutex::new(LruCache::new(SESSIONS_PER_SHARD)))))
    }
}

impl Recent {
    /// A session was seen; it is never seen earlier.
    pub(super) fn put(&self, session: &SessionId, at: Moment) {
        let mut shard = self.shard(session);
        if let Some(latest) = shard.get_mut(session) {
            *latest = at.max(*latest);
        } else {
            shard.put(session.clone(), at);
        }
    }

    /// When it was seen last, if that is known.
    pub(super) fn get(&self, session: &SessionId) -> Option<Moment> {
        self.shard(session).peek(session).copied()
    }

    /// By a character of the name, which is random. Nothing that is done under the lock can panic
    /// half-way.
    fn shard(&self, session: &SessionId) -> MutexGuard<'_, Shard> {
        let random = session.as_str().bytes().next().unwrap_or_default();
        self.0[usize::from(random) % SHARDS].lock().unwrap_or_else(PoisonError::into_inner)
    }
}
