//! Counts, lists and ends the live logins of an account, all by one condition.

use sqlx::QueryBuilder;

use super::{COLUMNS, Ending, LoginRow, stored::parse_kind};
use crate::{
    domain::{
        logins::{
            counts::{LoginCounts, MOST_COUNTED},
            kind::{LoginClass, LoginKind},
            live::{LiveAfter, LiveByRole},
            public_id::PublicId,
        },
        moment::Moment,
    },
    store::{
        Result, Sql,
        engine::{
            dialect::{Dialect, push_limit, push_optional_text},
            on_engine, with_timeout,
        },
    },
};

/// Adds the condition that login `l` is live: [`LiveAfter::includes`] in SQL, and not ended individually.
fn push_is_live<DB: Dialect>(sql: &mut QueryBuilder<DB>, live: &LiveAfter) {
    push_is_not_out(sql, live);
    push_is_within_limits(sql, live, |sql| push_is_session_within_limits(sql, live));
}

/// Adds the condition that login `l` of account `u` is live, as a force logout counts it: even if the account is
/// inactive.
pub(in crate::store) fn push_is_live_by_role<DB: Dialect>(sql: &mut QueryBuilder<DB>, live: &LiveByRole) {
    let LiveByRole { member, staff, now } = live;
    push_is_not_out(sql, member);
    sql.push(
        " AND (u.force_logout_date IS NULL OR l.login_date > u.force_logout_date) \
         AND (u.force_logout_scheduled IS NULL OR l.opened_at > u.force_logout_scheduled \
         OR u.force_logout_scheduled > ",
    );
    DB::bind_moment(sql, *now);
    sql.push(")");
    push_is_within_limits(sql, member, |sql| {
        sql.push("CASE WHEN u.is_staff OR u.is_superuser THEN ");
        push_is_session_within_limits(sql, staff);
        sql.push(" ELSE ");
        push_is_session_within_limits(sql, member);
        sql.push(" END");
    });
}

fn push_is_not_out<DB: Dialect>(sql: &mut QueryBuilder<DB>, live: &LiveAfter) {
    sql.push(" AND l.ended_at IS NULL AND l.reason IS NULL AND l.login_date > ");
    DB::bind_moment(sql, live.login);
    sql.push(" AND l.opened_at > ");
    DB::bind_moment(sql, live.opened);
}

fn push_is_within_limits<DB: Dialect>(
    sql: &mut QueryBuilder<DB>,
    live: &LiveAfter,
    push_is_session_within_limits: impl FnOnce(&mut QueryBuilder<DB>),
) {
    sql.push(" AND CASE l.kind WHEN 'browser' THEN ");
    push_is_session_within_limits(sql);
    sql.push(" WHEN 'opaque' THEN l.expires_at > ");
    DB::bind_moment(sql, live.expiry);
    sql.push(" WHEN 'jwt' THEN l.expires_at > ");
    DB::bind_moment(sql, live.family_expiry);
    sql.push(" ELSE FALSE END");
}

fn push_is_session_within_limits<DB: Dialect>(sql: &mut QueryBuilder<DB>, live: &LiveAfter) {
    sql.push("l.opened_at > ");
    DB::bind_moment(sql, live.session_opened);
    sql.push(" AND l.last_seen > ");
    DB::bind_moment(sql, live.session_seen);
}

/// Adds the condition that login `l` is of this class, worded as in the partial indexes.
pub(in crate::store) fn push_is_of_class<DB: Dialect>(sql: &mut QueryBuilder<DB>, class: LoginClass) {
    sql.push(match class {
        LoginClass::Sessions => " AND l.kind = 'browser'",
        LoginClass::Tokens => " AND l.kind <> 'browser'",
    });
}

fn push_is_of_user<DB: Dialect>(sql: &mut QueryBuilder<DB>, user_id: i64) {
    sql.push(" WHERE l.user_id = ");
    DB::bind_number(sql, user_id);
}

