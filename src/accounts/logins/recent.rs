//! When each session was seen, to the request: what is written lags behind by up to a minute.
//!
//! It decides where that minute would: which session was unseen for longest, and whether one is
//! idle. Each node knows its own requests; of another's it knows what is written.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use quick_cache::sync::Cache;

use crate::domain::{logins::session_secret::SessionId, moment::Moment};

/// The most sessions, about 15 MB; those that were asked about least are dropped, and what is written
/// of them counts again.
const SESSIONS: usize = 100_000;

/// The latest request of each session on this node, in microseconds. Cloning it shares them.
#[derive(Debug, Clone)]
pub(in crate::accounts) struct Recent(Arc<Cache<SessionId, Arc<AtomicI64>>>);

impl Default for Recent {
    fn default() -> Self {
        Self(Arc::new(Cache::new(SESSIONS)))
    }
}

impl Recent {
    /// A session was seen; it is never seen earlier.
    pub(super) fn put(&self, session: &SessionId, at: Moment) {
        let at = at.timestamp_micros();
        let Ok(latest) = self.0.get_or_insert_with(session, || Ok::<_, Infallible>(Arc::new(AtomicI64::new(at))));
        latest.fetch_max(at, Ordering::Relaxed);
    }

    /// When it was seen last, if that is known.
    pub(super) fn get(&self, session: &SessionId) -> Option<Moment> {
        Moment::from_timestamp_micros(self.0.get(session)?.load(Ordering::Relaxed))
    }
}
