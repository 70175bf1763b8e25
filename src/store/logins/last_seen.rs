//! When users and their logins were last seen: many at once.

use std::collections::BTreeMap;

use sqlx::{PgConnection, SqliteConnection};

use crate::{
    domain::{logins::session_secret::SessionId, moment::Moment},
    store::{
        Result, Sql,
        engine::{Engine, in_time},
    },
};

/// A request of a live login, to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The account that it logs in.
    pub user_id: i64,
    /// The login.
    pub session: SessionId,
    /// When it was.
    pub at: Moment,
    /// It is not worth a write when the login is known to have been seen later than this.
    pub unless_after: Moment,
}

/// Writes when these logins and their users were last seen. Each login is given once.
///
/// Updates of what is live, so that a request in flight never revives a login. The accounts before
/// their logins, as everyone takes them, and each in the order of its keys: two nodes that write
/// at once wait for one another and never in a circle.
///
/// # Errors
/// When the database does not answer.
pub async fn set_last_seen(on: &mut impl Sql, seen: &[Seen]) -> Result<()> {
    let mut people: BTreeMap<i64, Moment> = BTreeMap::new();
    for seen in seen {
        let latest = people.entry(seen.user_id).or_insert(seen.at);
        *latest = seen.at.max(*latest);
    }
    match on.engine() {
        Engine::Sqlite(connection) => set_one_by_one(connection, &people, seen).await?,
        Engine::Postgres(connection) => set_all_at_once(connection, &people, seen).await?,
    }
    Ok(())
}

/// There is no way to go to the database, and a join would have SQLite read all logins for a
/// Bloom filter.
async fn set_one_by_one(on: &mut SqliteConnection, people: &BTreeMap<i64, Moment>, seen: &[Seen]) -> sqlx::Result<()> {
    let sql = "UPDATE curfew_users SET last_seen = $2 WHERE id = $1 AND (last_seen IS NULL OR last_seen < $2)";
    for (id, at) in people {
        in_time(sqlx::query(sql).bind(id).bind(at).execute(&mut *on)).await?;
    }
    let sql = "
        UPDATE curfew_logins SET last_seen = $2
        WHERE id = $1 AND ended_at IS NULL AND (last_seen IS NULL OR last_seen < $2 AND last_seen <= $3)";
    for seen in seen {
        let query = sqlx::query(sql).bind(seen.session.as_str()).bind(seen.at).bind(seen.unless_after);
        in_time(query.execute(&mut *on)).await?;
    }
    Ok(())
}

/// Each round trip would prolong the locks.
async fn set_all_at_once(on: &mut PgConnection, people: &BTreeMap<i64, Moment>, seen: &[Seen]) -> sqlx::Result<()> {
    let (ids, at): (Vec<i64>, Vec<Moment>) = people.iter().unzip();
    let sql = "SELECT 1 FROM curfew_users WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE";
    in_time(sqlx::query(sql).bind(&ids).execute(&mut *on)).await?;
    let sql = "
        UPDATE curfew_users AS u SET last_seen = seen.at FROM UNNEST($1, $2) AS seen (id, at)
        WHERE u.id = seen.id AND (u.last_seen IS NULL OR u.last_seen < seen.at)";
    in_time(sqlx::query(sql).bind(ids).bind(at).execute(&mut *on)).await?;

    let ids: Vec<&str> = seen.iter().map(|seen| seen.session.as_str()).collect();
    let (at, unless_after): (Vec<_>, Vec<_>) = seen.iter().map(|seen| (seen.at, seen.unless_after)).unzip();
    let sql = "SELECT 1 FROM curfew_logins WHERE id = ANY($1) AND ended_at IS NULL ORDER BY id FOR NO KEY UPDATE";
    in_time(sqlx::query(sql).bind(&ids).execute(&mut *on)).await?;
    let sql = "
        UPDATE curfew_logins AS l SET last_seen = seen.at FROM UNNEST($1, $2, $3) AS seen (id, at, unless_after)
        WHERE l.id = seen.id AND l.ended_at IS NULL
          AND (l.last_seen IS NULL OR l.last_seen < seen.at AND l.last_seen <= seen.unless_after)";
    in_time(sqlx::query(sql).bind(ids).bind(at).bind(unless_after).execute(on)).await?;
    Ok(())
}
