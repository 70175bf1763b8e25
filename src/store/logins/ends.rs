//! Actions that each ended many logins. They are kept until batches have written them into those logins.
//!
//! The account's force-logout date ended the logins immediately. These rows only say who did it and why.

use sqlx::QueryBuilder;

use super::Ending;
use crate::{
    domain::{
        logins::live::{LiveAfter, LiveByRole},
        moment::Moment,
    },
    store::{
        Result, Sql,
        engine::{
            Engine,
            dialect::{Dialect, push_optional_text},
            on_engine, with_timeout,
        },
    },
};

/// Action `e` ended login `l`, whose row does not say so yet.
const IS_ENDED_BY: &str = "l.user_id = e.user_id AND l.ended_at IS NULL AND l.login_date > e.login_after
    AND l.login_date <= e.login_until AND l.opened_at > e.opened_after
    AND CASE l.kind WHEN 'browser' THEN l.opened_at > e.session_opened_after AND l.last_seen > e.session_seen_after
                    WHEN 'opaque' THEN l.expires_at > e.expires_after
                    WHEN 'jwt' THEN l.expires_at > e.family_expires_after ELSE FALSE END";

const INSERT: &str = "INSERT INTO curfew_login_ends (user_id, login_after, opened_after, session_opened_after, \
    session_seen_after, expires_after, family_expires_after, login_until, ended_at, ended_by, reason, staff_reason, \
    user_reason) ";

/// Records that an action ends the account's live logins dated at or before `up_to`. Call this in the action's own
/// transaction.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn insert_login_end(
    on: &mut dyn Sql,
    user_id: i64,
    up_to: Moment,
    live: &LiveAfter,
    ending: Ending<'_>,
) -> Result<()> {
    fn statement<DB: Dialect>(user_id: i64, up_to: Moment, live: &LiveAfter, ending: Ending<'_>) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new(INSERT);
        sql.push("VALUES (");
        DB::bind_number(&mut sql, user_id);
        for after in
            [live.login, live.opened, live.session_opened, live.session_seen, live.expiry, live.family_expiry, up_to]
        {
            sql.push(", ");
            DB::bind_moment(&mut sql, after);
        }
        push_ending(&mut sql, ending);
        sql.push(")");
        sql
    }
    on_engine!(on, |c| with_timeout(statement(user_id, up_to, live, ending).build().execute(c)).await.map(drop))?;
    Ok(())
}

/// Records the same end for the live logins of each of these accounts. Call this before setting their force-logout
/// dates.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn insert_login_end_of_each(
    on: &mut dyn Sql,
    ids: &[i64],
    live: &LiveByRole,
    ending: Ending<'_>,
) -> Result<()> {
    fn statement<DB: Dialect>(ids: &[i64], live: &LiveByRole, ending: Ending<'_>) -> QueryBuilder<DB> {
        let LiveByRole { member, staff, .. } = live;
        let mut sql = QueryBuilder::new(INSERT);
        sql.push("SELECT u.id, CASE WHEN u.force_logout_date > ");
        DB::bind_moment(&mut sql, member.login);
        sql.push(" THEN u.force_logout_date ELSE ");
        DB::bind_moment(&mut sql, member.login);
        sql.push(" END, ");
        DB::bind_moment(&mut sql, member.opened);
        for of in [|live: &LiveAfter| live.session_opened, |live: &LiveAfter| live.session_seen] {
            sql.push(", CASE WHEN u.is_staff OR u.is_superuser THEN ");
            DB::bind_moment(&mut sql, of(staff));
            sql.push(" ELSE ");
            DB::bind_moment(&mut sql, of(member));
            sql.push(" END");
        }
        for after in [member.expiry, member.family_expiry, ending.at] {
            sql.push(", ");
            DB::bind_moment(&mut sql, after);
        }
        push_ending(&mut sql, ending);
        sql.push(" FROM curfew_users u WHERE u.id");
        DB::push_is_one_of(&mut sql, ids);
        sql.push(" ORDER BY u.id");
        sql
    }
    on_engine!(on, |c| with_timeout(statement(ids, live, ending).build().execute(c)).await.map(drop))?;
    Ok(())
}

