//! Statements of a host on its own tables, in a transaction of Curfew.

use sqlx::AssertSqlSafe;

use super::{
    Result, StoreError, Transaction,
    engine::{on_engine, with_timeout},
};

/// A value of a host's statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostValue {
    /// A whole number.
    Integer(i64),
    /// A text.
    Text(String),
    /// A truth value.
    Bool(bool),
}

impl From<i64> for HostValue {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<&str> for HostValue {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for HostValue {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<bool> for HostValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

/// Executes a statement of the host.
///
/// # Errors
/// Returns an error if the database refuses the statement or does not respond.
pub(crate) async fn execute_for_host(on: &mut Transaction, sql: &str, values: &[HostValue]) -> Result<()> {
    let executed: sqlx::Result<()> = on_engine!(on, |c| {
        // The host's own text, with its values apart.
        let mut query = sqlx::query(AssertSqlSafe(sql.to_owned()));
        for value in values {
            query = match value {
                HostValue::Integer(number) => query.bind(*number),
                HostValue::Text(text) => query.bind(text.clone()),
                HostValue::Bool(truth) => query.bind(*truth),
            };
        }
        with_timeout(query.execute(c)).await.map(drop)
    });
    executed.map_err(|error| match error {
        sqlx::Error::Database(error) => StoreError::OfHost(error.message().to_owned()),
        other => other.into(),
    })
}
