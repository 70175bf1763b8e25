//! Logins whose `LAST_LOGIN_DATE` is later than the time at which they were opened.

use sqlx::QueryBuilder;

use crate::{
    domain::moment::Moment,
    store::{
        Result, Sql,
        engine::{dialect::Dialect, on_engine, with_timeout},
    },
};

/// Finds the latest `LAST_LOGIN_DATE` after `opened_by` among logins that were opened at or before `opened_by` and
/// have not ended: of one account, or of all accounts.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn find_latest_login_date_ahead(
    on: &mut dyn Sql,
    user_id: Option<i64>,
    opened_by: Moment,
) -> Result<Option<Moment>> {
    fn statement<DB: Dialect>(user_id: Option<i64>, opened_by: Moment) -> QueryBuilder<DB> {
        // The second condition follows from the others, and lets the index of such logins be used.
        let mut sql = QueryBuilder::new(
            "SELECT MAX(login_date) FROM curfew_logins
             WHERE ended_at IS NULL AND login_date > opened_at AND login_date > ",
        );
        DB::bind_moment(&mut sql, opened_by);
        sql.push(" AND opened_at <= ");
        DB::bind_moment(&mut sql, opened_by);
        if let Some(user_id) = user_id {
            sql.push(" AND user_id = ");
            DB::bind_number(&mut sql, user_id);
        }
        sql
    }
    Ok(on_engine!(on, |c| with_timeout(statement(user_id, opened_by).build_query_scalar().fetch_one(c)).await)?)
}
