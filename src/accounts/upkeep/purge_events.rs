//! Deletes old events.

use std::time::Duration;

use rocket::tokio::time::sleep;

use crate::{
    accounts::{
        Accounts, Actor, Detail, Result,
        event::{BuildEvent as _, new_event},
    },
    domain::{event_kind::EventKind, moment::moment_before},
    store::events::{
        chain::{delete_first_links, read::may_delete_events, try_lock_chain},
        delete_old_events, insert_event,
    },
};

/// How many events one transaction deletes.
const BATCH: i64 = 500;
/// The pause between two batches, so that other writers are not held up.
const PAUSE: Duration = Duration::from_millis(50);

impl Accounts {
    /// Deletes the events that are older than the settings keep them, and returns how many. Several nodes may do this
    /// at the same time. Does nothing if the database role may not delete events: then another role does it, with
    /// `curfew event purge`.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond. Earlier batches stay done.
    pub async fn purge_events(&self) -> Result<u64> {
        if !may_delete_events(&mut self.store.read().await?).await? {
            return Ok(0);
        }
        self.purge(None).await
    }

    /// Like [`Self::purge_events`], at an actor's request. Records an event if anything was deleted.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond. Earlier batches stay done and recorded.
    pub async fn purge_events_by(&self, actor: &Actor) -> Result<u64> {
        self.purge(Some(actor)).await
    }

    async fn purge(&self, mut unrecorded: Option<&Actor>) -> Result<u64> {
        let mut purged = 0;
        while let some @ 1.. = self.store.run_in_turn(Box::pin(self.purge_some(unrecorded.take()))).await? {
            purged += some;
            sleep(PAUSE).await;
        }
        Ok(purged)
    }

    async fn purge_some(&self, unrecorded: Option<&Actor>) -> Result<u64> {
        let mut tx = self.store.begin().await?;
        let now = self.store.clock().now(&mut tx).await?;
        let up_to = moment_before(now, self.settings.event_retention);
        let deleted = delete_old_events(&mut tx, up_to, BATCH).await?;
        if try_lock_chain(&mut tx).await? {
            delete_first_links(&mut tx, up_to, 2 * BATCH).await?;
        }
        if let (Some(actor), 1..) = (unrecorded, deleted) {
            let older = Detail::OlderThan(up_to);
            insert_event(&mut tx, &new_event(now, EventKind::EventsPurged).by(actor).saying(older)).await?;
        }
        tx.commit().await?;
        Ok(deleted)
    }
}
