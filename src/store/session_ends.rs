//! What has ended many sessions at once, and is written into each of them little by little.
//!
//! They are out by their account's date from the moment of the act; this only says who and why.

use sqlx::QueryBuilder;

use super::{
    Result, Sql,
    dialect::{Dialect, push_optional_text},
    engine::{Engine, execute, fetch_all, in_time, on_engine},
    sessions::{Ending, LiveAfter},
    site_sessions::LiveByRole,
};
use crate::domain::{moment::Moment, reason::EndReason};

/// The end of the sessions of an account that were live, and were made at a moment or before.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct SessionEnds {
    /// Its number.
    pub id: i64,
    user_id: i64,
    login_after: Moment,
    seen_after: Moment,
    login_until: Moment,
    ended_at: Moment,
    ended_by: String,
    reason: String,
    staff_reason: Option<String>,
    user_reason: Option<String>,
}

/// Notes an end of many sessions, in the transaction of the act itself.
///
/// # Errors
/// When the database does not answer.
pub async fn insert_session_ends(
    on: &mut impl Sql,
    user_id: i64,
    up_to: Moment,
    live: LiveAfter,
    ending: Ending<'_>,
) -> Result<()> {
    let sql = "
        INSERT INTO session_ends (user_id, login_after, seen_after, login_until, ended_at, ended_by, reason,
                                  staff_reason, user_reason)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let Ending { at, by, reason, reasons } = ending;
    let (staff, user) = (reasons.for_staff.as_deref(), reasons.for_user.as_deref());
    execute!(on, sql, user_id, live.login, live.seen, up_to, at, by, EndReason::code(reason), staff, user)?;
    Ok(())
}

/// Notes the same end of the live sessions of each of those accounts, before their dates put them out.
///
/// # Errors
/// When the database does not answer.
pub async fn insert_session_ends_of_many(
    on: &mut impl Sql,
    ids: &[i64],
    live: &LiveByRole,
    ending: Ending<'_>,
) -> Result<()> {
    fn statement<DB: Dialect>(ids: &[i64], live: &LiveByRole, ending: Ending<'_>) -> QueryBuilder<DB> {
        let of_role = |sql: &mut QueryBuilder<DB>, of: fn(LiveAfter) -> Moment| {
            sql.push("CASE WHEN u.is_staff OR u.is_superuser THEN ");
            DB::bind_moment(sql, of(live.staff));
            sql.push(" ELSE ");
            DB::bind_moment(sql, of(live.member));
            sql.push(" END");
        };
        let Ending { at, by, reason, reasons } = ending;
        let mut sql = QueryBuilder::new(
            "INSERT INTO session_ends (user_id, login_after, seen_after, login_until, ended_at, ended_by, reason, \
             staff_reason, user_reason) SELECT u.id, CASE WHEN u.force_logout_date > ",
        );
        of_role(&mut sql, |live| live.login);
        sql.push(" THEN u.force_logout_date ELSE ");
        of_role(&mut sql, |live| live.login);
        sql.push(" END, ");
        of_role(&mut sql, |live| live.seen);
        for moment in [at, at] {
            sql.push(", ");
            DB::bind_moment(&mut sql, moment);
        }
        for text in [Some(by), Some(reason.code()), reasons.for_staff.as_deref(), reasons.for_user.as_deref()] {
            sql.push(", ");
            push_optional_text(&mut sql, text);
        }
        sql.push(" FROM users u WHERE u.id");
        DB::push_is_one_of(&mut sql, ids);
        sql.push(" ORDER BY u.id");
        sql
    }
    on_engine!(on, |c| in_time(statement(ids, live, ending).build().execute(c)).await.map(drop))?;
    Ok(())
}

/// Those that were noted first, at most so many. On Postgres they are locked, and those that somebody else
/// writes are left to them.
///
/// # Errors
/// When the database does not answer.
pub async fn lock_next_session_ends(on: &mut impl Sql, limit: i64) -> Result<Vec<SessionEnds>> {
    const SQL: &str = "
        SELECT id, user_id, login_after, seen_after, login_until, ended_at, ended_by, reason, staff_reason, user_reason
        FROM session_ends ORDER BY id LIMIT $1";
    Ok(match on.engine() {
        Engine::Sqlite(_) => fetch_all!(on, SessionEnds, SQL, limit)?,
        Engine::Postgres(connection) => {
            let sql = sqlx::AssertSqlSafe(format!("{SQL} FOR UPDATE SKIP LOCKED"));
            in_time(sqlx::query_as(sql).bind(limit).fetch_all(connection)).await?
        }
    })
}

/// Those of one account, as [`lock_next_session_ends`] gives them.
///
/// # Errors
/// When the database does not answer.
pub async fn lock_session_ends_of(on: &mut impl Sql, user_id: i64) -> Result<Vec<SessionEnds>> {
    const SQL: &str = "
        SELECT id, user_id, login_after, seen_after, login_until, ended_at, ended_by, reason, staff_reason, user_reason
        FROM session_ends WHERE user_id = $1 ORDER BY id";
    Ok(match on.engine() {
        Engine::Sqlite(_) => fetch_all!(on, SessionEnds, SQL, user_id)?,
        Engine::Postgres(connection) => {
            let sql = sqlx::AssertSqlSafe(format!("{SQL} FOR UPDATE SKIP LOCKED"));
            in_time(sqlx::query_as(sql).bind(user_id).fetch_all(connection)).await?
        }
    })
}

/// Writes it into at most so many of its sessions; how many that were.
///
/// In the order of their names, as [`super::last_seen`] takes them: whoever writes a last request into
/// them at the same time waits, and never in a circle.
///
/// # Errors
/// When the database does not answer.
pub async fn write_session_ends(on: &mut impl Sql, ends: &SessionEnds, limit: i64) -> Result<u64> {
    macro_rules! sql {
        ($lock:literal) => {
            concat!(
                "UPDATE sessions SET ended_at = $1, ended_by = $2, reason = $3, staff_reason = $4, user_reason = $5
                 WHERE id IN (
                     SELECT id FROM sessions
                     WHERE user_id = $6 AND ended_at IS NULL AND login_date > $7 AND last_seen > $8 AND login_date <= $9
                     ORDER BY id LIMIT $10",
                $lock,
                ")"
            )
        };
    }
    let sql = match on.engine() {
        Engine::Sqlite(_) => sql!(""),
        Engine::Postgres(_) => sql!(" FOR NO KEY UPDATE"),
    };
    Ok(execute!(
        on,
        sql,
        ends.ended_at,
        &ends.ended_by,
        &ends.reason,
        ends.staff_reason.as_deref(),
        ends.user_reason.as_deref(),
        ends.user_id,
        ends.login_after,
        ends.seen_after,
        ends.login_until,
        limit,
    )?)
}

/// It is written into all of them.
///
/// # Errors
/// When the database does not answer.
pub async fn delete_session_ends(on: &mut impl Sql, id: i64) -> Result<()> {
    execute!(on, "DELETE FROM session_ends WHERE id = $1", id)?;
    Ok(())
}
