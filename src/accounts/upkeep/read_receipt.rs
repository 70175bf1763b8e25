//! The receipt of an act: which nodes have applied it, from what each of them reports.

use std::time::Duration;

use chrono::TimeDelta;

use super::node::LEASE;
use crate::{
    accounts::{Accounts, Result},
    domain::moment::Moment,
    store::{
        fleet::{
            nodes::{NodeRow, list_nodes},
            receipts::{ReceiptRow, find_latest_asked, list_receipts},
        },
        standing::feed::Change,
    },
};

/// How long after an act its receipt is of interest.
const SHOWN_FOR: TimeDelta = TimeDelta::hours(1);

/// Which nodes have applied an act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// When the act was done.
    pub at: Moment,
    /// Those that have, the fastest first.
    pub applied: Vec<AppliedBy>,
    /// Those that have not, though they served at the time and their lease goes on.
    pub awaited: Vec<AwaitedNode>,
}

/// A node that has applied an act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedBy {
    /// The node's name.
    pub node: String,
    /// How long that took from the act on.
    pub after: Duration,
}

/// A node that has not applied an act yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwaitedNode {
    /// The node's name.
    pub node: String,
    /// When it renewed its lease last.
    pub heard_at: Moment,
}

impl Accounts {
    /// The receipt of the latest act that ended the logins of an account, or of everyone; none when
    /// there was none of late.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn find_receipt(&self, change: Change) -> Result<Option<Receipt>> {
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        let Some(asked) = find_latest_asked(&mut on, change).await?.filter(|asked| now - asked.at < SHOWN_FOR) else {
            return Ok(None);
        };
        // The nodes first: one that reports in between is in both, and one that leaves in neither.
        let nodes = list_nodes(&mut on, now).await?;
        let receipts = list_receipts(&mut on, asked.event_id).await?;
        let is_awaited =
            |node: &NodeRow| node.started_at <= asked.at && !receipts.iter().any(|receipt| receipt.node_id == node.id);
        Ok(Some(Receipt {
            at: asked.at,
            awaited: nodes.into_iter().filter(is_awaited).map(AwaitedNode::of).collect(),
            applied: receipts.iter().map(|receipt| AppliedBy::of(receipt, asked.at)).collect(),
        }))
    }
}

impl AppliedBy {
    fn of(receipt: &ReceiptRow, act: Moment) -> Self {
        // A node only estimates the database's time: it may be a moment ahead of itself.
        Self { node: receipt.node_name.clone(), after: (receipt.applied_at - act).to_std().unwrap_or_default() }
    }
}

impl AwaitedNode {
    fn of(row: NodeRow) -> Self {
        Self { node: row.name, heard_at: row.lease_until - TimeDelta::from_std(LEASE).unwrap_or_default() }
    }
}