/// Counts the live logins of the account that are dated `up_to` or earlier, of one class or of both. Stops after
/// [`MOST_COUNTED`] + 1.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn count_live_logins(
    on: &mut dyn Sql,
    user_id: i64,
    class: Option<LoginClass>,
    up_to: Moment,
    live: &LiveAfter,
) -> Result<LoginCounts> {
    fn statement<DB: Dialect>(
        user_id: i64,
        class: Option<LoginClass>,
        up_to: Moment,
        live: &LiveAfter,
    ) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new(
            "SELECT COUNT(*), COUNT(CASE WHEN counted.kind <> 'browser' THEN 1 END)
             FROM (SELECT l.kind FROM curfew_logins l",
        );
        push_is_of_user(&mut sql, user_id);
        if let Some(class) = class {
            push_is_of_class(&mut sql, class);
        }
        push_is_live(&mut sql, live);
        push_is_up_to(&mut sql, up_to);
        sql.push(format_args!(" LIMIT {}) AS counted", MOST_COUNTED + 1));
        sql
    }
    let (all, tokens): (i64, i64) =
        on_engine!(on, |c| with_timeout(statement(user_id, class, up_to, live).build_query_as().fetch_one(c)).await)?;
    Ok(LoginCounts { sessions: (all - tokens).unsigned_abs(), tokens: tokens.unsigned_abs() })
}

/// Ends all logins `l` that have not been ended yet. The caller adds which.
pub(in crate::store) fn ending_statement<DB: Dialect>(ending: Ending<'_>) -> QueryBuilder<DB> {
    let Ending { at, by, reason, reasons } = ending;
    let mut sql = QueryBuilder::new("UPDATE curfew_logins AS l SET ended_at = ");
    DB::bind_moment(&mut sql, at);
    for (column, text) in [
        ("ended_by", Some(by)),
        ("reason", Some(reason.code())),
        ("staff_reason", reasons.for_staff.as_deref()),
        ("user_reason", reasons.for_user.as_deref()),
    ] {
        sql.push(format_args!(", {column} = "));
        push_optional_text(&mut sql, text);
    }
    sql.push(" WHERE l.ended_at IS NULL");
    sql
}

fn push_is_up_to<DB: Dialect>(sql: &mut QueryBuilder<DB>, up_to: Moment) {
    sql.push(" AND l.login_date <= ");
    DB::bind_moment(sql, up_to);
}

/// Ends at most `limit` of the live logins that are dated `up_to` or earlier, and returns how many. Logins past their
/// limits are already out, for that reason, and stay as they are.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn end_live_logins(
    on: &mut dyn Sql,
    user_id: i64,
    (up_to, limit): (Moment, u64),
    live: &LiveAfter,
    ending: Ending<'_>,
) -> Result<LoginCounts> {
    fn statement<DB: Dialect>(
        user_id: i64,
        (up_to, limit): (Moment, u64),
        live: &LiveAfter,
        ending: Ending<'_>,
    ) -> QueryBuilder<DB> {
        let mut sql = ending_statement(ending);
        sql.push(" AND l.id IN (SELECT l.id FROM curfew_logins l");
        push_is_of_user(&mut sql, user_id);
        push_is_live(&mut sql, live);
        push_is_up_to(&mut sql, up_to);
        sql.push(format_args!(" LIMIT {limit}) RETURNING kind"));
        sql
    }
    let kinds: Vec<String> = on_engine!(on, |c| with_timeout(
        statement(user_id, (up_to, limit), live, ending).build_query_scalar().fetch_all(c)
    )
    .await)?;
    let mut counts = LoginCounts::default();
    for kind in kinds {
        counts += LoginCounts::of_class(parse_kind(&kind)?.class(), 1);
    }
    Ok(counts)
}

/// How the logins that were seen last, or longest ago, are found among the live ones of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plan {
    /// Read the live ones and sort them. After a force logout these are few, however many rows it left behind.
    Sort,
    /// Scan an index in the order of the list. There are so many live ones that the scan soon meets enough of them.
    Scan,
}

async fn plan(on: &mut dyn Sql, user_id: i64, class: LoginClass, live: &LiveAfter) -> Result<Plan> {
    fn statement<DB: Dialect>(user_id: i64, class: LoginClass, live: &LiveAfter) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("SELECT CAST(1 AS BIGINT) FROM curfew_logins l");
        push_live_of_class(&mut sql, user_id, class, live);
        sql.push(format_args!(" LIMIT 1 OFFSET {MOST_COUNTED}"));
        sql
    }
    let one_too_many: Option<i64> =
        on_engine!(on, |c| with_timeout(statement(user_id, class, live).build_query_scalar().fetch_optional(c)).await)?;
    Ok(if one_too_many.is_some() { Plan::Scan } else { Plan::Sort })
}

fn push_live_of_class<DB: Dialect>(sql: &mut QueryBuilder<DB>, user_id: i64, class: LoginClass, live: &LiveAfter) {
    push_is_of_user(sql, user_id);
    push_is_of_class(sql, class);
    push_is_live(sql, live);
}

