//! Receipts: which node has applied which event, and when.

use crate::{
    domain::moment::Moment,
    store::{
        Result, Sql,
        engine::{execute, fetch_all, fetch_optional, from_row::from_row},
        feed::Change,
    },
};

/// An event that requests receipts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceiptRequestRow {
    /// The event's id.
    pub event_id: i64,
    /// When it happened.
    pub at: Moment,
}

from_row!(ReceiptRequestRow { event_id, at });

/// A node's receipt for an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptRow {
    /// The node's id; every start of the server has a new one.
    pub node_id: String,
    /// The node's name for people, which says where it serves.
    pub node_name: String,
    /// Since when the node has judged no request by the state before the event.
    pub applied_at: Moment,
}

from_row!(ReceiptRow { node_id, node_name, applied_at });

/// Requests a receipt for an event from every node. Call it in the transaction of the event, after the event's changes.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn request_receipts(on: &mut dyn Sql, change: Change, event_id: i64) -> Result<()> {
    execute!(
        on,
        "INSERT INTO curfew_standing_changes (user_id, event_id) VALUES ($1, $2)",
        change.user_id(),
        event_id
    )?;
    Ok(())
}

/// The latest event on an account, or on everyone, that requested receipts.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn find_latest_receipt_request(on: &mut dyn Sql, change: Change) -> Result<Option<ReceiptRequestRow>> {
    let sql = "
        SELECT e.id AS event_id, e.at FROM curfew_standing_changes c JOIN curfew_events e ON e.id = c.event_id
        WHERE c.event_id IS NOT NULL AND c.user_id IS NOT DISTINCT FROM $1 ORDER BY c.id DESC LIMIT 1";
    Ok(fetch_optional!(on, ReceiptRequestRow, sql, change.user_id())?)
}

/// Finds the request for receipts of an event.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn find_receipt_request(on: &mut dyn Sql, event_id: i64) -> Result<Option<ReceiptRequestRow>> {
    let sql = "
        SELECT id AS event_id, at FROM curfew_events
        WHERE id = $1 AND EXISTS (SELECT 1 FROM curfew_standing_changes c WHERE c.event_id = $1)";
    Ok(fetch_optional!(on, ReceiptRequestRow, sql, event_id)?)
}

/// Inserts a node's receipt for an event, unless the node already has one or the event is older than the node.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn insert_receipt(
    on: &mut dyn Sql,
    event_id: i64,
    node_started_at: Moment,
    receipt: &ReceiptRow,
) -> Result<()> {
    let sql = "
        INSERT INTO curfew_receipts (event_id, node_id, node_name, applied_at)
        SELECT id, $3, $4, $5 FROM curfew_events WHERE id = $1 AND at >= $2
        ON CONFLICT (event_id, node_id) DO NOTHING";
    execute!(on, sql, event_id, node_started_at, &receipt.node_id, &receipt.node_name, receipt.applied_at)?;
    Ok(())
}

/// The receipts for an event, earliest first.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_receipts(on: &mut dyn Sql, event_id: i64) -> Result<Vec<ReceiptRow>> {
    let sql = "SELECT node_id, node_name, applied_at FROM curfew_receipts WHERE event_id = $1 ORDER BY applied_at, node_name, node_id";
    Ok(fetch_all!(on, ReceiptRow, sql, event_id)?)
}

/// Deletes the receipts applied at `up_to` or earlier, and returns how many.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn delete_old_receipts(on: &mut dyn Sql, up_to: Moment) -> Result<u64> {
    Ok(execute!(on, "DELETE FROM curfew_receipts WHERE applied_at <= $1", up_to)?)
}
