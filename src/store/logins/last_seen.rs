//! Writes when users and their logins were last seen, in batches.

use std::collections::BTreeMap;

#[cfg(feature = "postgres")]
use sqlx::PgConnection;
use sqlx::SqliteConnection;

use crate::{
    domain::{logins::public_id::PublicId, moment::Moment},
    store::{
        Result, Sql,
        engine::{Engine, with_timeout},
    },
};

/// A request by a live login, not written yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The account that the login belongs to.
    pub user_id: i64,
    /// The login.
    pub session: PublicId,
    /// The time of the request.
    pub at: Moment,
    /// Skip the write if the stored `last_seen` of the login is later than this.
    pub skip_if_seen_after: Moment,
}

/// Writes when these logins and their users were last seen. Each login may appear only once.
///
/// Leaves out logins that have been ended, so that a request in flight never revives one. Locks accounts before logins,
/// and both in ascending order of id. Every use case locks in this order, so that two nodes cannot deadlock.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn set_last_seen(on: &mut dyn Sql, seen: &[Seen]) -> Result<()> {
    let mut users: BTreeMap<i64, Moment> = BTreeMap::new();
    for seen in seen {
        let latest = users.entry(seen.user_id).or_insert(seen.at);
        *latest = seen.at.max(*latest);
    }
    match on.engine()? {
        Engine::Sqlite(connection) => set_one_by_one(connection, &users, seen).await?,
        #[cfg(feature = "postgres")]
        Engine::Postgres(connection) => set_all_at_once(connection, &users, seen).await?,
    }
    Ok(())
}

/// Runs one statement per row. SQLite has no round trips to save, and for a join it would read all logins to build a
/// Bloom filter.
async fn set_one_by_one(on: &mut SqliteConnection, users: &BTreeMap<i64, Moment>, seen: &[Seen]) -> sqlx::Result<()> {
    let sql = "UPDATE curfew_users SET last_seen = $2 WHERE id = $1 AND (last_seen IS NULL OR last_seen < $2)";
    for (id, at) in users {
        with_timeout(sqlx::query(sql).bind(id).bind(at).execute(&mut *on)).await?;
    }
    let sql = "
        UPDATE curfew_logins SET last_seen = $2
        WHERE id = $1 AND ended_at IS NULL AND (last_seen IS NULL OR last_seen < $2 AND last_seen <= $3)";
    for seen in seen {
        let query = sqlx::query(sql).bind(seen.session.as_str()).bind(seen.at).bind(seen.skip_if_seen_after);
        with_timeout(query.execute(&mut *on)).await?;
    }
    Ok(())
}

/// Runs few statements, because each round trip prolongs the locks.
#[cfg(feature = "postgres")]
async fn set_all_at_once(on: &mut PgConnection, users: &BTreeMap<i64, Moment>, seen: &[Seen]) -> sqlx::Result<()> {
    let (ids, at): (Vec<i64>, Vec<Moment>) = users.iter().unzip();
    let sql = "SELECT 1 FROM curfew_users WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE";
    with_timeout(sqlx::query(sql).bind(&ids).execute(&mut *on)).await?;
    let sql = "
        UPDATE curfew_users AS u SET last_seen = seen.at FROM UNNEST($1, $2) AS seen (id, at)
        WHERE u.id = seen.id AND (u.last_seen IS NULL OR u.last_seen < seen.at)";
    with_timeout(sqlx::query(sql).bind(ids).bind(at).execute(&mut *on)).await?;

    let ids: Vec<&str> = seen.iter().map(|seen| seen.session.as_str()).collect();
    let (at, skip_if_seen_after): (Vec<_>, Vec<_>) = seen.iter().map(|seen| (seen.at, seen.skip_if_seen_after)).unzip();
    let sql = "SELECT 1 FROM curfew_logins WHERE id = ANY($1) AND ended_at IS NULL ORDER BY id FOR NO KEY UPDATE";
    with_timeout(sqlx::query(sql).bind(&ids).execute(&mut *on)).await?;
    let sql = "
        UPDATE curfew_logins AS l SET last_seen = seen.at FROM UNNEST($1, $2, $3) AS seen (id, at, skip_if_seen_after)
        WHERE l.id = seen.id AND l.ended_at IS NULL
          AND (l.last_seen IS NULL OR l.last_seen < seen.at AND l.last_seen <= seen.skip_if_seen_after)";
    with_timeout(sqlx::query(sql).bind(ids).bind(at).bind(skip_if_seen_after).execute(on)).await?;
    Ok(())
}
