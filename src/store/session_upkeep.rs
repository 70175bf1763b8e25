//! What keeps the tables about sessions from only growing: which sessions are past their limits,
//! which have been ended for long, and which changes are news to nobody. Each statement reads the beginning of an index, however long the table is.

use super::{
    Result, Sql,
    engine::{Engine, execute, in_time},
    from_row::from_row,
    sessions::LiveAfter,
};
use crate::domain::moment::Moment;

/// A session that may be past its limits; the rule has the last word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastLimits {
    /// Its public name.
    pub id: String,
    /// Whose it is.
    pub user_id: i64,
    /// `LAST_LOGIN_DATE`.
    pub login_date: Moment,
}

from_row!(PastLimits { id, user_id, login_date });

/// At most so many sessions that have not been ended and are past the limits of their account's role.
/// On Postgres they are locked, and those that somebody else holds are left to them: whoever waits
/// for nobody is part of no deadlock.
///
/// # Errors
/// When the database does not answer.
pub async fn lock_sessions_past_limits(
    on: &mut impl Sql,
    of_members: LiveAfter,
    of_staff: LiveAfter,
    limit: i64,
) -> Result<Vec<PastLimits>> {
    // An account that is gone had no role. CROSS JOIN: SQLite then goes from the few staff to their
    // sessions, and not through all sessions.
    macro_rules! sql {
        ($end:literal) => {
            concat!(
                "SELECT s.id, s.user_id, s.login_date FROM sessions s WHERE s.ended_at IS NULL AND s.id IN (
                     SELECT id FROM (
                         SELECT s.id FROM sessions s LEFT JOIN users u ON u.id = s.user_id
                         WHERE s.ended_at IS NULL AND s.opened_at <= $1
                           AND NOT COALESCE(u.is_staff OR u.is_superuser, FALSE)
                         ORDER BY s.opened_at LIMIT $5) AS too_old
                     UNION ALL
                     SELECT id FROM (
                         SELECT s.id FROM sessions s LEFT JOIN users u ON u.id = s.user_id
                         WHERE s.ended_at IS NULL AND s.last_seen <= $2
                           AND NOT COALESCE(u.is_staff OR u.is_superuser, FALSE)
                         ORDER BY s.last_seen LIMIT $5) AS idle
                     UNION ALL
                     SELECT id FROM (
                         SELECT s.id FROM users u CROSS JOIN sessions s
                         WHERE (u.is_staff OR u.is_superuser) AND s.user_id = u.id AND s.ended_at IS NULL
                           AND (s.opened_at <= $3 OR s.last_seen <= $4)
                         LIMIT $5) AS of_staff)
                 LIMIT $5",
                $end
            )
        };
    }
    macro_rules! ask {
        ($connection:expr, $sql:expr) => {
            in_time(
                sqlx::query_as($sql)
                    .bind(of_members.opened)
                    .bind(of_members.seen)
                    .bind(of_staff.opened)
                    .bind(of_staff.seen)
                    .bind(limit)
                    .fetch_all($connection),
            )
            .await
        };
    }
    Ok(match on.engine() {
        Engine::Sqlite(connection) => ask!(connection, sql!("")),
        Engine::Postgres(connection) => ask!(connection, sql!(" FOR UPDATE SKIP LOCKED")),
    }?)
}

/// Deletes at most so many sessions that were ended at that moment or before, the oldest first;
/// says how many.
///
/// # Errors
/// When the database does not answer.
pub async fn delete_ended_sessions(on: &mut impl Sql, up_to: Moment, limit: i64) -> Result<u64> {
    macro_rules! sql {
        ($end:literal) => {
            concat!(
                "WITH oldest AS (
                     SELECT id FROM sessions WHERE ended_at IS NOT NULL AND ended_at <= $1
                     ORDER BY ended_at LIMIT $2",
                $end,
                ") DELETE FROM sessions WHERE id IN (SELECT id FROM oldest)"
            )
        };
    }
    let sql = match on.engine() {
        Engine::Sqlite(_) => sql!(""),
        Engine::Postgres(_) => sql!(" FOR UPDATE SKIP LOCKED"),
    };
    Ok(execute!(on, sql, up_to, limit)?)
}

/// Deletes at most so many of the changes that the feed reads, the oldest first, but for the latest
/// `keep`; says how many. A feed only reads what is made while it is open.
///
/// # Errors
/// When the database does not answer.
pub async fn delete_old_changes(on: &mut impl Sql, keep: i64, limit: i64) -> Result<u64> {
    let sql = "
        DELETE FROM standing_changes
        WHERE id <= (SELECT MAX(id) FROM standing_changes) - $1 AND id < (SELECT MIN(id) FROM standing_changes) + $2";
    Ok(execute!(on, sql, keep, limit)?)
}
