//! Logins whose `LAST_LOGIN_DATE` lies ahead of the clock that made them.

use sqlx::QueryBuilder;

use crate::{
    domain::moment::Moment,
    store::{
        Result, Sql,
        engine::{dialect::Dialect, in_time, on_engine},
    },
};

/// The latest `LAST_LOGIN_DATE` after that moment of a login that was opened at that moment or before and has not
/// ended: of one account, or of anyone.
///
/// # Errors
/// When the database does not answer.
pub async fn find_latest_dated_ahead(
    on: &mut impl Sql,
    user_id: Option<i64>,
    opened_by: Moment,
) -> Result<Option<Moment>> {
    fn statement<DB: Dialect>(user_id: Option<i64>, opened_by: Moment) -> QueryBuilder<DB> {
        let mut sql =
            QueryBuilder::new("SELECT MAX(login_date) FROM curfew_logins WHERE ended_at IS NULL AND login_date > ");
        DB::bind_moment(&mut sql, opened_by);
        sql.push(" AND opened_at <= ");
        DB::bind_moment(&mut sql, opened_by);
        if let Some(user_id) = user_id {
            sql.push(" AND user_id = ");
            DB::bind_number(&mut sql, user_id);
        }
        sql
    }
    Ok(on_engine!(on, |c| in_time(statement(user_id, opened_by).build_query_scalar().fetch_one(c)).await)?)
}
