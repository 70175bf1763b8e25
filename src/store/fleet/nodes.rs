//! The nodes that serve the site, each for as long as its lease.

use crate::{
    domain::moment::Moment,
    store::{
        Result, Sql,
        engine::{execute, fetch_all, from_row::from_row},
    },
};

/// A node that is in the count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeRow {
    /// Which start of which program.
    pub id: String,
    /// Where it serves, for people.
    pub name: String,
    /// When it began.
    pub started_at: Moment,
    /// Until when it is in the count, unless it is heard again.
    pub lease_until: Moment,
}

from_row!(NodeRow { id, name, started_at, lease_until });

/// Puts a node into the count, or keeps it there.
///
/// # Errors
/// When the database does not answer.
pub async fn set_node(on: &mut impl Sql, node: &NodeRow) -> Result<()> {
    let sql = "
        INSERT INTO curfew_nodes (id, name, started_at, lease_until) VALUES ($1, $2, $3, $4)
        ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until";
    execute!(on, sql, &node.id, &node.name, node.started_at, node.lease_until)?;
    Ok(())
}

/// The nodes whose lease goes on, by name.
///
/// # Errors
/// When the database does not answer.
pub async fn list_nodes(on: &mut impl Sql, now: Moment) -> Result<Vec<NodeRow>> {
    let sql = "SELECT id, name, started_at, lease_until FROM curfew_nodes WHERE lease_until > $1 ORDER BY name, id";
    Ok(fetch_all!(on, NodeRow, sql, now)?)
}

/// Takes a node out of the count.
///
/// # Errors
/// When the database does not answer.
pub async fn delete_node(on: &mut impl Sql, id: &str) -> Result<()> {
    execute!(on, "DELETE FROM curfew_nodes WHERE id = $1", id)?;
    Ok(())
}

/// Forgets the nodes whose lease has ended.
///
/// # Errors
/// When the database does not answer.
pub async fn delete_dead_nodes(on: &mut impl Sql, now: Moment) -> Result<()> {
    execute!(on, "DELETE FROM curfew_nodes WHERE lease_until <= $1", now)?;
    Ok(())
}
