//! The staff list of the whole site's sessions, with search, fast with a million sessions.
//!
//! The list scans the newest sessions first, which fills a page of live sessions or of a common search. If the page is
//! not full, the list reads the rest: the sessions of the accounts that the search index returns or, without a search,
//! all sessions. Both steps apply the same conditions: they differ in speed, never in the result.

mod statement;

use super::search::Search;
use crate::{
    domain::{
        lists::sessions_query::{SESSIONS_PER_PAGE, SessionsQuery, SessionsShown},
        logins::{kind::LoginClass, live::LiveByRole},
        moment::Moment,
        people::role::Role,
        standing::Standing,
    },
    store::{
        Result, Sql,
        engine::{from_row::from_row, on_engine, with_timeout},
        logins::LoginRow,
        logins::stored::parse_reason,
        standing::is_active,
    },
};
use statement::{Plan, Statement};

/// How many of the newest sessions are scanned first.
const SCANNED_FIRST: i64 = 3_000;
/// How many more sessions are scanned per session on the pages before.
const SCANNED_PER_EARLIER_SESSION: i64 = 4;
/// At most this many sessions are counted. A larger total is only a minimum.
pub const COUNT_UP_TO: i64 = 1_000;

/// A session, with what the rule needs to know about its account.
#[derive(Debug, Clone)]
pub struct SiteSession {
    /// The session.
    pub session: LoginRow,
    /// The username; none if the account is deleted.
    pub username: Option<String>,
    is_active: Option<bool>,
    is_staff: Option<bool>,
    is_superuser: Option<bool>,
    deactivated_until: Option<Moment>,
    force_logout_date: Option<Moment>,
    force_logout_cause: Option<String>,
    force_logout_scheduled: Option<Moment>,
    /// How many sessions match, if they were looked up; otherwise 0.
    total_matches: i64,
}

from_row!(SiteSession { username, is_active, is_staff, is_superuser, deactivated_until, force_logout_date, force_logout_cause, force_logout_scheduled, total_matches } with { session });

impl SiteSession {
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
            user_id: self.session.user_id,
            is_active: is_active(flag, self.deactivated_until, now),
            force_logout_date: self.force_logout_date,
            force_logout_cause: self.force_logout_cause.as_deref().map(parse_reason).transpose()?,
            force_logout_scheduled: self.force_logout_scheduled,
        }))
    }
}

/// One page of the list.
#[derive(Debug)]
pub struct SiteSessionsPage {
    /// The sessions on this page, at most [`SESSIONS_PER_PAGE`].
    pub sessions: Vec<SiteSession>,
    /// How many sessions match, on all pages.
    pub total: i64,
    /// Whether there may be more than `total`.
    pub total_is_minimum: bool,
    /// Whether there is a next page.
    pub has_next: bool,
}

/// One page of the matching sessions, newest login first.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn list_site_sessions(
    on: &mut impl Sql,
    query: &SessionsQuery,
    live: &LiveByRole,
) -> Result<SiteSessionsPage> {
    let search = query.search.as_ref().map(|text| Search::new(text.key()));
    let offset = query.page.offset(SESSIONS_PER_PAGE);
    let per_page = i64::from(SESSIONS_PER_PAGE);
    let plan = Plan::Scan { since: None };
    let mut statement = Statement {
        class: LoginClass::Sessions,
        dated_up_to: None,
        shown: query.state,
        search: search.as_ref(),
        live,
        plan,
    };
    let first = SCANNED_FIRST + SCANNED_PER_EARLIER_SESSION * offset;
    let oldest: Option<Moment> =
        on_engine!(on, |c| with_timeout(statement.nth_newest(first).build_query_scalar().fetch_optional(c)).await)?;
    statement.plan = Plan::Scan { since: oldest };
    // One extra row shows whether there is a next page.
    let mut sessions = read(on, &statement, per_page + 1, offset).await?;
    let mut is_complete = oldest.is_none();
    if !is_complete && sessions.len() <= SESSIONS_PER_PAGE as usize {
        is_complete = true;
        statement.plan = if search.is_some() { Plan::Lookup } else { Plan::Scan { since: None } };
        sessions = read(on, &statement, per_page + 1, offset).await?;
    }
    let has_next = sessions.len() > SESSIONS_PER_PAGE as usize;
    sessions.truncate(SESSIONS_PER_PAGE as usize);
    let known = match sessions.first() {
        Some(first) if first.total_matches > 0 => Some(first.total_matches),
        // The last page gives the total.
        Some(_) if !has_next => Some(offset + i64::try_from(sessions.len()).unwrap_or_default()),
        None if offset == 0 => Some(0),
        _ => None,
    };
    if let Some(total) = known {
        return Ok(SiteSessionsPage { sessions, total, total_is_minimum: false, has_next });
    }
    let counted: i64 =
        on_engine!(on, |c| with_timeout(statement.count(COUNT_UP_TO + 1).build_query_scalar().fetch_one(c)).await)?;
    let total_is_minimum = !is_complete || counted > COUNT_UP_TO;
    Ok(SiteSessionsPage { sessions, total: counted.min(COUNT_UP_TO), total_is_minimum, has_next })
}

/// Counts the live logins of a class that are dated `dated_up_to` or earlier, up to `limit`.
///
/// # Errors
/// Returns an error if the database does not respond.
pub async fn count_live_site_logins(
    on: &mut impl Sql,
    class: LoginClass,
    live: &LiveByRole,
    dated_up_to: Option<Moment>,
    limit: i64,
) -> Result<i64> {
    let (shown, plan) = (SessionsShown::Live, Plan::Scan { since: None });
    let statement = Statement { class, dated_up_to, shown, search: None, live, plan };
    Ok(on_engine!(on, |c| with_timeout(statement.count(limit).build_query_scalar().fetch_one(c)).await)?)
}

async fn read(on: &mut impl Sql, statement: &Statement<'_>, limit: i64, offset: i64) -> Result<Vec<SiteSession>> {
    Ok(on_engine!(on, |c| with_timeout(statement.page(limit, offset).build_query_as().fetch_all(c)).await)?)
}