/// The time of the last request, worded as in the index. A live session always has one.
const fn last_seen(class: LoginClass) -> &'static str {
    match class {
        LoginClass::Sessions => "l.last_seen",
        LoginClass::Tokens => "COALESCE(l.last_seen, l.opened_at)",
    }
}

fn push_from_live<DB: Dialect>(
    sql: &mut QueryBuilder<DB>,
    plan: Plan,
    user_id: i64,
    class: LoginClass,
    live: &LiveAfter,
) {
    match plan {
        // The limit is an optimization fence: it keeps the order out of the choice of an index.
        Plan::Sort => {
            sql.push(" FROM (SELECT * FROM curfew_logins l");
            push_live_of_class(sql, user_id, class, live);
            sql.push(" LIMIT 9223372036854775807) l");
        }
        // Inside CASE, because SQLite would scan the index of the login dates that it could compare, and sort.
        Plan::Scan => {
            sql.push(" FROM curfew_logins l");
            push_is_of_user(sql, user_id);
            push_is_of_class(sql, class);
            sql.push(" AND l.ended_at IS NULL AND CASE WHEN TRUE");
            push_is_live(sql, live);
            sql.push(" THEN TRUE ELSE FALSE END");
        }
    }
}

/// Lists at most `limit` live logins of the account and class, each with its stored `last_seen`, or when it was opened.
/// The longest unseen come first. Ties are ordered by login date.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_live_by_last_seen(
    on: &mut dyn Sql,
    user_id: i64,
    class: LoginClass,
    live: &LiveAfter,
    limit: i64,
) -> Result<Vec<(PublicId, Moment)>> {
    fn statement<DB: Dialect>(
        plan: Plan,
        user_id: i64,
        class: LoginClass,
        live: &LiveAfter,
        limit: i64,
    ) -> QueryBuilder<DB> {
        let seen = last_seen(class);
        let mut sql = QueryBuilder::new(format!("SELECT l.id, {seen}"));
        push_from_live(&mut sql, plan, user_id, class, live);
        sql.push(format_args!(" ORDER BY {seen}, l.login_date, l.id LIMIT "));
        DB::bind_number(&mut sql, limit);
        sql
    }
    let plan = plan(on, user_id, class, live).await?;
    let rows: Vec<(String, Moment)> =
        on_engine!(on, |c| with_timeout(statement(plan, user_id, class, live, limit).build_query_as().fetch_all(c))
            .await)?;
    Ok(rows.into_iter().map(|(id, last_seen)| (PublicId::from_stored(id), last_seen)).collect())
}

/// Lists at most `limit` live sessions of the account, the most recently seen first. Ties are ordered by login date.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_live_sessions(on: &mut dyn Sql, user_id: i64, live: &LiveAfter, limit: i64) -> Result<Vec<LoginRow>> {
    fn statement<DB: Dialect>(plan: Plan, user_id: i64, live: &LiveAfter, limit: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new(format!("SELECT {COLUMNS}"));
        push_from_live(&mut sql, plan, user_id, LoginClass::Sessions, live);
        sql.push(" ORDER BY l.last_seen DESC, l.login_date DESC, l.id DESC LIMIT ");
        DB::bind_number(&mut sql, limit);
        sql
    }
    let plan = plan(on, user_id, LoginClass::Sessions, live).await?;
    Ok(on_engine!(on, |c| with_timeout(statement(plan, user_id, live, limit).build_query_as().fetch_all(c)).await)?)
}

/// Lists live tokens of the account, newest first. `only` selects one kind of token. `range` is a limit and an offset.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_live_tokens(
    on: &mut dyn Sql,
    user_id: i64,
    only: Option<LoginKind>,
    live: &LiveAfter,
    range: (i64, i64),
) -> Result<Vec<LoginRow>> {
    fn statement<DB: Dialect>(
        user_id: i64,
        only: Option<LoginKind>,
        live: &LiveAfter,
        (limit, offset): (i64, i64),
    ) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new(format!("SELECT {COLUMNS} FROM curfew_logins l"));
        push_is_of_user(&mut sql, user_id);
        push_is_of_class(&mut sql, LoginClass::Tokens);
        if let Some(kind) = only {
            sql.push(" AND l.kind = ");
            DB::bind_text(&mut sql, kind.code());
        }
        push_is_live(&mut sql, live);
        sql.push(" ORDER BY l.login_date DESC, l.opened_at DESC, l.id DESC");
        push_limit(&mut sql, limit, offset);
        sql
    }
    Ok(on_engine!(on, |c| with_timeout(statement(user_id, only, live, range).build_query_as().fetch_all(c)).await)?)
}
