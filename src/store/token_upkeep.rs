//! What keeps the table of tokens from only growing. Each statement reads the beginning of an index.

use sqlx::QueryBuilder;

use super::{
    Result, Sql,
    dialect::Dialect,
    engine::{in_time, on_engine},
    session_upkeep::PastLimits,
};
use crate::domain::moment::Moment;

/// At most so many tokens that have not been ended and are past their own end. On Postgres they are
/// locked, and those that somebody else holds are left to them.
///
/// # Errors
/// When the database does not answer.
pub async fn lock_tokens_past_expiry(on: &mut impl Sql, now: Moment, limit: i64) -> Result<Vec<PastLimits>> {
    fn statement<DB: Dialect>(now: Moment, limit: i64) -> QueryBuilder<DB> {
        let mut sql =
            QueryBuilder::new("SELECT id, user_id, login_date FROM tokens WHERE ended_at IS NULL AND expires_at <= ");
        DB::bind_moment(&mut sql, now);
        sql.push(" ORDER BY expires_at LIMIT ");
        DB::bind_number(&mut sql, limit);
        sql.push(DB::LOCK_FREE);
        sql
    }
    Ok(on_engine!(on, |c| in_time(statement(now, limit).build_query_as().fetch_all(c)).await)?)
}

/// Deletes at most so many tokens that were ended at that moment or before, the oldest first; says how
/// many.
///
/// # Errors
/// When the database does not answer.
pub async fn delete_ended_tokens(on: &mut impl Sql, up_to: Moment, limit: i64) -> Result<u64> {
    fn statement<DB: Dialect>(up_to: Moment, limit: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new(
            "DELETE FROM tokens WHERE id IN (SELECT id FROM tokens WHERE ended_at IS NOT NULL AND ended_at <= ",
        );
        DB::bind_moment(&mut sql, up_to);
        sql.push(" ORDER BY ended_at LIMIT ");
        DB::bind_number(&mut sql, limit);
        sql.push(DB::LOCK_FREE).push(")");
        sql
    }
    Ok(on_engine!(on, |c| in_time(statement(up_to, limit).build().execute(c)).await.map(|done| done.rows_affected()))?)
}
