//! Counts the live logins of the whole site.

use sqlx::QueryBuilder;

use crate::{
    domain::{
        logins::{kind::LoginClass, live::LiveByRole},
        moment::Moment,
    },
    store::{
        Result, Sql,
        engine::{dialect::Dialect, on_engine, with_timeout},
        logins::{push_is_live_by_role, push_is_of_class},
    },
};

/// Which logins to count.
#[derive(Debug, Clone, Copy)]
struct Counted<'q> {
    class: LoginClass,
    live: &'q LiveByRole,
    /// The latest `LAST_LOGIN_DATE`.
    dated_up_to: Option<Moment>,
}

/// Counts the live logins of a class that are dated `dated_up_to` or earlier, up to `limit`.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn count_live_site_logins(
    on: &mut dyn Sql,
    class: LoginClass,
    live: &LiveByRole,
    dated_up_to: Option<Moment>,
    limit: i64,
) -> Result<i64> {
    let counted = Counted { class, live, dated_up_to };
    Ok(on_engine!(on, |c| with_timeout(counted.statement(limit).build_query_scalar().fetch_one(c)).await)?)
}

impl Counted<'_> {
    fn statement<DB: Dialect>(self, up_to: i64) -> QueryBuilder<DB> {
        // The inner limit is an optimization fence. Without it Postgres starts parallel workers for the join, which
        // takes longer than the join itself. The order is that of an index of live logins. Without it Postgres reads the
        // table from its beginning, and a million sessions come before the first token.
        let mut sql =
            QueryBuilder::new("SELECT COUNT(*) FROM (SELECT 1 FROM (SELECT * FROM curfew_logins l WHERE TRUE");
        self.push_range(&mut sql);
        sql.push(match self.class {
            LoginClass::Sessions => " ORDER BY l.login_date",
            LoginClass::Tokens => " ORDER BY l.expires_at",
        });
        sql.push(format_args!(
            " LIMIT 9223372036854775807) l {} curfew_users u ON u.id = l.user_id WHERE (u.is_active OR \
             u.deactivated_until <= ",
            DB::JOIN_IN_ORDER
        ));
        DB::bind_moment(&mut sql, self.live.now);
        sql.push(")");
        push_is_live_by_role(&mut sql, self.live);
        sql.push(" LIMIT ");
        DB::bind_number(&mut sql, up_to);
        sql.push(") counted");
        sql
    }

    /// Adds the conditions that do not need the account, worded as in the partial indexes. Every token has an expiry.
    fn push_range<DB: Dialect>(self, sql: &mut QueryBuilder<DB>) {
        push_is_of_class(sql, self.class);
        if let Some(up_to) = self.dated_up_to {
            sql.push(" AND l.login_date <= ");
            DB::bind_moment(sql, up_to);
        }
        let LiveByRole { member, staff, .. } = self.live;
        let after = match self.class {
            LoginClass::Sessions => member.session_login().min(staff.session_login()),
            LoginClass::Tokens => member.login,
        };
        sql.push(" AND l.ended_at IS NULL AND l.reason IS NULL AND l.login_date > ");
        DB::bind_moment(sql, after);
        if self.class == LoginClass::Tokens {
            sql.push(" AND l.expires_at > ");
            DB::bind_moment(sql, self.live.now);
        }
    }
}
