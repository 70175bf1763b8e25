//! When each session last made a request, exact to the request. The stored time lags behind by up to a minute.
//!
//! That minute would matter in two places: which session was unseen the longest, and whether one is idle. Each node
//! knows its own requests exactly. For the requests of other nodes, it uses the stored time.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use quick_cache::sync::Cache;

use crate::domain::{logins::public_id::PublicId, moment::Moment};

/// The most sessions, about 15 MB. The least recently used are dropped. For those, the stored time counts again.
const SESSIONS: usize = 100_000;

/// The latest request of each session on this node, in microseconds. Clones share them.
#[derive(Debug, Clone)]
pub(in crate::accounts) struct Recent(Arc<Cache<PublicId, Arc<AtomicI64>>>);

impl Default for Recent {
    fn default() -> Self {
        Self(Arc::new(Cache::new(SESSIONS)))
    }
}

impl Recent {
    /// Records that a session was seen. Its time only moves forward.
    pub(super) fn put(&self, session: &PublicId, at: Moment) {
        let at = at.timestamp_micros();
        let Ok(latest) = self.0.get_or_insert_with(session, || Ok::<_, Infallible>(Arc::new(AtomicI64::new(at))));
        latest.fetch_max(at, Ordering::Relaxed);
    }

    /// When the session was last seen, if known.
    pub(super) fn get(&self, session: &PublicId) -> Option<Moment> {
        Moment::from_timestamp_micros(self.0.get(session)?.load(Ordering::Relaxed))
    }
}
