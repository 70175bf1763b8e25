//! Keeps the tables about logins from growing forever: finds logins past their limits, and deletes logins that ended
//! long ago and old changes. Each statement reads only the start of an index, however large the table is.

use sqlx::QueryBuilder;

use crate::{
    domain::{logins::live::LiveAfter, moment::Moment},
    store::{
        Result, Sql,
        engine::{dialect::Dialect, execute, from_row::from_row, on_engine, with_timeout},
    },
};

/// A login that may be past its limits. The rule decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginPastLimits {
    /// The public id.
    pub id: String,
    /// The account that the login belongs to.
    pub user_id: i64,
    /// The login's `LAST_LOGIN_DATE`, which the rule compares with force-logout dates.
    pub login_date: Moment,
}

from_row!(LoginPastLimits { id, user_id, login_date });

/// Lists at most `limit` logins that have not been ended and are past the limits of their account's role, or past
/// their own expiry. On Postgres it locks the rows and skips rows that another node has locked: a transaction that
/// never waits cannot deadlock.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn lock_logins_past_limits(
    on: &mut dyn Sql,
    of_members: &LiveAfter,
    of_staff: &LiveAfter,
    limit: i64,
) -> Result<Vec<LoginPastLimits>> {
    /// Scans an index of the live sessions. Sessions of a deleted account count as a member's.
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
        // CROSS JOIN makes SQLite start from the few staff instead of scanning all logins.
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
        sql.push(format_args!(" ORDER BY expires_at LIMIT {limit}) AS expired) LIMIT {limit}"))
            .push(DB::LOCK_SKIPPING_LOCKED);
        sql
    }
    Ok(on_engine!(on, |c| {
        with_timeout(statement(of_members, of_staff, limit).build_query_as().fetch_all(c)).await
    })?)
}

/// Deletes at most `limit` logins that were ended at or before `up_to`, oldest first. Returns how many.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn delete_ended_logins(on: &mut dyn Sql, up_to: Moment, limit: i64) -> Result<u64> {
    fn statement<DB: Dialect>(up_to: Moment, limit: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new(
            "WITH oldest AS (SELECT id FROM curfew_logins WHERE ended_at IS NOT NULL AND ended_at <= ",
        );
        DB::bind_moment(&mut sql, up_to);
        sql.push(format_args!(" ORDER BY ended_at LIMIT {limit}")).push(DB::LOCK_SKIPPING_LOCKED);
        sql.push(") DELETE FROM curfew_logins WHERE id IN (SELECT id FROM oldest)");
        sql
    }
    Ok(on_engine!(on, |c| with_timeout(statement(up_to, limit).build().execute(c))
        .await
        .map(|done| done.rows_affected()))?)
}

/// Deletes at most `limit` of the feed's changes, oldest first, except the latest `keep`. Returns how many. A feed
/// only reads changes made while it is open.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn delete_old_changes(on: &mut dyn Sql, keep: i64, limit: i64) -> Result<u64> {
    let sql = "
        DELETE FROM curfew_standing_changes
        WHERE id <= (SELECT MAX(id) FROM curfew_standing_changes) - $1 AND id < (SELECT MIN(id) FROM curfew_standing_changes) + $2";
    Ok(execute!(on, sql, keep, limit)?)
}
