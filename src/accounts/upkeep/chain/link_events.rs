//! Links new events to the chain, so that a later change of one is found.
//!
//! Events are linked after their transaction, so that a login does not wait for the chain. One node does it at a time.

use std::time::Duration;

use rocket::tokio::time::sleep;

use super::keys::{ChainKeys, NO_HASH};
use crate::{
    accounts::{
        Accounts, ChainStop, Detail, Result,
        event::{BuildEvent as _, new_event},
    },
    domain::{event_kind::EventKind, moment::Moment},
    store::{
        Sql,
        events::{
            chain::{
                ChainEnd, insert_links,
                queue::{delete_linked_events_to_link, has_events_to_link, lock_events_to_link},
                try_lock_chain,
            },
            insert_event,
        },
    },
};

/// How many events one transaction links.
const BATCH: i64 = 250;
/// The pause between two batches, so that other writers are not held up.
const PAUSE: Duration = Duration::from_millis(20);
/// How often new events are linked.
const LINK_INTERVAL: Duration = Duration::from_secs(1);
/// How long the task waits after an error.
const RETRY_INTERVAL: Duration = Duration::from_secs(15);

impl Accounts {
    /// Links the events that have no link yet, and returns how many. Several nodes may do this at the same time: one of
    /// them does it, and the others return.
    ///
    /// Links nothing while the chain is not the one that this node has seen, and records one event that says so.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond. Earlier batches stay done.
    pub async fn link_events(&self, keys: &ChainKeys) -> Result<u64> {
        let mut linked = 0;
        while let Some(some) = self.store.run_in_turn(Box::pin(self.link_some(keys))).await? {
            linked += some;
            sleep(PAUSE).await;
        }
        Ok(linked)
    }

    /// Links one batch. `None` if there is nothing to link.
    async fn link_some(&self, keys: &ChainKeys) -> Result<Option<u64>> {
        let mut on = self.store.read().await?;
        if let Err(stop) = self.known_end.check(&mut on, keys).await? {
            drop(on);
            self.report_stop(stop).await?;
            return Ok(None);
        }
        if !has_events_to_link(&mut on).await? {
            return Ok(None);
        }
        drop(on);
        let mut tx = self.store.begin().await?;
        if !try_lock_chain(&mut tx).await? {
            return Ok(None);
        }
        // If the chain has changed since, the next round reports it.
        let Ok(end) = self.known_end.check(&mut tx, keys).await? else { return Ok(None) };
        let had_link = delete_linked_events_to_link(&mut tx, BATCH).await?;
        let now = self.store.clock().now(&mut tx).await?;
        let linked = link_batch(&mut tx, keys, end, now).await?;
        if had_link == 0 && linked == 0 {
            return Ok(None);
        }
        tx.commit().await?;
        Ok(Some(linked))
    }

    /// Reports once why the chain is not continued.
    async fn report_stop(&self, stop: ChainStop) -> Result<()> {
        if self.known_end.is_stop_reported() {
            return Ok(());
        }
        let detail = Detail::ChainStopped(stop);
        log::error!("no event is linked to the chain any more: {detail}");
        let mut tx = self.store.begin().await?;
        let now = self.store.clock().now(&mut tx).await?;
        insert_event(&mut tx, &new_event(now, EventKind::ChainStopped).saying(detail)).await?;
        tx.commit().await?;
        self.known_end.mark_stop_reported();
        Ok(())
    }

    /// Links new events until the server stops.
    pub async fn keep_linking_events(&self, keys: &ChainKeys) {
        loop {
            sleep(LINK_INTERVAL).await;
            if let Err(error) = self.link_events(keys).await {
                log::warn!("could not link the events, will retry: {error}");
                sleep(RETRY_INTERVAL).await;
            }
        }
    }
}

/// Links the next events after the last link, in a transaction that has locked the chain, and returns how many.
pub(super) async fn link_batch(on: &mut dyn Sql, keys: &ChainKeys, end: Option<ChainEnd>, now: Moment) -> Result<u64> {
    let events = lock_events_to_link(on, BATCH).await?;
    if events.is_empty() {
        return Ok(0);
    }
    let last = end.map_or((0, NO_HASH.to_vec()), |end| (end.number, end.hash));
    let salted: Vec<_> = events.into_iter().map(|event| (event, rand::random())).collect();
    insert_links(on, last, now, &salted, |hash| keys.seal(hash)).await?;
    Ok(salted.len() as u64)
}
