//! Reading whom an act on many accounts is on, and writing it for a batch of them at once.
//!
//! What is counted, chosen and locked is told by the same conditions, so that what was promised is
//! what is done.

pub mod acts;
mod events;
mod statement;
mod write;

use sqlx::{QueryBuilder, Sqlite};

use super::{
    Result, Sql,
    engine::{Engine, dialect::Dialect, fetch_one, from_row::from_row, in_time, on_engine},
    standing::feed::CHANNEL,
};
use crate::domain::{
    bulk::{BulkChoice, BulkCounts, BulkScope, digest_of},
    logins::{counts::LoginCounts, live::LiveByRole},
    moment::Moment,
    people::role::Role,
};
pub use events::insert_event_for_each;
use statement::Statement;
pub use write::{count_live_logins_of_each, set_active_all, set_force_logout_date_of_all, set_inactive_all};

/// Who acts on many, and on whom.
#[derive(Debug, Clone, Copy)]
pub struct Targets<'a> {
    /// What is done, and to whom.
    pub choice: &'a BulkChoice,
    /// The number of whoever acts; none is the person at the command line.
    pub actor_id: Option<i64>,
    /// What they may do.
    pub actor_role: Role,
    /// When.
    pub now: Moment,
}

/// An account that an act on many is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetUser {
    /// Its number.
    pub id: i64,
    /// Whether the site may need it.
    pub is_superuser: bool,
    /// Whether it can be written together with others: nothing has come due for it, no date of its own
    /// lies ahead of the clock, and it is no superuser.
    pub is_ordinary: bool,
}

from_row!(TargetUser { id, is_superuser, is_ordinary });

/// An account that staff chose, and why it would be passed over; the first reason counts.
#[derive(Debug)]
struct ChosenRow {
    id: i64,
    is_out_of_reach: bool,
    is_own: bool,
    is_already: bool,
}

from_row!(ChosenRow { id, is_out_of_reach, is_own, is_already });

/// How many live logins a bulk action ends.
///
/// # Errors
/// When the database does not answer.
pub async fn count_logins_of_targets(
    on: &mut impl Sql,
    targets: Targets<'_>,
    live: &LiveByRole,
) -> Result<LoginCounts> {
    let statement = Statement(targets);
    let counted: (i64, i64) =
        on_engine!(on, |c| in_time(statement.count_logins(live).build_query_as().fetch_one(c)).await)?;
    Ok(login_counts(counted))
}

/// Sessions and tokens, as a statement counts them.
fn login_counts((sessions, tokens): (i64, i64)) -> LoginCounts {
    LoginCounts { sessions: sessions.unsigned_abs(), tokens: tokens.unsigned_abs() }
}

/// The numbers of the accounts that an act is on, in their order, and how many it passes over; without
/// the logins, which [`count_logins_of_targets`] counts.
///
/// # Errors
/// When the database does not answer.
pub async fn list_targets(on: &mut impl Sql, targets: Targets<'_>) -> Result<(Vec<i64>, BulkCounts)> {
    let statement = Statement(targets);
    let chosen: Vec<ChosenRow> = on_engine!(on, |c| in_time(statement.chosen().build_query_as().fetch_all(c)).await)?;
    let mut counts = BulkCounts::default();
    if let BulkScope::Ids(asked_for) = &targets.choice.scope {
        counts.missing = number(asked_for.len() - chosen.len());
    }
    let mut ids = Vec::new();
    for user in chosen {
        match user {
            ChosenRow { is_out_of_reach: true, .. } => counts.out_of_reach += 1,
            ChosenRow { is_own: true, .. } => counts.own_account += 1,
            ChosenRow { is_already: true, .. } => counts.already += 1,
            ChosenRow { id, .. } => ids.push(id),
        }
    }
    counts.users = number(ids.len());
    counts.whom = digest_of(&ids);
    counts.includes_actor = targets.actor_id.is_some_and(|id| ids.binary_search(&id).is_ok());
    Ok((ids, counts))
}

fn number(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// The greatest number that an account has.
///
/// # Errors
/// When the database does not answer.
pub async fn get_max_user_id(on: &mut impl Sql) -> Result<i64> {
    let (id,): (i64,) = fetch_one!(on, (i64,), "SELECT COALESCE(MAX(id), 0) FROM curfew_users")?;
    Ok(id)
}

/// Locks those accounts for a change, in the order of their numbers; gives those that the act is still on.
///
/// # Errors
/// When the database does not answer.
pub async fn lock_targets(on: &mut impl Sql, targets: Targets<'_>, ids: &[i64]) -> Result<Vec<TargetUser>> {
    let lock = match on.engine() {
        Engine::Sqlite(_) => "",
        Engine::Postgres(_) => " ORDER BY id FOR UPDATE",
    };
    let statement = Statement(targets);
    Ok(on_engine!(on, |c| in_time(statement.users_of(ids, lock).build_query_as().fetch_all(c)).await)?)
}

/// Whether what this transaction changes from now on is told by [`record_bulk_change`] alone. On Postgres the
/// triggers are silent meanwhile, which would tell of each row by itself; those of SQLite cost little.
///
/// # Errors
/// When the database does not answer.
pub async fn set_records_bulk_change(on: &mut impl Sql, records_bulk_change: bool) -> Result<()> {
    if let Engine::Postgres(connection) = on.engine() {
        let setting =
            sqlx::query("SELECT set_config('curfew.records_bulk_change', CASE WHEN $1 THEN 'on' ELSE 'off' END, TRUE)");
        in_time(setting.bind(records_bulk_change).execute(connection)).await?;
    }
    Ok(())
}

/// Has each node forget those accounts and report it as that of one event.
///
/// # Errors
/// When the database does not answer.
pub async fn record_bulk_change(on: &mut impl Sql, ids: &[i64], event_id: i64) -> Result<()> {
    match on.engine() {
        Engine::Sqlite(connection) => {
            let mut sql = QueryBuilder::new("INSERT INTO curfew_standing_changes (user_id, event_id) SELECT id, ");
            sql.push_bind(event_id).push(" FROM curfew_users WHERE id");
            Sqlite::push_is_one_of(&mut sql, ids);
            in_time(sql.build().execute(connection)).await?;
        }
        Engine::Postgres(connection) => {
            let sql = "WITH told AS (INSERT INTO curfew_standing_changes (user_id, event_id) SELECT unnest($1), $2
                                     RETURNING user_id, event_id)
                       SELECT COUNT(pg_notify($3, user_id || '#' || event_id)) FROM told";
            in_time(sqlx::query(sql).bind(ids).bind(event_id).bind(CHANNEL).execute(connection)).await?;
        }
    }
    Ok(())
}
