//! Selects and ends the logins of a bulk action on logins.

use sqlx::QueryBuilder;

use crate::{
    domain::{
        chosen_logins::LoginsScope,
        logins::{counts::LoginCounts, live::LiveByRole, public_id::PublicId},
        moment::Moment,
        people::role::Role,
    },
    store::{
        Result, Sql,
        engine::{Engine, dialect::Dialect, from_row::from_row, on_engine, with_timeout},
        lists::logins::list_of_matching_logins,
        logins::{Ending, ending_statement, push_is_live_by_role, stored::parse_kind},
    },
};

/// A login that staff chose.
#[derive(Debug, Clone)]
pub struct ChosenLogin {
    /// The public id.
    pub id: String,
    /// The account that the login belongs to.
    pub user_id: i64,
    /// When the login was opened.
    pub opened_at: Moment,
    kind: String,
    is_staff: bool,
    is_superuser: bool,
}

from_row!(ChosenLogin { id, user_id, opened_at, kind, is_staff, is_superuser });

impl ChosenLogin {
    /// The account's role.
    #[must_use]
    pub const fn role(&self) -> Role {
        Role::from_flags(self.is_staff, self.is_superuser)
    }

    /// This login as a count.
    ///
    /// # Errors
    /// Returns an error if the stored kind is unknown.
    pub fn count(&self) -> Result<LoginCounts> {
        Ok(LoginCounts::of_class(parse_kind(&self.kind)?.class(), 1))
    }
}

/// The columns of a [`ChosenLogin`].
const SELECT: &str = "SELECT l.id, l.user_id, l.opened_at, l.kind, u.is_staff, u.is_superuser FROM";

/// Lists at most `limit` live logins in the scope, by user and id. A filter must show only live ones.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_chosen_logins(
    on: &mut dyn Sql,
    scope: &LoginsScope,
    live: &LiveByRole,
    limit: i64,
) -> Result<Vec<ChosenLogin>> {
    fn with_ids<DB: Dialect>(ids: &[PublicId], live: &LiveByRole, limit: i64) -> QueryBuilder<DB> {
        let join = DB::JOIN_IN_ORDER;
        let mut sql = QueryBuilder::new(format!("{SELECT} curfew_logins l {join} curfew_users u ON u.id = l.user_id"));
        sql.push(" WHERE (u.is_active OR u.deactivated_until <= ");
        DB::bind_moment(&mut sql, live.now);
        sql.push(")");
        push_is_live_by_role(&mut sql, live);
        push_is_one_of_ids(&mut sql, ids);
        sql.push(" LIMIT ");
        DB::bind_number(&mut sql, limit);
        sql
    }
    let mut chosen: Vec<ChosenLogin> = match scope {
        LoginsScope::Ids(ids) => {
            on_engine!(on, |c| with_timeout(with_ids(ids, live, limit).build_query_as().fetch_all(c)).await)?
        }
        LoginsScope::Matching(filter) => list_of_matching_logins(on, filter, live, (SELECT, limit)).await?,
    };
    chosen.sort_by(|a, b| (a.user_id, &a.id).cmp(&(b.user_id, &b.id)));
    Ok(chosen)
}

/// Lists the accounts of at most `limit` logins in the scope, without order, also of ended ones unless the filter leaves
/// those out. An account with several of these logins is listed as often.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_users_of_logins(
    on: &mut dyn Sql,
    scope: &LoginsScope,
    live: &LiveByRole,
    limit: i64,
) -> Result<Vec<i64>> {
    fn with_ids<DB: Dialect>(ids: &[PublicId], limit: i64) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("SELECT l.user_id FROM curfew_logins l WHERE TRUE");
        push_is_one_of_ids(&mut sql, ids);
        sql.push(" LIMIT ");
        DB::bind_number(&mut sql, limit);
        sql
    }
    let users: Vec<(i64,)> = match scope {
        LoginsScope::Ids(ids) => {
            on_engine!(on, |c| with_timeout(with_ids(ids, limit).build_query_as().fetch_all(c)).await)?
        }
        LoginsScope::Matching(filter) => {
            list_of_matching_logins(on, filter, live, ("SELECT l.user_id FROM", limit)).await?
        }
    };
    Ok(users.into_iter().map(|(id,)| id).collect())
}

/// Locks these accounts, in ascending order of id, as every use case does before it ends logins.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn lock_users(on: &mut dyn Sql, ids: &[i64]) -> Result<()> {
    // SQLite has one writer.
    #[cfg(feature = "postgres")]
    if let Engine::Postgres(connection) = on.engine()? {
        let sql = sqlx::query("SELECT id FROM curfew_users WHERE id = ANY($1) ORDER BY id FOR UPDATE");
        with_timeout(sql.bind(ids).execute(connection)).await?;
    }
    Ok(())
}

/// Ends these logins. The caller has locked their accounts and knows that they are live.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn end_chosen_logins(on: &mut dyn Sql, ids: &[PublicId], ending: Ending<'_>) -> Result<()> {
    fn statement<DB: Dialect>(ids: &[PublicId], ending: Ending<'_>) -> QueryBuilder<DB> {
        let mut sql = ending_statement(ending);
        push_is_one_of_ids(&mut sql, ids);
        sql
    }
    on_engine!(on, |c| with_timeout(statement(ids, ending).build().execute(c)).await.map(drop))?;
    Ok(())
}

fn push_is_one_of_ids<DB: Dialect>(sql: &mut QueryBuilder<DB>, ids: &[PublicId]) {
    sql.push(" AND l.id");
    let ids: Vec<String> = ids.iter().map(|id| id.as_str().to_owned()).collect();
    DB::push_is_one_of_texts(sql, &ids);
}
