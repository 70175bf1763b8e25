//! What keeps the tables about logins from only growing: logins past their limits, logins that ended long ago, and
//! changes that every node has read. Each statement reads the beginning of an index, however long the table is.

use sqlx::QueryBuilder;

use crate::{
    domain::{logins::live::LiveAfter, moment::Moment},
    store::{
        Result, Sql,
        engine::{dialect::Dialect, execute, from_row::from_row, in_time, on_engine},
    },
};

/// A login that may be past its limits; the rule has the last word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastLimits {
    /// Its public name.
    pub id: String,
    /// The account that it logs in.
    pub user_id: i64,
    /// `LAST_LOGIN_DATE`.
    pub login_date: Moment,
}

from_row!(PastLimits { id, user_id, login_date });

/// At most so many logins that have not been ended and are past the limits of their account's role, or their own.
/// On Postgres they are locked, and those that another node holds are left to it: whoever waits for nobody is part of
/// no deadlock.
///
/// # Errors
/// When the database does not answer.
pub async fn lock_logins_past_limits(
    on: &mut impl Sql,
    of_members: &LiveAfter,
    of_staff: &LiveAfter,
    limit: i64,
) -> Result<Vec<PastLimits>> {
    /// Along an index of the live sessions. An account that is gone had no role.
    fn push_of_members<DB: Dialect>(sql: &mut QueryBuilder<DB>, column: &str, up_to: Moment, limit: i64) {
        sql.push(format_args!(
            "SELECT id FROM (SELECT l.id FROM curfew_logins l LEFT JOIN curfew_users u ON u.id = l.user_id \
             WHERE l.kind = 'browser' AND l.ended_at IS NULL AND l.{column} <= "
        ));
        DB::bind_moment(sql, up_to);
        sql.push(format_args!(
            " AND NOT COALESCE(u.is_staff OR u.is_superuser, FALSE) ORDER BY l.{column} LIMIT {limit}) AS {column}"
        ));
    }
    fn statement<DB: Dialect>(of_members: &LiveAfter, of_staff: &LiveAfter, limit: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new(
            "SELECT l.id, l.user_id, l.login_date FROM curfew_logins l WHERE l.ended_at IS NULL AND l.id IN (",
        );
        push_of_members(&mut sql, "opened_at", of_members.session_opened, limit);
        sql.push(" UNION ALL ");
        push_of_members(&mut sql, "last_seen", of_members.session_seen, limit);
        // CROSS JOIN: SQLite then goes from the few staff to their logins, and not through all logins.
        sql.push(
            " UNION ALL SELECT id FROM (SELECT l.id FROM curfew_users u CROSS JOIN curfew_logins l \
             WHERE (u.is_staff OR u.is_superuser) AND l.user_id = u.id AND l.kind = 'browser' AND l.ended_at IS NULL \
             AND (l.opened_at <= ",
        );
        DB::bind_moment(&mut sql, of_staff.session_opened);
        sql.push(" OR l.last_seen <= ");
        DB::bind_moment(&mut sql, of_staff.session_seen);
        sql.push(format_args!(
            ") LIMIT {limit}) AS of_staff UNION ALL SELECT id FROM (SELECT id FROM curfew_logins \
             WHERE ended_at IS NULL AND expires_at <= "
        ));
        DB::bind_moment(&mut sql, of_members.expiry);
        sql.push(format_args!(" ORDER BY expires_at LIMIT {limit}) AS expired) LIMIT {limit}")).push(DB::LOCK_FREE);
        sql
    }
    Ok(on_engine!(on, |c| { in_time(statement(of_members, of_staff, limit).build_query_as().fetch_all(c)).await })?)
}

/// Deletes at most so many logins that were ended at that moment or before, the oldest first; returns how many.
///
/// # Errors
/// When the database does not answer.
pub async fn delete_ended_logins(on: &mut impl Sql, up_to: Moment, limit: i64) -> Result<u64> {
    fn statement<DB: Dialect>(up_to: Moment, limit: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new(
            "WITH oldest AS (SELECT id FROM curfew_logins WHERE ended_at IS NOT NULL AND ended_at <= ",
        );
        DB::bind_moment(&mut sql, up_to);
        sql.push(format_args!(" ORDER BY ended_at LIMIT {limit}")).push(DB::LOCK_FREE);
        sql.push(") DELETE FROM curfew_logins WHERE id IN (SELECT id FROM oldest)");
        sql
    }
    Ok(on_engine!(on, |c| in_time(statement(up_to, limit).build().execute(c)).await.map(|done| done.rows_affected()))?)
}

/// Deletes at most so many of the changes that the feed reads, the oldest first, except the latest `keep`; returns how
/// many. A feed only reads what is made while it is open.
///
/// # Errors
/// When the database does not answer.
pub async fn delete_old_changes(on: &mut impl Sql, keep: i64, limit: i64) -> Result<u64> {
    let sql = "
        DELETE FROM curfew_standing_changes
        WHERE id <= (SELECT MAX(id) FROM curfew_standing_changes) - $1 AND id < (SELECT MIN(id) FROM curfew_standing_changes) + $2";
    Ok(execute!(on, sql, keep, limit)?)
}
