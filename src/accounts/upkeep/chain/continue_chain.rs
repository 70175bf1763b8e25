//! Continues the chain with a new key, although the old one is not known any more.

use super::{
    keys::{ChainKeys, NotedLink},
    link_events::link_batch,
};
use crate::{
    accounts::{
        Accounts, Actor, Detail, Result,
        event::{BuildEvent as _, new_event},
    },
    domain::event_kind::EventKind,
    store::events::{
        chain::{find_last_link, lock_chain},
        insert_event,
    },
};

impl Accounts {
    /// Continues the chain after its last link, which none of the keys has sealed, and records an event. The actor
    /// vouches for the link: they noted it when the chain was last verified. Returns false, and does nothing, if
    /// another link is the last one.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn continue_chain(&self, actor: &Actor, keys: &ChainKeys, after: &NotedLink) -> Result<bool> {
        let mut tx = self.store.begin().await?;
        lock_chain(&mut tx).await?;
        let end = find_last_link(&mut tx).await?;
        if !end.as_ref().is_some_and(|end| end.number == after.number && end.hash == after.hash) {
            return Ok(false);
        }
        let now = self.store.clock().now(&mut tx).await?;
        let event = new_event(now, EventKind::ChainContinued).by(actor).saying(Detail::ContinuedAfter(after.number));
        insert_event(&mut tx, &event).await?;
        link_batch(&mut tx, keys, end, now).await?;
        tx.commit().await?;
        Ok(true)
    }
}
