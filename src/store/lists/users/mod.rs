//! The staff's list of users: any search, filter, order and page, also with a million accounts.
//!
//! A page of a search is found in one of two ways. Rare matches are *collected*: the search index
//! names them, and they are sorted. Common ones are met on a *walk* along the index of the order,
//! until the page is full. Both read by the same conditions, so the choice decides over time only,
//! never over the answer.

pub(in crate::store) mod filter;
mod statement;

use super::search::{Search, SearchIndex};
use crate::{
    domain::{
        lists::users_query::{USERS_PER_PAGE, UsersQuery},
        moment::Moment,
        people::role::Role,
    },
    store::{
        Result, Sql,
        engine::{from_row::from_row, in_time, on_engine},
        standing::is_active,
    },
};
use statement::{Statement, Way};

/// Up to this many accounts are counted one by one.
pub const COUNT_UP_TO: i64 = 10_000;
/// On a walk, matches are counted up to here: beyond, counting would take longer than the page.
pub const COUNT_ON_A_WALK_UP_TO: i64 = 1_000;

/// An account as the list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedUser {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub username: String,
    /// Its address.
    pub email: String,
    is_active: bool,
    is_staff: bool,
    is_superuser: bool,
    /// When a deactivation ends by itself.
    pub deactivated_until: Option<Moment>,
    /// A force logout to come.
    pub force_logout_scheduled: Option<Moment>,
    /// Since when it exists.
    pub date_joined: Moment,
    /// Its latest login.
    pub last_login: Option<Moment>,
    /// Its latest request, within a minute.
    pub last_seen: Option<Moment>,
}

from_row!(ListedUser {
    id,
    username,
    email,
    is_active,
    is_staff,
    is_superuser,
    deactivated_until,
    force_logout_scheduled,
    date_joined,
    last_login,
    last_seen
});

impl ListedUser {
    /// What it may do.
    #[must_use]
    pub const fn role(&self) -> Role {
        Role::from_flags(self.is_staff, self.is_superuser)
    }

    /// Whether its person may log in at that moment.
    #[must_use]
    pub fn is_active_at(&self, now: Moment) -> bool {
        is_active(self.is_active, self.deactivated_until, now)
    }
}

/// One page of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsersPage {
    /// The accounts on it, at most [`USERS_PER_PAGE`].
    pub users: Vec<ListedUser>,
    /// How many match, on all pages.
    pub total: i64,
    /// Whether there are more than `total`.
    pub total_is_minimum: bool,
    /// Whether accounts follow after this page.
    pub has_next: bool,
}

/// The accounts that match, in the order asked for: equal ones by their number, in the same
/// direction, and whoever never logged in before everyone who did.
///
/// # Errors
/// When the database does not answer.
pub async fn list_users(on: &mut impl Sql, query: &UsersQuery, now: Moment) -> Result<UsersPage> {
    let search = query.filter.search.as_ref().map(|text| Search::new(text.key()));
    let way = match &search {
        Some(search) if search.is_rare(on, SearchIndex::Users).await? => Way::Collect,
        _ => Way::Walk,
    };
    let statement = Statement { query, search: search.as_ref(), way, now };
    let per_page = i64::from(USERS_PER_PAGE);
    let offset = query.page.offset(USERS_PER_PAGE);
    // One more than is shown tells whether there is a next page.
    let mut users: Vec<ListedUser> =
        on_engine!(on, |c| in_time(statement.page(per_page + 1, offset).build_query_as().fetch_all(c)).await)?;
    let has_next = users.len() > USERS_PER_PAGE as usize;
    users.truncate(USERS_PER_PAGE as usize);
    let up_to = match (way, &search) {
        (Way::Walk, Some(_)) => COUNT_ON_A_WALK_UP_TO,
        _ => COUNT_UP_TO,
    };
    let counted: i64 = on_engine!(on, |c| in_time(statement.count(up_to + 1).build_query_scalar().fetch_one(c)).await)?;
    Ok(UsersPage { users, total: counted.min(up_to), total_is_minimum: counted > up_to, has_next })
}
