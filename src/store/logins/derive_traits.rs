//! Fills in the traits of logins that were inserted or changed with SQL: the columns by which staff filter and sort.
//! The program itself writes them with each login.

use sqlx::QueryBuilder;

use crate::{
    domain::logins::traits::LoginTraits,
    store::{
        Result, Sql,
        engine::{dialect::Dialect, execute, fetch_one, on_engine, with_timeout},
    },
};

/// Whether any login has no traits yet.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn has_logins_without_traits(on: &mut dyn Sql) -> Result<bool> {
    Ok(fetch_one!(on, (bool,), "SELECT EXISTS (SELECT 1 FROM curfew_logins WHERE address_key = '?')")?.0)
}

/// Derives the traits of at most `limit` logins, and returns how many. Skips logins that another node has locked.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn derive_some_traits(on: &mut dyn Sql, limit: i64) -> Result<u64> {
    fn statement<DB: Dialect>(limit: i64) -> QueryBuilder<DB> {
        let mut sql =
            QueryBuilder::new("SELECT id, address, user_agent FROM curfew_logins WHERE address_key = '?' LIMIT ");
        DB::bind_number(&mut sql, limit);
        sql.push(DB::LOCK_SKIPPING_LOCKED);
        sql
    }
    let found: Vec<(String, String, String)> =
        on_engine!(on, |c| with_timeout(statement(limit).build_query_as().fetch_all(c)).await)?;
    let sql = "
        UPDATE curfew_logins SET address_key = $2, browser = $3, system = $4,
               username_key = COALESCE((SELECT u.username_key FROM curfew_users u WHERE u.id = user_id), username_key)
        WHERE id = $1";
    let mut derived = 0;
    for (id, address, user_agent) in &found {
        let LoginTraits { address, browser, system } = LoginTraits::of(address, user_agent);
        derived += execute!(on, sql, id, address.as_str(), browser.as_str(), system.as_str())?;
    }
    Ok(derived)
}
