//! What has ended many sessions or tokens at once, and is written into each of them in batches.
//!
//! They are out by their account's date from the moment of the act; this only says who and why.

use sqlx::QueryBuilder;

use super::{
    Result, Sql,
    dialect::{Dialect, push_optional_text},
    engine::{Engine, execute, in_time, on_engine},
    sessions::{Ending, LiveAfter},
    site_sessions::LiveByRole,
    tokens::LiveTokens,
};
use crate::domain::{moment::Moment, reason::EndReason};

/// A table of logins `l`, and whether a note `e` is of one that nothing has been written into.
struct Table {
    name: &'static str,
    is_of: &'static str,
}

const TABLES: [Table; 2] = [
    Table {
        name: "sessions",
        is_of: "NOT e.is_of_tokens AND l.user_id = e.user_id AND l.ended_at IS NULL AND l.login_date > e.login_after
                AND (e.opened_after IS NULL OR l.opened_at > e.opened_after) AND l.last_seen > e.seen_after AND l.login_date <= e.login_until",
    },
    Table {
        name: "tokens",
        is_of: "e.is_of_tokens AND l.user_id = e.user_id AND l.ended_at IS NULL AND l.login_date > e.login_after
                AND (e.opened_after IS NULL OR l.opened_at > e.opened_after) AND l.expires_at > e.seen_after AND l.login_date <= e.login_until",
    },
];

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
    insert_ends(on, user_id, (false, live.login, live.opened, live.seen, up_to), ending).await
}

/// The same for many tokens.
///
/// # Errors
/// When the database does not answer.
pub async fn insert_token_ends(
    on: &mut impl Sql,
    user_id: i64,
    up_to: Moment,
    live: LiveTokens,
    ending: Ending<'_>,
) -> Result<()> {
    insert_ends(on, user_id, (true, live.login, live.opened, live.expiry, up_to), ending).await
}

async fn insert_ends(
    on: &mut impl Sql,
    user_id: i64,
    (is_of_tokens, login_after, opened_after, seen_after, login_until): (bool, Moment, Moment, Moment, Moment),
    Ending { at, by, reason, reasons }: Ending<'_>,
) -> Result<()> {
    let sql = "
        INSERT INTO session_ends (user_id, is_of_tokens, login_after, opened_after, seen_after, login_until, ended_at,
                                  ended_by, reason, staff_reason, user_reason)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let (staff, user) = (reasons.for_staff.as_deref(), reasons.for_user.as_deref());
    let reason = EndReason::code(reason);
    execute!(
        on,
        sql,
        user_id,
        is_of_tokens,
        login_after,
        opened_after,
        seen_after,
        login_until,
        at,
        by,
        reason,
        staff,
        user
    )?;
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
            "INSERT INTO session_ends (user_id, login_after, opened_after, seen_after, login_until, ended_at, ended_by, reason, \
             staff_reason, user_reason) SELECT u.id, CASE WHEN u.force_logout_date > ",
        );
        of_role(&mut sql, |live| live.login);
        sql.push(" THEN u.force_logout_date ELSE ");
        of_role(&mut sql, |live| live.login);
        sql.push(" END, ");
        of_role(&mut sql, |live| live.opened);
        sql.push(", ");
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

/// The numbers of at most so many notes, of one account or of all, the first ones first. On Postgres they
/// are locked, and those that somebody else writes are left to them.
///
/// # Errors
/// When the database does not answer.
pub async fn lock_session_ends(on: &mut impl Sql, user_id: Option<i64>, limit: u32) -> Result<Vec<i64>> {
    fn statement<DB: Dialect>(user_id: Option<i64>, limit: u32) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("SELECT id FROM session_ends");
        if let Some(user_id) = user_id {
            sql.push(" WHERE user_id = ");
            DB::bind_number(&mut sql, user_id);
        }
        sql.push(format_args!(" ORDER BY id LIMIT {limit}")).push(DB::LOCK_FREE);
        sql
    }
    Ok(on_engine!(on, |c| in_time(statement(user_id, limit).build_query_scalar().fetch_all(c)).await)?)
}

/// Writes those notes into at most so many of their logins of each kind, and deletes the ones that are written
/// into all of theirs. Of two that are of one login the first is right: by the second it was out already.
///
/// The accounts are locked before their logins, in the order of their numbers, as everyone takes them:
/// whoever writes into the same logins waits, and never in a circle.
///
/// # Errors
/// When the database does not answer.
pub async fn write_session_ends(on: &mut impl Sql, notes: &[i64], limit: u32) -> Result<()> {
    fn write<DB: Dialect>(Table { name, is_of }: &Table, notes: &[i64], limit: u32) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new(format!(
            "UPDATE {name} AS l SET (ended_at, ended_by, reason, staff_reason, user_reason) = (
                 SELECT e.ended_at, e.ended_by, e.reason, e.staff_reason, e.user_reason FROM session_ends e WHERE "
        ));
        sql.push(is_of).push(" AND e.id");
        DB::push_is_one_of(&mut sql, notes);
        sql.push(" ORDER BY e.id LIMIT 1) WHERE l.ended_at IS NULL AND l.id IN (");
        sql.push(format_args!("SELECT l.id FROM session_ends e {} {name} l ON {is_of} WHERE e.id", DB::JOIN_AFTER));
        DB::push_is_one_of(&mut sql, notes);
        sql.push(format_args!(" LIMIT {limit})"));
        sql
    }
    fn delete_written<DB: Dialect>(notes: &[i64]) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("DELETE FROM session_ends AS e WHERE e.id");
        DB::push_is_one_of(&mut sql, notes);
        for Table { name, is_of } in &TABLES {
            sql.push(format_args!(" AND NOT EXISTS (SELECT 1 FROM {name} l WHERE {is_of})"));
        }
        sql
    }
    if notes.is_empty() {
        return Ok(());
    }
    if let Engine::Postgres(connection) = on.engine() {
        let sql = "SELECT 1 FROM users WHERE id IN (SELECT user_id FROM session_ends WHERE id = ANY($1))
                   ORDER BY id FOR NO KEY UPDATE";
        in_time(sqlx::query(sql).bind(notes).execute(connection)).await?;
    }
    for table in &TABLES {
        on_engine!(on, |c| in_time(write(table, notes, limit).build().execute(c)).await.map(drop))?;
    }
    on_engine!(on, |c| in_time(delete_written(notes).build().execute(c)).await.map(drop))?;
    Ok(())
}
