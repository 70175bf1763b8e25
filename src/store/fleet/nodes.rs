//! The nodes that serve the site, each listed until its lease expires.

use crate::{
    domain::moment::Moment,
    store::{
        Result, Sql,
        engine::{execute, fetch_all, from_row::from_row},
    },
};

/// A node with a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeRow {
    /// The node's id; every start of the server has a new one.
    pub id: String,
    /// The node's name for people, which says where it serves.
    pub name: String,
    /// When the node started.
    pub started_at: Moment,
    /// When the lease expires, unless it is renewed.
    pub lease_until: Moment,
}

from_row!(NodeRow { id, name, started_at, lease_until });

/// Inserts a node, or renews its lease.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn set_node(on: &mut dyn Sql, node: &NodeRow) -> Result<()> {
    let sql = "
        INSERT INTO curfew_nodes (id, name, started_at, lease_until) VALUES ($1, $2, $3, $4)
        ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until";
    execute!(on, sql, &node.id, &node.name, node.started_at, node.lease_until)?;
    Ok(())
}

/// The nodes whose lease has not expired, by name.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_nodes(on: &mut dyn Sql, now: Moment) -> Result<Vec<NodeRow>> {
    let sql = "SELECT id, name, started_at, lease_until FROM curfew_nodes WHERE lease_until > $1 ORDER BY name, id";
    Ok(fetch_all!(on, NodeRow, sql, now)?)
}

/// Deletes a node.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn delete_node(on: &mut dyn Sql, id: &str) -> Result<()> {
    execute!(on, "DELETE FROM curfew_nodes WHERE id = $1", id)?;
    Ok(())
}

/// Deletes the nodes whose lease has expired.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn delete_expired_nodes(on: &mut dyn Sql, now: Moment) -> Result<()> {
    execute!(on, "DELETE FROM curfew_nodes WHERE lease_until <= $1", now)?;
    Ok(())
}
