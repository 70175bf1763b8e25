//! The receipt of an action: which nodes have applied it, according to their own reports.

use std::time::Duration;

use chrono::TimeDelta;

use super::node::LEASE;
use crate::{
    accounts::{Accounts, Result},
    domain::moment::Moment,
    store::{
        Connection,
        feed::Change,
        fleet::{
            nodes::{NodeRow, list_nodes},
            receipts::{
                ReceiptRequestRow, ReceiptRow, find_latest_receipt_request, find_receipt_request, list_receipts,
            },
        },
    },
};

/// How long after an action its receipt is shown.
const SHOWN_FOR: TimeDelta = TimeDelta::hours(1);

/// Which nodes have applied an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The time of the action.
    pub at: Moment,
    /// The nodes that have applied it, fastest first.
    pub applied: Vec<AppliedBy>,
    /// The nodes that have not, although they served at the time and their lease is current.
    pub awaited: Vec<AwaitedNode>,
}

/// A node that has applied an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppliedBy {
    /// Its name.
    pub node: String,
    /// How long after the action the node applied it.
    pub after: Duration,
}

/// A node that has not applied an action yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwaitedNode {
    /// Its name.
    pub node: String,
    /// When it last renewed its lease.
    pub heard_at: Moment,
}

impl Accounts {
    /// The receipt of the latest act that ended logins of an account, or of everyone. `None` if there was none
    /// recently.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn find_receipt(&self, change: Change) -> Result<Option<Receipt>> {
        let mut on = self.store.read().await?;
        let asked = find_latest_receipt_request(&mut on, change).await?;
        self.receipt_of(&mut on, asked).await
    }

    /// The receipt of a bulk action as a whole. `None` if it is still running, has changed nobody, or is no longer
    /// recent.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn find_receipt_of_event(&self, event_id: i64) -> Result<Option<Receipt>> {
        let mut on = self.store.read().await?;
        let asked = find_receipt_request(&mut on, event_id).await?;
        self.receipt_of(&mut on, asked).await
    }

    async fn receipt_of(&self, on: &mut Connection, asked: Option<ReceiptRequestRow>) -> Result<Option<Receipt>> {
        let now = self.store.clock().now(on).await?;
        let Some(asked) = asked.filter(|asked| now - asked.at < SHOWN_FOR) else { return Ok(None) };
        // Nodes first: one that reports in between is in both lists, and one that leaves is in neither.
        let nodes = list_nodes(on, now).await?;
        let receipts = list_receipts(on, asked.event_id).await?;
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
        // A node estimates the database's time, and may be slightly ahead of it.
        Self { node: receipt.node_name.clone(), after: (receipt.applied_at - act).to_std().unwrap_or_default() }
    }
}

impl AwaitedNode {
    fn of(row: NodeRow) -> Self {
        Self { node: row.name, heard_at: row.lease_until - TimeDelta::from_std(LEASE).unwrap_or_default() }
    }
}