fn push_ending<DB: Dialect>(sql: &mut QueryBuilder<DB>, Ending { at, by, reason, reasons }: Ending<'_>) {
    sql.push(", ");
    DB::bind_moment(sql, at);
    for text in [Some(by), Some(reason.code()), reasons.for_staff.as_deref(), reasons.for_user.as_deref()] {
        sql.push(", ");
        push_optional_text(sql, text);
    }
}

/// Lists the ids of at most `limit` of these rows, oldest first, of one account or of all. On Postgres it locks the
/// rows and skips rows that another node has locked.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn lock_login_ends(on: &mut dyn Sql, user_id: Option<i64>, limit: u32) -> Result<Vec<i64>> {
    fn statement<DB: Dialect>(user_id: Option<i64>, limit: u32) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("SELECT id FROM curfew_login_ends");
        if let Some(user_id) = user_id {
            sql.push(" WHERE user_id = ");
            DB::bind_number(&mut sql, user_id);
        }
        sql.push(format_args!(" ORDER BY id LIMIT {limit}")).push(DB::LOCK_SKIPPING_LOCKED);
        sql
    }
    Ok(on_engine!(on, |c| with_timeout(statement(user_id, limit).build_query_scalar().fetch_all(c)).await)?)
}

/// Writes these actions into at most `limit` of their logins, and deletes the actions that have none left. If two
/// actions ended one login, the earlier counts: the login was already out at the later one.
///
/// Locks the accounts before their logins, by ascending id, as every use case does, so that writers of the same
/// logins cannot deadlock.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn write_login_ends(on: &mut dyn Sql, ends: &[i64], limit: u32) -> Result<()> {
    fn write<DB: Dialect>(ends: &[i64], limit: u32) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new(
            "UPDATE curfew_logins AS l SET (ended_at, ended_by, reason, staff_reason, user_reason) = (
                 SELECT e.ended_at, e.ended_by, e.reason, e.staff_reason, e.user_reason FROM curfew_login_ends e WHERE ",
        );
        sql.push(IS_ENDED_BY).push(" AND e.id");
        DB::push_is_one_of(&mut sql, ends);
        sql.push(" ORDER BY e.id LIMIT 1) WHERE l.ended_at IS NULL AND l.id IN (");
        sql.push(format_args!(
            "SELECT l.id FROM curfew_login_ends e {} curfew_logins l ON {IS_ENDED_BY} WHERE e.id",
            DB::JOIN_IN_ORDER
        ));
        DB::push_is_one_of(&mut sql, ends);
        sql.push(format_args!(" LIMIT {limit})"));
        sql
    }
    fn delete_written<DB: Dialect>(ends: &[i64]) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("DELETE FROM curfew_login_ends AS e WHERE e.id");
        DB::push_is_one_of(&mut sql, ends);
        sql.push(format_args!(" AND NOT EXISTS (SELECT 1 FROM curfew_logins l WHERE {IS_ENDED_BY})"));
        sql
    }
    if ends.is_empty() {
        return Ok(());
    }
    #[cfg(feature = "postgres")]
    if let Engine::Postgres(connection) = on.engine()? {
        let sql = "SELECT 1 FROM curfew_users WHERE id IN (SELECT user_id FROM curfew_login_ends WHERE id = ANY($1))
                   ORDER BY id FOR NO KEY UPDATE";
        with_timeout(sqlx::query(sql).bind(ends).execute(connection)).await?;
    }
    on_engine!(on, |c| with_timeout(write(ends, limit).build().execute(c)).await.map(drop))?;
    on_engine!(on, |c| with_timeout(delete_written(ends).build().execute(c)).await.map(drop))?;
    Ok(())
}
