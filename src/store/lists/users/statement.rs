//! The SQL of the list of users.

use sqlx::QueryBuilder;

use super::filter::push_filter;
use crate::{
    domain::{
        lists::users_query::{SortKey, UsersQuery},
        moment::Moment,
    },
    store::lists::{
        search::{Search, SearchDialect, SearchIndex},
        searchable::{Plan, SearchableList},
    },
};

/// A query of the list.
#[derive(Debug)]
pub(super) struct Statement<'q> {
    pub query: &'q UsersQuery,
    pub search: Option<&'q Search<'q>>,
    pub plan: Plan,
    pub now: Moment,
}

impl SearchableList for Statement<'_> {
    /// The columns of a [`super::ListedUser`].
    const SELECT: &'static str = "SELECT u.id, u.username, u.email, u.is_active, u.is_staff, u.is_superuser, \
        u.deactivated_until, u.force_logout_scheduled, u.date_joined, u.last_login, u.last_seen FROM ";
    const TABLE: &'static str = "curfew_users u";
    const ID: &'static str = "u.id";
    const INDEX: SearchIndex = SearchIndex::Users;

    fn plan(&self) -> Plan {
        self.plan
    }

    fn search(&self) -> Option<&Search<'_>> {
        self.search
    }

    fn push_conditions<DB: SearchDialect>(&self, sql: &mut QueryBuilder<DB>) {
        push_filter(sql, &self.query.filter, self.search, self.now);
    }

    /// Users who never logged in sort as the earliest, on both engines.
    fn push_order<DB: SearchDialect>(&self, sql: &mut QueryBuilder<DB>) {
        let column = match self.query.sort.key {
            SortKey::Username => "username_key",
            SortKey::Email => "email_key",
            SortKey::DateJoined => "date_joined",
            SortKey::LastLogin => "last_login",
            SortKey::LastSeen => "last_seen",
        };
        let (direction, nulls) = if self.query.sort.descending { ("DESC", "LAST") } else { ("ASC", "FIRST") };
        sql.push(format_args!(" ORDER BY u.{column} {direction} NULLS {nulls}, u.id {direction}"));
    }
}
