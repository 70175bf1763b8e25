//! The SQL of the list of users.

use sqlx::QueryBuilder;

use super::{candidates::Candidates, filter::push_filter};
use crate::{
    domain::{
        lists::users_query::{SortKey, UsersQuery},
        logins::live::LiveByRole,
    },
    store::lists::{
        search::{Search, SearchDialect, SearchIndex},
        searchable::{Plan, SearchableList},
    },
};

/// A query of the list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Statement<'q> {
    pub query: &'q UsersQuery,
    pub search: Option<&'q Search<'q>>,
    pub live: &'q LiveByRole,
    /// What is looked up. `None` is a scan of all users in the order of the list.
    pub candidates: Option<Candidates<'q>>,
}

impl SearchableList for Statement<'_> {
    /// The columns of a [`super::ListedUser`].
    const SELECT: &'static str = "SELECT u.id, u.username, u.email, u.is_active, u.is_staff, u.is_superuser, \
        u.deactivated_until, u.force_logout_scheduled, u.date_joined, u.last_login, u.last_seen FROM ";
    const TABLE: &'static str = "curfew_users u";
    const ID: &'static str = "u.id";
    const INDEX: SearchIndex = SearchIndex::Users;

    fn plan(&self) -> Plan {
        if self.candidates.is_some() { Plan::Lookup } else { Plan::Scan }
    }

    fn search(&self) -> Option<&Search<'_>> {
        self.search
    }

    fn push_conditions<DB: SearchDialect>(&self, sql: &mut QueryBuilder<DB>) {
        push_filter(sql, &self.query.filter, self.search, self.live);
    }

    fn push_candidates<DB: SearchDialect>(&self, sql: &mut QueryBuilder<DB>) {
        if let Some(candidates) = self.candidates {
            candidates.push(sql, self);
        }
    }

    /// Users who never logged in sort as the earliest, on both engines.
    fn push_order<DB: SearchDialect>(&self, sql: &mut QueryBuilder<DB>) {
        let column = column(self.query.sort.key);
        let (direction, nulls) = if self.query.sort.descending { ("DESC", "LAST") } else { ("ASC", "FIRST") };
        sql.push(format_args!(" ORDER BY {column} {direction} NULLS {nulls}, u.id {direction}"));
    }
}

/// The column of the users `u` that a list is sorted by.
pub(super) const fn column(key: SortKey) -> &'static str {
    match key {
        SortKey::Username => "u.username_key",
        SortKey::Email => "u.email_key",
        SortKey::DateJoined => "u.date_joined",
        SortKey::LastLogin => "u.last_login",
        SortKey::LastSeen => "u.last_seen",
    }
}
