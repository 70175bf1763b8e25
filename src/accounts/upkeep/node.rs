//! The nodes that serve the site: each is in the count for as long as its lease, and reports what it
//! has applied.
//!
//! A node that is not in the count applies what it must all the same. But one that cannot renew its lease cannot write,
//! and believes nothing that it reads.

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use data_encoding::BASE32_NOPAD;

use crate::{
    accounts::{Accounts, AccountsError, Result},
    domain::moment::Moment,
    store::fleet::{
        nodes::{NodeRow, delete_dead_nodes, delete_node, set_node},
        receipts::{ReceiptRow, insert_receipt},
    },
};

/// How long a node that is not heard of stays in the count.
pub(super) const LEASE: Duration = Duration::from_secs(15);
/// How often it is renewed: two may fail before it ends.
pub const LEASE_RENEWED_EVERY: Duration = Duration::from_secs(5);

/// The bytes of a node's id: two starts never have the same.
const ID_BYTES: usize = 10;

/// This process, as one of those that serve the site. Cloning it is the same node.
#[derive(Debug, Clone)]
pub struct Node(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    id: String,
    name: String,
    /// By the clock of all nodes, as of the first lease.
    started_at: OnceLock<Moment>,
}

impl Node {
    /// A node of that name. It is in the count from its first lease on.
    #[must_use]
    pub fn new(name: String) -> Self {
        let id = BASE32_NOPAD.encode(&rand::random::<[u8; ID_BYTES]>()).to_lowercase();
        Self(Arc::new(Inner { id, name, started_at: OnceLock::new() }))
    }
}

impl Accounts {
    /// Puts a node into the count for another lease, and takes out those that were not heard of. That is how the
    /// node proves that it can write, without which it believes nothing it reads.
    ///
    /// # Errors
    /// When the database does not answer, or takes no writes.
    pub async fn renew_lease(&self, node: &Node) -> Result<()> {
        let began = Instant::now();
        let renewed = self.write_lease(node).await;
        match &renewed {
            Ok(()) => self.store.trust().proven(began, LEASE),
            Err(AccountsError::Store(error)) => self.store.trust().disproven(Some(error)),
            Err(_) => self.store.trust().disproven(None),
        }
        renewed
    }

    async fn write_lease(&self, node: &Node) -> Result<()> {
        let mut tx = self.store.begin_proof().await?;
        let now = self.store.clock().now(&mut tx).await?;
        let Inner { id, name, started_at } = &*node.0;
        let started_at = *started_at.get_or_init(|| now);
        let lease_until = now + TimeDelta::from_std(LEASE).unwrap_or_default();
        delete_dead_nodes(&mut tx, now).await?;
        set_node(&mut tx, &NodeRow { id: id.clone(), name: name.clone(), started_at, lease_until }).await?;
        Ok(tx.commit().await?)
    }

    /// Takes a node out of the count: it stops to serve.
    ///
    /// # Errors
    /// When the database does not answer; its lease ends then.
    pub async fn leave(&self, node: &Node) -> Result<()> {
        let mut tx = self.store.begin().await?;
        delete_node(&mut tx, &node.0.id).await?;
        Ok(tx.commit().await?)
    }

    /// Reports that from that moment on a node judges no request by what was before those events; one
    /// that was never in the count reports nothing.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn report_applied(&self, node: &Node, events: &[i64], at: Moment) -> Result<()> {
        let Inner { id, name, started_at } = &*node.0;
        let receipt = ReceiptRow { node_id: id.clone(), node_name: name.clone(), applied_at: at };
        let Some(started_at) = started_at.get() else { return Ok(()) };
        let mut tx = self.store.begin().await?;
        for event_id in events {
            insert_receipt(&mut tx, *event_id, *started_at, &receipt).await?;
        }
        Ok(tx.commit().await?)
    }
}
