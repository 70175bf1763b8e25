//! The receipts of acts: which node has applied which event, from when on.

use crate::{
    domain::moment::Moment,
    store::{
        Result, Sql,
        engine::{execute, fetch_all, fetch_optional, from_row::from_row},
        standing::feed::Change,
    },
};

/// An act that asks for receipts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AskedRow {
    /// Its event.
    pub event_id: i64,
    /// When it happened.
    pub at: Moment,
}

from_row!(AskedRow { event_id, at });

/// What a node reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptRow {
    /// Which start of which program.
    pub node_id: String,
    /// Where it serves, for people.
    pub node_name: String,
    /// When no request was judged any more by what was before.
    pub applied_at: Moment,
}

from_row!(ReceiptRow { node_id, node_name, applied_at });

/// Asks each node to report that it has applied an event, in the transaction of the event and after
/// the changes that belong to it.
///
/// # Errors
/// When the database does not answer.
pub async fn ask_for_receipts(on: &mut impl Sql, change: Change, event_id: i64) -> Result<()> {
    execute!(
        on,
        "INSERT INTO curfew_standing_changes (user_id, event_id) VALUES ($1, $2)",
        change.user_id(),
        event_id
    )?;
    Ok(())
}

/// The latest act on an account, or on everyone, that asked for receipts.
///
/// # Errors
/// When the database does not answer.
pub async fn find_latest_asked(on: &mut impl Sql, change: Change) -> Result<Option<AskedRow>> {
    let sql = "
        SELECT e.id AS event_id, e.at FROM curfew_standing_changes c JOIN curfew_events e ON e.id = c.event_id
        WHERE c.event_id IS NOT NULL AND c.user_id IS NOT DISTINCT FROM $1 ORDER BY c.id DESC LIMIT 1";
    Ok(fetch_optional!(on, AskedRow, sql, change.user_id())?)
}

/// Reports that a node has applied an event; one that was before the node began asks nothing of it,
/// and what was reported stands.
///
/// # Errors
/// When the database does not answer.
pub async fn insert_receipt(on: &mut impl Sql, event_id: i64, began: Moment, receipt: &ReceiptRow) -> Result<()> {
    let sql = "
        INSERT INTO curfew_receipts (event_id, node_id, node_name, applied_at)
        SELECT id, $3, $4, $5 FROM curfew_events WHERE id = $1 AND at >= $2
        ON CONFLICT (event_id, node_id) DO NOTHING";
    execute!(on, sql, event_id, began, &receipt.node_id, &receipt.node_name, receipt.applied_at)?;
    Ok(())
}

/// What has been reported of an event, the earliest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list_receipts(on: &mut impl Sql, event_id: i64) -> Result<Vec<ReceiptRow>> {
    let sql = "SELECT node_id, node_name, applied_at FROM curfew_receipts WHERE event_id = $1 ORDER BY applied_at, node_name, node_id";
    Ok(fetch_all!(on, ReceiptRow, sql, event_id)?)
}

/// Forgets what was reported at that moment or before; says how much that was.
///
/// # Errors
/// When the database does not answer.
pub async fn delete_old_receipts(on: &mut impl Sql, up_to: Moment) -> Result<u64> {
    Ok(execute!(on, "DELETE FROM curfew_receipts WHERE applied_at <= $1", up_to)?)
}
