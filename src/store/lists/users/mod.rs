//! The staff list of users: search, filters, sort order and pages, fast with a million accounts.
//!
//! A search uses one of the two plans that `search.rs` describes. A filter by date or by live logins looks at the first
//! users in the order of the list, which fills a page if enough of them match. Otherwise it looks up the users that the
//! rarest filter leaves. If no filter is rare, it looks at more users, but not at all: the list then says so. The plans
//! differ in speed and in how far they look, never in who matches.

mod candidates;
pub(in crate::store) mod filter;
mod find;
mod statement;

use super::{
    search::{Search, SearchIndex},
    searchable::SearchableList as _,
};
use crate::{
    domain::{lists::users_query::UsersQuery, logins::live::LiveByRole, moment::Moment, people::role::Role},
    store::{
        Result, Sql,
        engine::{from_row::from_row, on_engine, with_timeout},
        standing::is_active,
    },
};
use candidates::Candidates;
use filter::periods;
pub use find::find_user_ids;
use statement::Statement;

/// At most this many users are counted. A larger total is only a minimum.
pub const COUNT_UP_TO: i64 = 10_000;
/// The same limit for a search that scans: counting further would take longer than reading the page.
pub const COUNT_IN_A_SCAN_UP_TO: i64 = 1_000;
/// How many more users a filter by date or by live logins looks at first per user on the pages before.
const LOOKED_AT_PER_EARLIER_USER: i64 = 4;

/// How many users a filter by date or by live logins looks at.
#[derive(Debug, Clone, Copy)]
pub struct Reach {
    /// So many first, in the order of the list.
    pub first: i64,
    /// Then those that the rarest filter leaves, if they are no more than this.
    pub rare: i64,
    /// Otherwise so many in all, in the order of the list.
    pub in_all: i64,
}

impl Reach {
    /// Of the staff pages. The database takes some microseconds for each of these users.
    pub const OF_PAGES: Self = Self { first: 3_000, rare: 10_000, in_all: 12_000 };
}

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
    /// The users on this page.
    pub users: Vec<ListedUser>,
    /// How many users match, on all pages.
    pub total: i64,
    /// Whether there may be more than `total`.
    pub total_is_minimum: bool,
    /// Whether there is a next page.
    pub has_next: bool,
    /// Whether others may match: only the first users in this order were looked at, as many as [`Reach::in_all`].
    pub is_cut: bool,
}

/// One page of the matching users, in the query's sort order. Ties are sorted by id, in the same direction. Users who
/// never logged in count as the earliest.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_users(on: &mut dyn Sql, query: &UsersQuery, live: &LiveByRole) -> Result<UsersPage> {
    list_users_within(on, query, live, Reach::OF_PAGES).await
}

/// Like [`list_users`], with another reach.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_users_within(
    on: &mut dyn Sql,
    query: &UsersQuery,
    live: &LiveByRole,
    reach: Reach,
) -> Result<UsersPage> {
    let UsersQuery { filter, per_page, .. } = query;
    let search = filter.search.as_ref().map(|text| Search::new(text.key()));
    let statement = Statement { query, search: search.as_ref(), live, candidates: None };
    let dates = periods(filter).count();
    let Found { mut counted, users, is_complete } = match (dates, filter.live) {
        (0, None) => search_all(on, statement).await?,
        _ => look_up(on, statement, reach).await?,
    };
    let has_next = is_full(&users, query);
    // An index counts the users of one period, also those beyond the first ones, which filled the page.
    let is_counted_by_index = dates == 1 && filter.live.is_none() && search.is_none();
    if has_next && !is_complete && is_counted_by_index {
        counted.candidates = None;
    }
    let up_to = match counted.candidates {
        None if search.is_some() => COUNT_IN_A_SCAN_UP_TO,
        _ => COUNT_UP_TO,
    };
    let before = query.page.offset(per_page.get());
    let total: i64 = if has_next || users.is_empty() && before > 0 {
        on_engine!(on, |c| with_timeout(counted.count(up_to + 1).build_query_scalar().fetch_one(c)).await)?
    } else {
        // This page is the last one.
        before + i64::try_from(users.len()).unwrap_or_default()
    };
    let are_all_counted = is_complete || counted.candidates.is_none();
    Ok(UsersPage {
        users: users.into_iter().take(per_page.get() as usize).collect(),
        total: total.min(up_to),
        total_is_minimum: total > up_to || !are_all_counted,
        has_next,
        is_cut: !is_complete && !has_next,
    })
}

/// What a plan has found.
#[derive(Debug)]
struct Found<'q> {
    /// The users of the page, and one more if there is a next page.
    users: Vec<ListedUser>,
    /// The plan, to count with it.
    counted: Statement<'q>,
    /// Whether all users that match are among its candidates.
    is_complete: bool,
}

/// Finds users by name, status and role among all.
async fn search_all<'q>(on: &mut dyn Sql, mut statement: Statement<'q>) -> Result<Found<'q>> {
    if let Some(search) = statement.search
        && search.is_rare(on, SearchIndex::Users).await?
    {
        statement.candidates = Some(Candidates::Named(search));
    }
    read(on, statement, true).await
}

/// Finds users by dates and live logins, among the first candidates that fill the page.
async fn look_up<'q>(on: &mut dyn Sql, statement: Statement<'q>, reach: Reach) -> Result<Found<'q>> {
    let UsersQuery { page, per_page, .. } = statement.query;
    let first = reach.first + LOOKED_AT_PER_EARLIER_USER * page.offset(per_page.get());
    let found = look_at(on, statement, first.min(reach.in_all)).await?;
    if found.is_complete || is_full(&found.users, statement.query) {
        return Ok(found);
    }
    match Candidates::rarest(on, &statement, reach.rare).await? {
        Some(rarest) => read(on, Statement { candidates: Some(rarest), ..statement }, true).await,
        None if first < reach.in_all => look_at(on, statement, reach.in_all).await,
        None => Ok(found),
    }
}

/// Finds users among the first ones in the order of the list.
async fn look_at<'q>(on: &mut dyn Sql, statement: Statement<'q>, first: i64) -> Result<Found<'q>> {
    let is_complete = Candidates::First(first + 1).count(on, &statement, first + 1).await? <= first;
    read(on, Statement { candidates: Some(Candidates::First(first)), ..statement }, is_complete).await
}

async fn read<'q>(on: &mut dyn Sql, counted: Statement<'q>, is_complete: bool) -> Result<Found<'q>> {
    let UsersQuery { page, per_page, .. } = counted.query;
    // One extra row shows whether there is a next page.
    let (limit, offset) = (i64::from(per_page.get()) + 1, page.offset(per_page.get()));
    let users = on_engine!(on, |c| with_timeout(counted.rows(limit, offset).build_query_as().fetch_all(c)).await)?;
    Ok(Found { users, counted, is_complete })
}

fn is_full(users: &[ListedUser], query: &UsersQuery) -> bool {
    users.len() > query.per_page.get() as usize
}
