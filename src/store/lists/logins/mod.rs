//! The staff list of the whole site's logins, with search and filters, fast with a million logins.
//!
//! The list scans the first logins in its order, which fills a page if most logins match. If the page is not full, the
//! list looks up the logins that match the rarest filter and sorts them or, without a rare filter, scans on. All plans
//! apply the same conditions: they differ in speed, never in the result.

mod candidates;
mod statement;

use super::search::Search;
use crate::{
    domain::{
        lists::{
            logins_filter::LoginsFilter,
            logins_query::{LoginsQuery, LoginsSort},
        },
        logins::live::LiveByRole,
        moment::Moment,
        people::role::Role,
        standing::Standing,
    },
    store::{
        Result, Sql,
        engine::{
            from_row::{FromAnyRow, from_row},
            on_engine, with_timeout,
        },
        logins::LoginRow,
        logins::stored::parse_reason,
        standing::is_active,
    },
};
use candidates::Candidates;
pub(in crate::store::lists) use candidates::push_may_be_live;
use statement::{Plan, Statement, with_ids};

/// How many logins are scanned first.
const SCANNED_FIRST: i64 = 3_000;
/// How many more logins are scanned per login on the pages before.
const SCANNED_PER_EARLIER_LOGIN: i64 = 4;

/// A login, with what the rule needs to know about its account.
#[derive(Debug, Clone)]
pub struct SiteLogin {
    /// The login.
    pub login: LoginRow,
    /// The username; none if the account is deleted.
    pub username: Option<String>,
    is_active: Option<bool>,
    is_staff: Option<bool>,
    is_superuser: Option<bool>,
    deactivated_until: Option<Moment>,
    force_logout_date: Option<Moment>,
    force_logout_cause: Option<String>,
    force_logout_scheduled: Option<Moment>,
}

from_row!(SiteLogin { username, is_active, is_staff, is_superuser, deactivated_until, force_logout_date, force_logout_cause, force_logout_scheduled } with { login });

impl SiteLogin {
    /// The account's role.
    #[must_use]
    pub fn role(&self) -> Role {
        Role::from_flags(self.is_staff == Some(true), self.is_superuser == Some(true))
    }

    /// The account's standing; none if the account is deleted.
    ///
    /// # Errors
    /// Returns an error if the stored cause is not a known reason.
    pub fn standing(&self, now: Moment) -> Result<Option<Standing>> {
        let Some(flag) = self.is_active else { return Ok(None) };
        Ok(Some(Standing {
            user_id: self.login.user_id,
            is_active: is_active(flag, self.deactivated_until, now),
            force_logout_date: self.force_logout_date,
            force_logout_cause: self.force_logout_cause.as_deref().map(parse_reason).transpose()?,
            force_logout_scheduled: self.force_logout_scheduled,
        }))
    }
}

/// How many logins match, on all pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Matches {
    /// The logins.
    pub logins: i64,
    /// Their users.
    pub people: i64,
    /// Whether there may be more.
    pub is_minimum: bool,
}

/// One page of the list.
#[derive(Debug)]
pub struct SiteLoginsPage {
    /// The logins on this page.
    pub logins: Vec<SiteLogin>,
    /// How many match.
    pub matches: Matches,
    /// Whether there is a next page.
    pub has_next: bool,
}

/// One page of the matching logins, in the query's sort order. Tokens that were never used count as the earliest seen.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_site_logins(on: &mut dyn Sql, query: &LoginsQuery, live: &LiveByRole) -> Result<SiteLoginsPage> {
    let LoginsQuery { filter, sort, page, per_page } = query;
    let search = filter.search.as_ref().map(|text| Search::new(text.key()));
    let (offset, per_page) = (page.offset(per_page.get()), i64::from(per_page.get()));
    let first = SCANNED_FIRST + SCANNED_PER_EARLIER_LOGIN * offset;
    let scan = Plan::Scan { first: Some(first) };
    let mut statement = Statement { filter, sort: *sort, search: search.as_ref(), live, plan: scan };
    let mut logins = read(on, &statement, (per_page, offset)).await?;
    let more: Option<i64> =
        on_engine!(on, |c| with_timeout(statement.has_more_than(first).build_query_scalar().fetch_optional(c)).await)?;
    let mut is_complete = more.is_none();
    let is_full = |logins: &[SiteLogin]| i64::try_from(logins.len()).is_ok_and(|count| count > per_page);
    if !is_complete && !is_full(&logins) {
        statement.plan = plan_for_all(on, filter, search.as_ref(), live).await?;
        is_complete = matches!(statement.plan, Plan::Lookup(_));
        logins = read(on, &statement, (per_page, offset)).await?;
    }
    let has_next = is_full(&logins);
    logins.truncate(usize::try_from(per_page).unwrap_or(usize::MAX));
    // A list that has more is counted only as far as its first logins were scanned.
    let is_minimum = has_next && !is_complete;
    let counted = if is_minimum { Statement { plan: scan, ..statement } } else { statement };
    let (count, people): (i64, i64) =
        on_engine!(on, |c| with_timeout(counted.count(i64::MAX).build_query_as().fetch_one(c)).await)?;
    let shown = i64::try_from(logins.len()).unwrap_or_default();
    let at_least = if shown > 0 { offset + shown } else { 0 };
    let matches = Matches { logins: count.max(at_least), people, is_minimum };
    Ok(SiteLoginsPage { logins, matches, has_next })
}

/// How to find every match.
async fn plan_for_all<'q>(
    on: &mut dyn Sql,
    filter: &'q LoginsFilter,
    search: Option<&'q Search<'q>>,
    live: &'q LiveByRole,
) -> Result<Plan<'q>> {
    Ok(match Candidates::rarest(on, filter, search, live).await? {
        Some(candidates) => Plan::Lookup(candidates),
        None => Plan::Scan { first: None },
    })
}

/// Selects something of at most `limit` of the matching logins `l`, in no order, for a bulk action. `select` ends with
/// `FROM`. It may name the accounts `u` if the filter shows only live logins.
///
/// # Errors
/// Returns an error if the database does not respond.
pub(in crate::store) async fn list_of_matching_logins<T: FromAnyRow>(
    on: &mut dyn Sql,
    filter: &LoginsFilter,
    live: &LiveByRole,
    (select, limit): (&str, i64),
) -> Result<Vec<T>> {
    let search = filter.search.as_ref().map(|text| Search::new(text.key()));
    let plan = plan_for_all(on, filter, search.as_ref(), live).await?;
    let statement = Statement { filter, sort: LoginsSort::default(), search: search.as_ref(), live, plan };
    Ok(on_engine!(on, |c| with_timeout(statement.select(select, limit).build_query_as().fetch_all(c)).await)?)
}

/// The logins with these ids, the newest first.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_site_logins_with_ids(on: &mut dyn Sql, ids: &[String]) -> Result<Vec<SiteLogin>> {
    Ok(on_engine!(on, |c| with_timeout(with_ids(ids).build_query_as().fetch_all(c)).await)?)
}

async fn read(on: &mut dyn Sql, statement: &Statement<'_>, (limit, offset): (i64, i64)) -> Result<Vec<SiteLogin>> {
    // One extra row shows whether there is a next page.
    Ok(on_engine!(on, |c| with_timeout(statement.page(limit + 1, offset).build_query_as().fetch_all(c)).await)?)
}
