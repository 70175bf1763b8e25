//! Finds the link that a token belongs to, and judges it by the one rule.

use std::time::Duration;

use crate::{
    accounts::{Accounts, AccountsError, Result, locked::Locked},
    domain::{
        letters::link::{LinkPurpose, LinkState, LinkToken, NOT_ME_LIFETIME, is_good},
        moment::Moment,
        standing::SiteStanding,
    },
    store::{
        Transaction,
        links::{Link, find_link, use_link},
        site::get_site,
        users::{User, find_user},
    },
};

/// What a link that still works would act on, for its page.
#[derive(Debug, Clone)]
pub struct LinkTarget {
    /// The account.
    pub user: User,
    /// The address that the link was sent to.
    pub address: String,
    /// Whether the account is active.
    pub is_active: bool,
}

impl LinkTarget {
    /// Whether a not-me link would change the account's email back to the address that the link was sent to.
    #[must_use]
    pub fn restores_address(&self) -> bool {
        !is_same(&self.address, &self.user.email)
    }
}

impl Accounts {
    /// Finds what a link would act on. Uses nothing up: mail scanners open links.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::BadLink`] if the link is wrong, used, expired or revoked, or a database error.
    pub async fn read_link(&self, purpose: LinkPurpose, token: &LinkToken) -> Result<LinkTarget> {
        let mut on = self.store.read().await?;
        let link = find_link(&mut on, purpose, token).await?.ok_or(AccountsError::BadLink)?;
        let user = find_user(&mut on, link.user_id).await?.ok_or(AccountsError::BadLink)?;
        let site = get_site(&mut on).await?.standing();
        let now = self.store.clock().now(&mut on).await?;
        self.must_be_good(purpose, &link, (&user, &site), now)?;
        Ok(LinkTarget { is_active: user.is_active_at(now), user, address: link.address })
    }

    /// Uses a link up in the transaction of what it does, and locks its account. Of two requests, one gets it.
    pub(super) async fn take_link(
        &self,
        on: &mut Transaction,
        purpose: LinkPurpose,
        token: &LinkToken,
    ) -> Result<(Link, Locked)> {
        let link = find_link(on, purpose, token).await?.ok_or(AccountsError::BadLink)?;
        let locked = self.lock_account(on, link.user_id).await?.ok_or(AccountsError::BadLink)?;
        // `use_link` decides if it was used while this request waited for the lock.
        self.must_be_good(purpose, &link, (&locked.user, &locked.site), locked.now)?;
        if use_link(on, link.id, locked.now).await? { Ok((link, locked)) } else { Err(AccountsError::BadLink) }
    }

    fn must_be_good(
        &self,
        purpose: LinkPurpose,
        link: &Link,
        (user, site): (&User, &SiteStanding),
        now: Moment,
    ) -> Result<()> {
        let state = LinkState {
            user_id: link.user_id,
            login_date: link.login_date,
            issued_at: link.issued_at,
            is_used: link.used_at.is_some(),
        };
        let standing = user.standing(now)?;
        let is_meant = sent_to_its_purpose(purpose, &link.address, user);
        if is_meant && is_good(state, purpose, (&standing, site), self.lifetime_of(purpose), now) {
            Ok(())
        } else {
            Err(AccountsError::BadLink)
        }
    }

    fn lifetime_of(&self, purpose: LinkPurpose) -> Duration {
        match purpose {
            LinkPurpose::Reset => self.settings.reset_link_lifetime,
            LinkPurpose::Verify => self.settings.verification_link_lifetime,
            LinkPurpose::NotMe => NOT_ME_LIFETIME,
        }
    }
}

/// Whether the address is still what the link is about: a changed email ends the links that were sent to the old one.
pub(in crate::accounts) fn sent_to_its_purpose(purpose: LinkPurpose, address: &str, user: &User) -> bool {
    match purpose {
        LinkPurpose::Reset => is_same(address, &user.email),
        LinkPurpose::Verify => {
            user.pending_email.as_deref().is_some_and(|pending| is_same(address, pending))
                || user.email_verified_at.is_none() && is_same(address, &user.email)
        }
        LinkPurpose::NotMe => true,
    }
}

/// Whether two addresses are the same mailbox. A login compares more loosely: to it, `ß` is `ss`, but `straße.example`
/// and `strasse.example` are two domains (RFC 5892, section 2.6), which may have two owners.
pub(in crate::accounts) fn is_same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}
