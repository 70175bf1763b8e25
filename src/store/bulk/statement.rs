//! Builds the SQL of bulk actions from fixed fragments. User input is always bound as a value.

use sqlx::QueryBuilder;

use super::Targets;
use crate::{
    domain::{
        bulk::{BulkAction, BulkScope},
        lists::users_filter::UsersFilter,
        logins::{counts::MOST_COUNTED, public_id::PublicId},
        people::role::Role,
    },
    store::{
        engine::dialect::{Dialect, push_limit},
        lists::{search::Search, users::filter::push_filter},
        logins::push_is_live_by_role,
    },
};

/// Two columns: how many of the counted logins are sessions, and how many are tokens.
const COUNTS: &str =
    "COUNT(CASE WHEN counted.kind = 'browser' THEN 1 END), COUNT(CASE WHEN counted.kind <> 'browser' THEN 1 END)";

/// Statements about the users `u` of a bulk action.
#[derive(Debug, Clone, Copy)]
pub(super) struct Statement<'a>(pub Targets<'a>);

impl Statement<'_> {
    /// Selects every user in the scope, as [`super::ChosenRow`]s.
    pub fn chosen<DB: Dialect>(self) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("SELECT u.id, ");
        self.push_is_out_of_reach(&mut sql);
        sql.push(" AS is_out_of_reach, ");
        self.push_is_own(&mut sql);
        sql.push(" AS is_own, ");
        self.push_is_already(&mut sql);
        sql.push(" AS is_already_done, (u.is_staff OR u.is_superuser) AS is_staff FROM curfew_users u");
        self.push_scope(&mut sql);
        sql.push(" ORDER BY u.id");
        sql
    }

    /// Adds every user in the scope to a stored list.
    pub fn insert_chosen<DB: Dialect>(self, list: &PublicId) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("INSERT INTO curfew_listed_users (list_id, user_id) SELECT ");
        DB::bind_text(&mut sql, list.as_str());
        sql.push(", u.id FROM curfew_users u");
        self.push_scope(&mut sql);
        sql
    }

    /// Counts the live sessions and tokens of the affected users, up to [`MOST_COUNTED`] + 1.
    pub fn count_logins<DB: Dialect>(self) -> QueryBuilder<DB> {
        let live = self.0.live;
        let mut sql = QueryBuilder::new(format!("SELECT {COUNTS} FROM (SELECT l.kind FROM curfew_users u "));
        sql.push(DB::JOIN_IN_ORDER).push(" curfew_logins l ON l.user_id = u.id");
        self.push_scope(&mut sql);
        sql.push(" AND ");
        self.push_is_affected(&mut sql);
        push_is_live_by_role(&mut sql, live);
        // A later time is a schedule. What it would end now is what there is now.
        if let Some(at) = self.0.choice.terms.at.filter(|at| *at < live.now) {
            sql.push(" AND (l.login_date <= ");
            DB::bind_moment(&mut sql, at);
            sql.push(" OR l.opened_at <= ");
            DB::bind_moment(&mut sql, at);
            sql.push(")");
        }
        sql.push(format_args!(" LIMIT {}) AS counted", MOST_COUNTED + 1));
        sql
    }

    /// Selects the affected users, or only the staff among them, as [`super::KnownUser`]s.
    pub fn affected<DB: Dialect>(self, only_staff: bool, (limit, offset): (i64, i64)) -> QueryBuilder<DB> {
        let mut sql = QueryBuilder::new("SELECT u.id, u.username, u.is_staff, u.is_superuser FROM curfew_users u");
        self.push_scope(&mut sql);
        sql.push(" AND ");
        self.push_is_affected(&mut sql);
        if only_staff {
            sql.push(" AND (u.is_staff OR u.is_superuser)");
        }
        sql.push(" ORDER BY u.id");
        push_limit(&mut sql, limit, offset);
        sql
    }

    /// Selects the affected users among `ids`, as [`super::TargetUser`]s. `lock` is the engine's locking clause.
    pub fn affected_among<DB: Dialect>(self, ids: &[i64], lock: &str) -> QueryBuilder<DB> {
        let now = self.0.live.now;
        // Selects by id first. Otherwise the database may scan a status index from its start, past all the entries that
        // earlier batches removed.
        let mut sql = QueryBuilder::new("WITH chosen AS MATERIALIZED (SELECT * FROM curfew_users WHERE id");
        DB::push_is_one_of(&mut sql, ids);
        sql.push(lock).push(") SELECT u.id, u.is_superuser, NOT u.is_superuser");
        for schedule in ["u.force_logout_scheduled", "u.deactivated_until"] {
            sql.push(format_args!(" AND ({schedule} IS NULL OR {schedule} > "));
            DB::bind_moment(&mut sql, now);
            sql.push(")");
        }
        for date in ["u.last_login_date", "u.force_logout_date"] {
            sql.push(format_args!(" AND ({date} IS NULL OR {date} <= "));
            DB::bind_moment(&mut sql, now);
            sql.push(")");
        }
        sql.push(" AS is_ordinary FROM chosen u");
        self.push_scope(&mut sql);
        sql.push(" AND ");
        self.push_is_affected(&mut sql);
        sql.push(" ORDER BY u.id");
        sql
    }

    /// Adds `WHERE` and the scope.
    fn push_scope<DB: Dialect>(self, sql: &mut QueryBuilder<DB>) {
        let everyone = UsersFilter::default();
        let filter = match &self.0.choice.scope {
            BulkScope::Ids(_) | BulkScope::Listed(_) => &everyone,
            BulkScope::Matching(filter) => filter,
        };
        let search = filter.search.as_ref().map(|text| Search::new(text.key()));
        push_filter(sql, filter, search.as_ref(), self.0.live);
        match &self.0.choice.scope {
            BulkScope::Ids(ids) => {
                sql.push(" AND u.id");
                DB::push_is_one_of(sql, ids);
            }
            BulkScope::Listed(list) => {
                sql.push(" AND u.id IN (SELECT user_id FROM curfew_listed_users WHERE list_id = ");
                DB::bind_text(sql, list.as_str());
                sql.push(")");
            }
            BulkScope::Matching(_) => {}
        }
        if let Some(up_to) = self.0.choice.up_to {
            sql.push(" AND u.id <= ");
            DB::bind_number(sql, up_to);
        }
    }

    /// Adds the condition that the action does not skip the user.
    fn push_is_affected<DB: Dialect>(self, sql: &mut QueryBuilder<DB>) {
        sql.push("(NOT ");
        self.push_is_out_of_reach(sql);
        sql.push(" AND NOT ");
        self.push_is_own(sql);
        sql.push(" AND NOT ");
        self.push_is_already(sql);
        sql.push(")");
    }

    /// Adds the condition that the actor's role does not allow the action on the user. Staff act on members only,
    /// superusers on everyone.
    fn push_is_out_of_reach<DB: Dialect>(self, sql: &mut QueryBuilder<DB>) {
        match self.0.actor_role {
            Role::Member => sql.push("TRUE"),
            Role::Staff => sql.push("(u.is_staff OR u.is_superuser)"),
            Role::Superuser => sql.push("FALSE"),
        };
    }

    /// Adds the condition that actors would lock themselves out: nobody can deactivate their own account.
    fn push_is_own<DB: Dialect>(self, sql: &mut QueryBuilder<DB>) {
        match (self.0.choice.action, self.0.actor_id) {
            (BulkAction::Deactivate, Some(id)) => {
                sql.push("u.id = ");
                DB::bind_number(sql, id);
            }
            _ => {
                sql.push("FALSE");
            }
        }
    }

    /// Adds the condition that the user is already active, or already deactivated, or that no force logout is scheduled
    /// for the user. A deactivation with an end date does not count: the action makes it permanent.
    fn push_is_already<DB: Dialect>(self, sql: &mut QueryBuilder<DB>) {
        match self.0.choice.action {
            BulkAction::ForceLogout => {
                sql.push("FALSE");
            }
            BulkAction::Deactivate => {
                sql.push("(NOT u.is_active AND u.deactivated_until IS NULL)");
            }
            BulkAction::Activate => {
                sql.push("(u.is_active OR u.deactivated_until <= ");
                DB::bind_moment(sql, self.0.live.now);
                sql.push(" AND u.deactivated_until IS NOT NULL)");
            }
            BulkAction::CancelForceLogout => {
                sql.push("(u.force_logout_scheduled IS NULL OR u.force_logout_scheduled <= ");
                DB::bind_moment(sql, self.0.live.now);
                sql.push(")");
            }
        }
    }
}
