//! Lists the logins of the whole site, each judged by the one rule.

use crate::{
    accounts::{Accounts, ListedLogin, Result},
    domain::lists::logins_query::LoginsQuery,
    store::{
        lists::logins::{self, Matches, SiteLogin},
        site::get_site,
    },
};

/// One page of the site's logins.
#[derive(Debug)]
pub struct SiteLogins {
    /// The logins, each with its account's name unless the account was deleted.
    pub logins: Vec<(Option<String>, ListedLogin)>,
    /// How many match, on all pages.
    pub matches: Matches,
    /// Whether there is a next page.
    pub has_next: bool,
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
        let judge = |found: SiteLogin| -> Result<(Option<String>, ListedLogin)> {
            let (standing, limits) = (found.standing(now)?, self.settings.limits(found.role()));
            Ok((found.username, self.judged(found.login, standing.as_ref(), &site, limits, now)?))
        };
        let logins = page.logins.into_iter().map(judge).collect::<Result<_>>()?;
        Ok(SiteLogins { logins, matches: page.matches, has_next: page.has_next })
    }
}
