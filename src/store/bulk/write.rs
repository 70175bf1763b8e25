//! Updates the locked users of a batch.

use sqlx::QueryBuilder;

use super::login_counts;
use crate::{
    domain::{
        logins::{
            counts::{LoginCounts, MOST_COUNTED},
            live::LiveByRole,
        },
        moment::Moment,
        reason::EndReason,
        reason_text::Reasons,
    },
    store::{
        Result, Sql,
        engine::{
            dialect::{Dialect, push_optional_text},
            on_engine, with_timeout,
        },
        logins::push_is_live_by_role,
    },
};

/// The factor of the first count in a number that holds two.
const BOTH: i64 = 1_000_000;

/// Counts the live logins of each user, up to [`MOST_COUNTED`] + 1. Users without any are left out.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn count_live_logins_of_each(
    on: &mut dyn Sql,
    ids: &[i64],
    live: &LiveByRole,
) -> Result<Vec<(i64, LoginCounts)>> {
    fn statement<DB: Dialect>(ids: &[i64], live: &LiveByRole) -> QueryBuilder<DB> {
        // One number holds both counts, because a subquery that stops at a limit can return only one column.
        let mut sql = QueryBuilder::new(format!(
            "SELECT u.id, (SELECT COUNT(*) * {BOTH} + COUNT(CASE WHEN counted.kind <> 'browser' THEN 1 END)
                           FROM (SELECT l.kind FROM curfew_logins l WHERE l.user_id = u.id"
        ));
        push_is_live_by_role(&mut sql, live);
        sql.push(format_args!(" LIMIT {}) AS counted) FROM curfew_users u WHERE u.id", MOST_COUNTED + 1));
        DB::push_is_one_of(&mut sql, ids);
        sql
    }
    let rows: Vec<(i64, i64)> =
        on_engine!(on, |c| with_timeout(statement(ids, live).build_query_as().fetch_all(c)).await)?;
    let counts = |both: i64| login_counts((both / BOTH - both % BOTH, both % BOTH));
    Ok(rows.into_iter().filter(|(_, both)| *both > 0).map(|(id, both)| (id, counts(both))).collect())
}

/// Sets the force-logout date of these users, which ends their logins dated `date` or earlier. The caller has locked
/// the rows and checked that no date moves back.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn set_force_logout_date_of_all(
    on: &mut dyn Sql,
    ids: &[i64],
    date: Moment,
    cause: EndReason,
    reasons: &Reasons,
) -> Result<()> {
    set_all(on, ids, Change::ForceLogout { date, cause, reasons }).await
}

/// Schedules a force logout of these users, replacing the ones scheduled before.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn set_force_logout_scheduled_of_all(
    on: &mut dyn Sql,
    ids: &[i64],
    at: Moment,
    by: &str,
    reasons: &Reasons,
) -> Result<()> {
    set_all(on, ids, Change::Scheduled { at, by, reasons }).await
}

/// Deactivates these users until `until`, or until somebody activates them, and ends their logins.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn set_inactive_all(
    on: &mut dyn Sql,
    ids: &[i64],
    (date, until): (Moment, Option<Moment>),
    reasons: &Reasons,
) -> Result<()> {
    set_all(on, ids, Change::Inactive { date, until, reasons }).await
}

/// Activates these users. Logins that a deactivation by a hand-written `UPDATE` left live end now, with the reasons of
/// that deactivation.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn set_active_all(on: &mut dyn Sql, ids: &[i64], date: Moment) -> Result<()> {
    set_all(on, ids, Change::Active { date }).await
}

/// What to write into the rows.
#[derive(Debug, Clone, Copy)]
enum Change<'a> {
    ForceLogout { date: Moment, cause: EndReason, reasons: &'a Reasons },
    Scheduled { at: Moment, by: &'a str, reasons: &'a Reasons },
    Inactive { date: Moment, until: Option<Moment>, reasons: &'a Reasons },
    Active { date: Moment },
}

impl Change<'_> {
    fn push<DB: Dialect>(self, sql: &mut QueryBuilder<DB>) {
        match self {
            Self::ForceLogout { date, cause, reasons } => {
                push_date(sql, date, cause);
                push_reasons(sql, "force_logout_", reasons);
            }
            Self::Scheduled { at, by, reasons } => {
                sql.push("force_logout_scheduled = ");
                DB::bind_moment(sql, at);
                sql.push(", force_logout_scheduled_by = ");
                DB::bind_text(sql, by);
                push_reasons(sql, "force_logout_scheduled_", reasons);
            }
            Self::Inactive { date, until, reasons } => {
                push_date(sql, date, EndReason::Deactivated);
                push_reasons(sql, "force_logout_", reasons);
                sql.push(", is_active = FALSE, deactivated_until = ");
                match until {
                    Some(until) => DB::bind_moment(sql, until),
                    None => {
                        sql.push("NULL");
                    }
                }
                push_reasons(sql, "deactivated_", reasons);
            }
            Self::Active { date } => {
                push_date(sql, date, EndReason::Deactivated);
                sql.push(
                    ", force_logout_staff_reason = deactivated_staff_reason, \
                     force_logout_user_reason = deactivated_user_reason, is_active = TRUE, \
                     deactivated_until = NULL, deactivated_staff_reason = NULL, deactivated_user_reason = NULL",
                );
            }
        }
    }
}

async fn set_all(on: &mut dyn Sql, ids: &[i64], change: Change<'_>) -> Result<()> {
    fn statement<DB: Dialect>(ids: &[i64], change: Change<'_>) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("UPDATE curfew_users SET ");
        change.push(&mut sql);
        sql.push(" WHERE id");
        DB::push_is_one_of(&mut sql, ids);
        sql
    }
    on_engine!(on, |c| with_timeout(statement(ids, change).build().execute(c)).await.map(drop))?;
    Ok(())
}

fn push_date<DB: Dialect>(sql: &mut QueryBuilder<DB>, date: Moment, cause: EndReason) {
    sql.push("force_logout_date = ");
    DB::bind_moment(sql, date);
    sql.push(", force_logout_cause = ");
    DB::bind_text(sql, cause.code());
}

/// Adds both reasons, in the columns `{prefix}staff_reason` and `{prefix}user_reason`.
fn push_reasons<DB: Dialect>(sql: &mut QueryBuilder<DB>, prefix: &str, reasons: &Reasons) {
    for (audience, reason) in [("staff", &reasons.for_staff), ("user", &reasons.for_user)] {
        sql.push(format_args!(", {prefix}{audience}_reason = "));
        push_optional_text(sql, reason.as_deref());
    }
}
