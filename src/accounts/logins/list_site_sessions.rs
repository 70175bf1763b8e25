//! Lists the sessions of the whole site, each judged by the one rule.

use crate::{
    accounts::{Accounts, ListedLogin, Result},
    domain::lists::sessions_query::SessionsQuery,
    store::{
        lists::sessions::{self, SiteSession},
        site::get_site,
    },
};

/// One page of the site's sessions.
#[derive(Debug)]
pub struct SiteSessions {
    /// The sessions, each with its account's name unless the account was deleted.
    pub sessions: Vec<(Option<String>, ListedLogin)>,
    /// How many match, on all pages.
    pub total: i64,
    /// Whether there may be more than `total`.
    pub total_is_minimum: bool,
    /// Whether there is a next page.
    pub has_next: bool,
}

impl Accounts {
    /// One page of the site's sessions, newest login first.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn list_site_sessions(&self, query: &SessionsQuery) -> Result<SiteSessions> {
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        let site = get_site(&mut on).await?.standing();
        let live = self.live_by_role(site, now);
        let page = sessions::list_site_sessions(&mut on, query, &live).await?;
        let judge = |found: SiteSession| -> Result<(Option<String>, ListedLogin)> {
            let (standing, limits) = (found.standing(now)?, self.settings.limits(found.role()));
            Ok((found.username, self.judged(found.session, standing.as_ref(), &site, limits, now)?))
        };
        Ok(SiteSessions {
            sessions: page.sessions.into_iter().map(judge).collect::<Result<_>>()?,
            total: page.total,
            total_is_minimum: page.total_is_minimum,
            has_next: page.has_next,
        })
    }
}
