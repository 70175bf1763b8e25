//! The nodes that serve the site. Each counts as one for as long as its lease, and reports what it has applied.
//!
//! A node without a lease still applies changes. But a node that cannot renew its lease cannot write, so it trusts
//! nothing that it reads.

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
        nodes::{NodeRow, delete_expired_nodes, delete_node, set_node},
        receipts::{ReceiptRow, insert_receipt},
    },
};

/// How long a node counts after its last renewal.
pub(super) const LEASE: Duration = Duration::from_secs(15);
/// How often the lease is renewed: two renewals may fail before it expires.
pub const LEASE_RENEWED_EVERY: Duration = Duration::from_secs(5);

/// The bytes of a node's id, which is new at each start.
const ID_BYTES: usize = 10;

/// This process, as one of the nodes. Clones are the same node.
#[derive(Debug, Clone)]
pub struct Node(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    id: String,
    name: String,
    /// When the lease first began, by the site's clock.
    started_at: OnceLock<Moment>,
}

impl Node {
    /// Creates a node with this name. It counts from its first lease.
    #[must_use]
    pub fn new(name: String) -> Self {
        let id = BASE32_NOPAD.encode(&rand::random::<[u8; ID_BYTES]>()).to_lowercase();
        Self(Arc::new(Inner { id, name, started_at: OnceLock::new() }))
    }

    /// The id, which is new at each start.
    pub(in crate::accounts) fn id(&self) -> &str {
        &self.0.id
    }
}

impl Accounts {
    /// Renews the node's lease, and removes nodes whose lease has expired. This is also how the node proves that it can
    /// write. Without this proof, it trusts nothing that it reads.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond, or takes no writes.
    pub async fn renew_lease(&self, node: &Node) -> Result<()> {
        let began = Instant::now();
        let renewed = self.write_lease(node).await;
        match &renewed {
            Ok(()) => self.store.trust().record_write(began, LEASE),
            Err(AccountsError::Store(error)) => self.store.trust().record_failed_write(Some(error)),
            Err(_) => self.store.trust().record_failed_write(None),
        }
        renewed
    }

    async fn write_lease(&self, node: &Node) -> Result<()> {
        let mut tx = self.store.begin_proof().await?;
        let now = self.store.clock().now(&mut tx).await?;
        let Inner { id, name, started_at } = &*node.0;
        let started_at = *started_at.get_or_init(|| now);
        let lease_until = now + TimeDelta::from_std(LEASE).unwrap_or_default();
        delete_expired_nodes(&mut tx, now).await?;
        set_node(&mut tx, &NodeRow { id: id.clone(), name: name.clone(), started_at, lease_until }).await?;
        Ok(tx.commit().await?)
    }

    /// Removes the node, because it stops serving.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond. The lease then expires by itself.
    pub async fn leave(&self, node: &Node) -> Result<()> {
        let mut tx = self.store.begin().await?;
        delete_node(&mut tx, &node.0.id).await?;
        Ok(tx.commit().await?)
    }

    /// Reports that, from `at` on, this node applies these events to every request. A node that never had a lease
    /// reports nothing.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
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
