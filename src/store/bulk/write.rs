//! Updates the locked users of a batch.

use sqlx::QueryBuilder;

use super::{login_counts, statement::COUNTS};
use crate::{
    domain::{
        logins::{counts::LoginCounts, live::LiveByRole},
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

/// Counts the live logins of each user. Users without any are left out.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn count_live_logins_of_each(
    on: &mut impl Sql,
    ids: &[i64],
    live: &LiveByRole,
) -> Result<Vec<(i64, LoginCounts)>> {
    fn statement<DB: Dialect>(ids: &[i64], live: &LiveByRole) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new(format!("SELECT l.user_id, {COUNTS} FROM curfew_users u "));
        sql.push(DB::JOIN_IN_ORDER).push(" curfew_logins l ON l.user_id = u.id WHERE u.id");
        DB::push_is_one_of(&mut sql, ids);
        push_is_live_by_role(&mut sql, live);
        sql.push(" GROUP BY l.user_id");
        sql
    }
    let rows: Vec<(i64, i64, i64)> =
        on_engine!(on, |c| with_timeout(statement(ids, live).build_query_as().fetch_all(c)).await)?;
    Ok(rows.into_iter().map(|(id, sessions, tokens)| (id, login_counts((sessions, tokens)))).collect())
}

/// Sets the force-logout date of these users, which ends their logins dated `date` or earlier. The caller has locked
/// the rows and checked that no date moves back.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn set_force_logout_date_of_all(
    on: &mut impl Sql,
    ids: &[i64],
    date: Moment,
    cause: EndReason,
    reasons: &Reasons,
) -> Result<()> {
    set_all(on, ids, Change::ForceLogout { date, cause, reasons }).await
}

/// Deactivates these users until somebody activates them, and ends their logins.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn set_inactive_all(on: &mut impl Sql, ids: &[i64], date: Moment, reasons: &Reasons) -> Result<()> {
    set_all(on, ids, Change::Inactive { date, reasons }).await
}

/// Activates these users. Logins that a deactivation by a hand-written `UPDATE` left live end now, with the reasons of
/// that deactivation.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn set_active_all(on: &mut impl Sql, ids: &[i64], date: Moment) -> Result<()> {
    set_all(on, ids, Change::Active { date }).await
}

/// What to write into the rows.
#[derive(Debug, Clone, Copy)]
enum Change<'a> {
    ForceLogout { date: Moment, cause: EndReason, reasons: &'a Reasons },
    Inactive { date: Moment, reasons: &'a Reasons },
    Active { date: Moment },
}

impl Change<'_> {
    fn push<DB: Dialect>(self, sql: &mut QueryBuilder<DB>) {
        match self {
            Self::ForceLogout { date, cause, reasons } => {
                push_date(sql, date, cause);
                push_reasons(sql, "force_logout_", reasons);
            }
            Self::Inactive { date, reasons } => {
                push_date(sql, date, EndReason::Deactivated);
                push_reasons(sql, "force_logout_", reasons);
                sql.push(", is_active = FALSE, deactivated_until = NULL");
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

async fn set_all(on: &mut impl Sql, ids: &[i64], change: Change<'_>) -> Result<()> {
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
