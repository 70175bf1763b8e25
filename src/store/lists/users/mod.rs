//! The staff list of users: search, filters, sort order and pages, fast with a million accounts.
//!
//! A search uses one of the two plans that `search.rs` describes.

pub(in crate::store) mod filter;
mod find;
mod statement;

use super::{
    search::{Search, SearchIndex},
    searchable::{Plan, SearchableList as _},
};
use crate::{
    domain::{
        lists::users_query::{USERS_PER_PAGE, UsersQuery},
        moment::Moment,
        people::role::Role,
    },
    store::{
        Result, Sql,
        engine::{from_row::from_row, on_engine, with_timeout},
        standing::is_active,
    },
};
pub use find::find_user_ids;
use statement::Statement;

/// At most this many users are counted. A larger total is only a minimum.
pub const COUNT_UP_TO: i64 = 10_000;
/// The same limit for a search that scans: counting further would take longer than reading the page.
pub const COUNT_IN_A_SCAN_UP_TO: i64 = 1_000;

/// A user as the list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedUser {
    /// The user's id.
    pub id: i64,
    /// The username.
    pub username: String,
    /// The email.
    pub email: String,
    is_active: bool,
    is_staff: bool,
    is_superuser: bool,
    /// When the deactivation ends by itself.
    pub deactivated_until: Option<Moment>,
    /// When a scheduled force logout comes due.
    pub force_logout_scheduled: Option<Moment>,
    /// When the account was created.
    pub date_joined: Moment,
    /// The time of the latest login.
    pub last_login: Option<Moment>,
    /// The time of the latest request, to within a minute.
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
    /// The user's role.
    #[must_use]
    pub const fn role(&self) -> Role {
        Role::from_flags(self.is_staff, self.is_superuser)
    }

    /// Whether the account is active at this time.
    #[must_use]
    pub fn is_active_at(&self, now: Moment) -> bool {
        is_active(self.is_active, self.deactivated_until, now)
    }
}

/// One page of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsersPage {
    /// The users on this page, at most [`USERS_PER_PAGE`].
    pub users: Vec<ListedUser>,
    /// How many users match, on all pages.
    pub total: i64,
    /// Whether there are more than `total`.
    pub total_is_minimum: bool,
    /// Whether there is a next page.
    pub has_next: bool,
}

/// One page of the matching users, in the query's sort order. Ties are sorted by id, in the same direction. Users who
/// never logged in count as the earliest.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_users(on: &mut impl Sql, query: &UsersQuery, now: Moment) -> Result<UsersPage> {
    let search = query.filter.search.as_ref().map(|text| Search::new(text.key()));
    let plan = match &search {
        Some(search) if search.is_rare(on, SearchIndex::Users).await? => Plan::Lookup,
        _ => Plan::Scan,
    };
    let statement = Statement { query, search: search.as_ref(), plan, now };
    let per_page = i64::from(USERS_PER_PAGE);
    let offset = query.page.offset(USERS_PER_PAGE);
    // One extra row shows whether there is a next page.
    let mut users: Vec<ListedUser> =
        on_engine!(on, |c| with_timeout(statement.rows(per_page + 1, offset).build_query_as().fetch_all(c)).await)?;
    let has_next = users.len() > USERS_PER_PAGE as usize;
    users.truncate(USERS_PER_PAGE as usize);
    let up_to = match (plan, &search) {
        (Plan::Scan, Some(_)) => COUNT_IN_A_SCAN_UP_TO,
        _ => COUNT_UP_TO,
    };
    let counted: i64 =
        on_engine!(on, |c| with_timeout(statement.count(up_to + 1).build_query_scalar().fetch_one(c)).await)?;
    Ok(UsersPage { users, total: counted.min(up_to), total_is_minimum: counted > up_to, has_next })
}
