//! The last link that this process has seen.
//!
//! Whoever can write to the tables can cut off the end of the chain and let the server link a changed history again. So
//! a node links no further if the link that it saw last is gone, or if none of this site's keys
//! sealed the last link.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::keys::ChainKeys;
use crate::{
    accounts::ChainStop,
    store::{
        Result, Sql,
        events::chain::{ChainEnd, begins_after, find_last_link, find_link_hash},
    },
};

/// The last link that this process has seen. Clones share it.
#[derive(Debug, Clone, Default)]
pub(in crate::accounts) struct KnownEnd(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    end: Option<(i64, Vec<u8>)>,
    is_stop_reported: bool,
}

impl KnownEnd {
    /// Finds the last link, or why the chain must not be continued after it.
    pub(super) async fn check(
        &self,
        on: &mut dyn Sql,
        keys: &ChainKeys,
    ) -> Result<std::result::Result<Option<ChainEnd>, ChainStop>> {
        let end = find_last_link(on).await?;
        // Read after the last link: a chain that has grown meanwhile still has the link that is known.
        let known = self.known().end.clone();
        if let Some((number, hash)) = known {
            let is_kept = match find_link_hash(on, number).await? {
                Some(found) => found == hash,
                None => begins_after(on, number).await?,
            };
            if !is_kept {
                return Ok(Err(ChainStop::Gone(number)));
            }
        }
        if let Some(ChainEnd { number, hash, seal }) = &end
            && !keys.has_sealed(hash, seal)
        {
            return Ok(Err(ChainStop::NotSealed(*number)));
        }
        let mut known = self.known();
        known.is_stop_reported = false;
        known.end = end.as_ref().map(|end| (end.number, end.hash.clone())).or(known.end.take());
        Ok(Ok(end))
    }

    /// Whether [`Self::mark_stop_reported`] has been called since the last successful check.
    pub(super) fn is_stop_reported(&self) -> bool {
        self.known().is_stop_reported
    }

    /// Records that the log and the events say why the chain is not continued.
    pub(super) fn mark_stop_reported(&self) {
        self.known().is_stop_reported = true;
    }

    /// Ignores poisoning: a panic under the lock leaves a link that was seen.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
