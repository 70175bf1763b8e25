//! The staff's list of the sessions of the whole site: any search, also with a million of them.
//!
//! The newest sessions are looked through first, which fills a page of the live ones and of a
//! common search. Only where that does not fill it, the rest is looked at: the sessions of the
//! accounts that the search index names, or, without a search, all there are. Both read by the
//! same conditions, so the choice decides over time only, never over the answer.

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
        engine::{from_row::from_row, in_time, on_engine},
        logins::LoginRow,
        standing::{is_active, parse_reason},
    },
};
use statement::{Statement, Way};

/// So many of the newest sessions are looked through first.
const LOOKED_THROUGH_FIRST: i64 = 3_000;
/// And so many more for each that lies before the page.
const LOOKED_THROUGH_MORE: i64 = 4;
/// Up to this many sessions are counted one by one.
pub const COUNT_UP_TO: i64 = 1_000;

/// A session with what the rule asks of its account.
#[derive(Debug, Clone)]
pub struct SiteSession {
    /// The session.
    pub session: LoginRow,
    /// The name of its account; none where the account is deleted.
    pub username: Option<String>,
    is_active: Option<bool>,
    is_staff: Option<bool>,
    is_superuser: Option<bool>,
    deactivated_until: Option<Moment>,
    force_logout_date: Option<Moment>,
    force_logout_cause: Option<String>,
    force_logout_scheduled: Option<Moment>,
    /// How many match, where they were collected; otherwise 0.
    collected: i64,
}

from_row!(SiteSession { username, is_active, is_staff, is_superuser, deactivated_until, force_logout_date, force_logout_cause, force_logout_scheduled, collected } with { session });

impl SiteSession {
    /// What its account may do.
    #[must_use]
    pub fn role(&self) -> Role {
        Role::from_flags(self.is_staff == Some(true), self.is_superuser == Some(true))
    }

    /// What the rule asks of its account, if that still exists.
    ///
    /// # Errors
    /// When the word for what set its date is no reason.
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
    /// The sessions on it, at most [`SESSIONS_PER_PAGE`].
    pub sessions: Vec<SiteSession>,
    /// How many match, on all pages.
    pub total: i64,
    /// Whether there may be more than `total`.
    pub total_is_minimum: bool,
    /// Whether sessions follow after this page.
    pub has_next: bool,
}

/// The sessions that match, the newest login first.
///
/// # Errors
/// When the database does not answer.
pub async fn list_site_sessions(
    on: &mut impl Sql,
    query: &SessionsQuery,
    live: &LiveByRole,
) -> Result<SiteSessionsPage> {
    let search = query.search.as_ref().map(|text| Search::new(text.key()));
    let offset = query.page.offset(SESSIONS_PER_PAGE);
    let per_page = i64::from(SESSIONS_PER_PAGE);
    let way = Way::Walk { since: None };
    let mut statement = Statement {
        class: LoginClass::Sessions,
        dated_up_to: None,
        shown: query.state,
        search: search.as_ref(),
        live,
        way,
    };
    let first = LOOKED_THROUGH_FIRST + LOOKED_THROUGH_MORE * offset;
    let oldest: Option<Moment> =
        on_engine!(on, |c| in_time(statement.nth_newest(first).build_query_scalar().fetch_optional(c)).await)?;
    statement.way = Way::Walk { since: oldest };
    // One more than is shown tells whether there is a next page.
    let mut sessions = read(on, &statement, per_page + 1, offset).await?;
    let mut is_whole = oldest.is_none();
    if !is_whole && sessions.len() <= SESSIONS_PER_PAGE as usize {
        is_whole = true;
        statement.way = if search.is_some() { Way::Collect } else { Way::Walk { since: None } };
        sessions = read(on, &statement, per_page + 1, offset).await?;
    }
    let has_next = sessions.len() > SESSIONS_PER_PAGE as usize;
    sessions.truncate(SESSIONS_PER_PAGE as usize);
    let known = match sessions.first() {
        Some(first) if first.collected > 0 => Some(first.collected),
        // The last page tells how many there are.
        Some(_) if !has_next => Some(offset + i64::try_from(sessions.len()).unwrap_or_default()),
        None if offset == 0 => Some(0),
        _ => None,
    };
    if let Some(total) = known {
        return Ok(SiteSessionsPage { sessions, total, total_is_minimum: false, has_next });
    }
    let counted: i64 =
        on_engine!(on, |c| in_time(statement.count(COUNT_UP_TO + 1).build_query_scalar().fetch_one(c)).await)?;
    let total_is_minimum = !is_whole || counted > COUNT_UP_TO;
    Ok(SiteSessionsPage { sessions, total: counted.min(COUNT_UP_TO), total_is_minimum, has_next })
}

/// How many logins of a class are live, and dated `dated_up_to` or before; at most `limit` are counted.
///
/// # Errors
/// When the database does not answer.
pub async fn count_live_site_logins(
    on: &mut impl Sql,
    class: LoginClass,
    live: &LiveByRole,
    dated_up_to: Option<Moment>,
    limit: i64,
) -> Result<i64> {
    let (shown, way) = (SessionsShown::Live, Way::Walk { since: None });
    let statement = Statement { class, dated_up_to, shown, search: None, live, way };
    Ok(on_engine!(on, |c| in_time(statement.count(limit).build_query_scalar().fetch_one(c)).await)?)
}

async fn read(on: &mut impl Sql, statement: &Statement<'_>, limit: i64, offset: i64) -> Result<Vec<SiteSession>> {
    Ok(on_engine!(on, |c| in_time(statement.page(limit, offset).build_query_as().fetch_all(c)).await)?)
}
