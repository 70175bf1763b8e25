//! The live logins of an account: counted, listed and ended by one condition.

use sqlx::QueryBuilder;

use super::{COLUMNS, Ending, LoginRow, parse_kind};
use crate::{
    domain::{
        logins::{
            counts::LoginCounts,
            kind::LoginClass,
            live::{LiveAfter, LiveByRole},
            session_secret::SessionId,
        },
        moment::Moment,
    },
    store::{
        Result, Sql,
        engine::{
            dialect::{Dialect, push_optional_text},
            in_time, on_engine,
        },
    },
};

/// Adds that the login `l` is live: [`LiveAfter::includes`] in SQL, of one that was not ended by itself.
fn push_is_live<DB: Dialect>(sql: &mut QueryBuilder<DB>, live: &LiveAfter) {
    push_is_not_out(sql, live);
    push_is_within_limits(sql, live, |sql| push_session(sql, live));
}

/// Adds that the login `l` of the account `u` is live, as a force logout counts it: whether the account is active
/// plays no part.
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
        push_session(sql, staff);
        sql.push(" ELSE ");
        push_session(sql, member);
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
    push_session: impl FnOnce(&mut QueryBuilder<DB>),
) {
    sql.push(" AND CASE l.kind WHEN 'browser' THEN ");
    push_session(sql);
    sql.push(" WHEN 'opaque' THEN l.expires_at > ");
    DB::bind_moment(sql, live.expiry);
    sql.push(" WHEN 'jwt' THEN l.expires_at > ");
    DB::bind_moment(sql, live.family_expiry);
    sql.push(" ELSE FALSE END");
}

fn push_session<DB: Dialect>(sql: &mut QueryBuilder<DB>, live: &LiveAfter) {
    sql.push("l.opened_at > ");
    DB::bind_moment(sql, live.session_opened);
    sql.push(" AND l.last_seen > ");
    DB::bind_moment(sql, live.session_seen);
}

/// Adds that the login `l` is of that class, in the words of the partial indexes.
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

/// Counts live logins of the account.
///
/// # Errors
/// When the database does not answer.
pub async fn count_live_logins(
    on: &mut impl Sql,
    user_id: i64,
    chosen: Chosen<'_>,
    live: &LiveAfter,
) -> Result<LoginCounts> {
    fn statement<DB: Dialect>(user_id: i64, chosen: Chosen<'_>, live: &LiveAfter) -> QueryBuilder<DB> {
        let mut sql =
            QueryBuilder::new("SELECT COUNT(*), COUNT(CASE WHEN l.kind <> 'browser' THEN 1 END) FROM curfew_logins l");
        push_is_of_user(&mut sql, user_id);
        push_is_live(&mut sql, live);
        push_is_chosen(&mut sql, chosen);
        sql
    }
    let (all, tokens): (i64, i64) =
        on_engine!(on, |c| in_time(statement(user_id, chosen, live).build_query_as().fetch_one(c)).await)?;
    Ok(LoginCounts { sessions: (all - tokens).unsigned_abs(), tokens: tokens.unsigned_abs() })
}

/// Which of the live logins of an account.
#[derive(Debug, Clone, Copy)]
pub enum Chosen<'a> {
    /// Those dated this or before.
    UpTo(Moment),
    /// Every session but this one, and every family of JWT.
    AllBut(&'a SessionId),
}

/// Ends at most `limit` live logins of the account; returns how many. Those past their limits are out already, for that
/// reason, and are left alone.
///
/// # Errors
/// When the database does not answer.
pub async fn end_live_logins(
    on: &mut impl Sql,
    user_id: i64,
    (chosen, limit): (Chosen<'_>, u64),
    live: &LiveAfter,
    ending: Ending<'_>,
) -> Result<LoginCounts> {
    fn statement<DB: Dialect>(
        user_id: i64,
        (chosen, limit): (Chosen<'_>, u64),
        live: &LiveAfter,
        Ending { at, by, reason, reasons }: Ending<'_>,
    ) -> QueryBuilder<DB> {
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
        sql.push(" WHERE l.ended_at IS NULL AND l.id IN (SELECT l.id FROM curfew_logins l");
        push_is_of_user(&mut sql, user_id);
        push_is_live(&mut sql, live);
        push_is_chosen(&mut sql, chosen);
        sql.push(format_args!(" LIMIT {limit}) RETURNING kind"));
        sql
    }
    let kinds: Vec<String> = on_engine!(on, |c| in_time(
        statement(user_id, (chosen, limit), live, ending).build_query_scalar().fetch_all(c)
    )
    .await)?;
    let mut counts = LoginCounts::default();
    for kind in kinds {
        counts += LoginCounts::of(parse_kind(&kind)?.class(), 1);
    }
    Ok(counts)
}

fn push_is_chosen<DB: Dialect>(sql: &mut QueryBuilder<DB>, chosen: Chosen<'_>) {
    match chosen {
        Chosen::UpTo(up_to) => {
            sql.push(" AND l.login_date <= ");
            DB::bind_moment(sql, up_to);
        }
        Chosen::AllBut(own) => {
            sql.push(" AND l.kind <> 'opaque' AND l.id <> ");
            DB::bind_text(sql, own.as_str());
        }
    }
}

/// The account's live logins of a class with when they were last seen, as it is written, or opened: the longest
/// unseen first, those of the same moment by their login. At most `limit`.
///
/// # Errors
/// When the database does not answer.
pub async fn list_live_by_last_seen(
    on: &mut impl Sql,
    user_id: i64,
    class: LoginClass,
    live: &LiveAfter,
    limit: i64,
) -> Result<Vec<(SessionId, Moment)>> {
    fn statement<DB: Dialect>(user_id: i64, class: LoginClass, live: &LiveAfter, limit: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("SELECT l.id, COALESCE(l.last_seen, l.opened_at) FROM curfew_logins l");
        push_is_of_user(&mut sql, user_id);
        push_is_of_class(&mut sql, class);
        push_is_live(&mut sql, live);
        sql.push(" ORDER BY COALESCE(l.last_seen, l.opened_at), l.login_date, l.id LIMIT ");
        DB::bind_number(&mut sql, limit);
        sql
    }
    let rows: Vec<(String, Moment)> =
        on_engine!(on, |c| in_time(statement(user_id, class, live, limit).build_query_as().fetch_all(c)).await)?;
    Ok(rows.into_iter().map(|(id, last_seen)| (SessionId::from_stored(id), last_seen)).collect())
}

/// The account's live logins of a class, the last seen first.
///
/// # Errors
/// When the database does not answer.
pub async fn list_live_logins(
    on: &mut impl Sql,
    user_id: i64,
    class: LoginClass,
    live: &LiveAfter,
    limit: i64,
) -> Result<Vec<LoginRow>> {
    fn statement<DB: Dialect>(user_id: i64, class: LoginClass, live: &LiveAfter, limit: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new(format!("SELECT {COLUMNS} FROM curfew_logins l"));
        push_is_of_user(&mut sql, user_id);
        push_is_of_class(&mut sql, class);
        push_is_live(&mut sql, live);
        sql.push(" ORDER BY COALESCE(l.last_seen, l.opened_at) DESC, l.id LIMIT ");
        DB::bind_number(&mut sql, limit);
        sql
    }
    Ok(on_engine!(on, |c| in_time(statement(user_id, class, live, limit).build_query_as().fetch_all(c)).await)?)
}
