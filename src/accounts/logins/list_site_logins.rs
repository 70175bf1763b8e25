//! Lists the logins of the whole site, each judged by the one rule.

use crate::{
    accounts::{Accounts, ListedLogin, Result},
    domain::{lists::logins_query::LoginsQuery, moment::Moment, people::role::Role, standing::SiteStanding},
    store::{
        lists::logins::{self, Matches, SiteLogin},
        site::get_site,
    },
};

/// One page of the site's logins.
#[derive(Debug)]
pub struct SiteLogins {
    /// The logins.
    pub logins: Vec<SiteListedLogin>,
    /// How many match, on all pages.
    pub matches: Matches,
    /// Whether there is a next page.
    pub has_next: bool,
}

/// A login with its account.
#[derive(Debug)]
pub struct SiteListedLogin {
    /// The username; none if the account was deleted.
    pub username: Option<String>,
    /// The account's role.
    pub role: Role,
    /// The login.
    pub listed: ListedLogin,
}

impl Accounts {
    /// One page of the site's logins.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn list_site_logins(&self, query: &LoginsQuery) -> Result<SiteLogins> {
        self.derive_traits_before_listing().await;
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        let site = get_site(&mut on).await?.standing();
        let live = self.live_by_role(site, now);
        let page = logins::list_site_logins(&mut on, query, &live).await?;
        let listed = |found| self.site_listed(found, &site, now);
        let logins = page.logins.into_iter().map(listed).collect::<Result<_>>()?;
        Ok(SiteLogins { logins, matches: page.matches, has_next: page.has_next })
    }

    /// Judges a login with its account.
    pub(in crate::accounts) fn site_listed(
        &self,
        found: SiteLogin,
        site: &SiteStanding,
        now: Moment,
    ) -> Result<SiteListedLogin> {
        let (standing, role) = (found.standing(now)?, found.role());
        let listed = self.judged(found.login, standing.as_ref(), site, self.settings.limits(role), now)?;
        Ok(SiteListedLogin { username: found.username, role, listed })
    }
}
