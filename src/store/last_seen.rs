//! When people, and the programs of theirs, were last seen: many of them at once.

use std::collections::BTreeMap;

use sqlx::{PgConnection, SqliteConnection};

use super::{
    Result, Sql,
    engine::{Engine, in_time},
};
use crate::domain::{moment::Moment, session_secret::SessionId};

/// A request of a live session or token, to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Whose session it is.
    pub user_id: i64,
    /// The session, or token.
    pub session: SessionId,
    /// Whether it is a token.
    pub is_token: bool,
    /// When it was.
    pub at: Moment,
    /// It is not worth a write when the session is known to have been seen later than this.
    pub unless_after: Moment,
}

/// Writes when these sessions and their people were last seen; of a session only one is given.
///
/// Updates of what is live, so that a request in flight never revives a session. The accounts before
/// their sessions, as everyone takes them, and each in the order of its keys: two nodes that write
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

/// There is no way to go to the database, and a join would have SQLite read all sessions for a
/// Bloom filter.
async fn set_one_by_one(on: &mut SqliteConnection, people: &BTreeMap<i64, Moment>, seen: &[Seen]) -> sqlx::Result<()> {
    let sql = "UPDATE users SET last_seen = $2 WHERE id = $1 AND (last_seen IS NULL OR last_seen < $2)";
    for (id, at) in people {
        in_time(sqlx::query(sql).bind(id).bind(at).execute(&mut *on)).await?;
    }
    let of_session = "
        UPDATE sessions SET last_seen = $2
        WHERE id = $1 AND ended_at IS NULL AND last_seen < $2 AND last_seen <= $3";
    let of_token = "
        UPDATE tokens SET last_seen = $2
        WHERE id = $1 AND ended_at IS NULL AND (last_seen IS NULL OR last_seen < $2 AND last_seen <= $3)";
    for seen in seen {
        let sql = if seen.is_token { of_token } else { of_session };
        let query = sqlx::query(sql).bind(seen.session.as_str()).bind(seen.at).bind(seen.unless_after);
        in_time(query.execute(&mut *on)).await?;
    }
    Ok(())
}

/// Each round trip would prolong the locks.
async fn set_all_at_once(on: &mut PgConnection, people: &BTreeMap<i64, Moment>, seen: &[Seen]) -> sqlx::Result<()> {
    let (ids, at): (Vec<i64>, Vec<Moment>) = people.iter().unzip();
    let sql = "SELECT 1 FROM users WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE";
    in_time(sqlx::query(sql).bind(&ids).execute(&mut *on)).await?;
    let sql = "
        UPDATE users SET last_seen = seen.at FROM UNNEST($1, $2) AS seen (id, at)
        WHERE users.id = seen.id AND (users.last_seen IS NULL OR users.last_seen < seen.at)";
    in_time(sqlx::query(sql).bind(ids).bind(at).execute(&mut *on)).await?;

    let (tokens, sessions): (Vec<&Seen>, Vec<&Seen>) = seen.iter().partition(|seen| seen.is_token);
    let lock = "SELECT 1 FROM sessions WHERE id = ANY($1) AND ended_at IS NULL ORDER BY id FOR NO KEY UPDATE";
    let write = "
        UPDATE sessions SET last_seen = seen.at FROM UNNEST($1, $2, $3) AS seen (id, at, unless_after)
        WHERE sessions.id = seen.id AND sessions.ended_at IS NULL
          AND sessions.last_seen < seen.at AND sessions.last_seen <= seen.unless_after";
    set_all_of(on, &sessions, lock, write).await?;
    let lock = "SELECT 1 FROM tokens WHERE id = ANY($1) AND ended_at IS NULL ORDER BY id FOR NO KEY UPDATE";
    let write = "
        UPDATE tokens SET last_seen = seen.at FROM UNNEST($1, $2, $3) AS seen (id, at, unless_after)
        WHERE tokens.id = seen.id AND tokens.ended_at IS NULL
          AND (tokens.last_seen IS NULL
               OR tokens.last_seen < seen.at AND tokens.last_seen <= seen.unless_after)";
    set_all_of(on, &tokens, lock, write).await
}

async fn set_all_of(
    on: &mut PgConnection,
    seen: &[&Seen],
    lock: &'static str,
    write: &'static str,
) -> sqlx::Result<()> {
    if seen.is_empty() {
        return Ok(());
    }
    let ids: Vec<&str> = seen.iter().map(|seen| seen.session.as_str()).collect();
    let (at, unless_after): (Vec<_>, Vec<_>) = seen.iter().map(|seen| (seen.at, seen.unless_after)).unzip();
    in_time(sqlx::query(lock).bind(&ids).execute(&mut *on)).await?;
    in_time(sqlx::query(write).bind(ids).bind(at).bind(unless_after).execute(on)).await?;
    Ok(())
}
