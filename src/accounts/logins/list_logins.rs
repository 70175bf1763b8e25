//! The sessions and tokens of an account, each judged by the one rule.

use crate::{
    accounts::{Accounts, AccountsError, Result},
    domain::{
        logins::kind::{LoginClass, LoginKind},
        moment::Moment,
        reason::EndReason,
        standing::{Limits, LoginState, Question, SiteStanding, Standing, check},
    },
    store::{
        logins::{LoginRow, list_live_logins, list_sessions},
        site::get_site,
        users::find_user,
    },
};

/// A login in a list.
#[derive(Debug)]
pub struct ListedLogin {
    /// As it is stored.
    pub row: LoginRow,
    /// What it is proven by.
    pub kind: LoginKind,
    /// Its latest request; none of a token that was never used.
    pub last_seen: Option<Moment>,
    /// Why it is over, if it is: as stored, or only by the rule.
    pub ended: Option<EndReason>,
}

/// Which sessions of an account are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The live ones, the last seen first.
    Live,
    /// All that are stored, newest first.
    All,
}

impl ListedLogin {
    /// When it was last seen, or made.
    #[must_use]
    pub fn seen(&self) -> Moment {
        self.last_seen.unwrap_or(self.row.opened_at)
    }
}

impl Accounts {
    /// The sessions of an account, at most `limit`.
    ///
    /// # Errors
    /// [`AccountsError::NoSuchUser`], or a failure of the database.
    pub async fn list_sessions(&self, user_id: i64, which: Which, limit: i64) -> Result<Vec<ListedLogin>> {
        self.list_logins(user_id, LoginClass::Sessions, which, limit).await
    }

    /// The live tokens of an account, opaque ones and families of JWT, newest first.
    ///
    /// # Errors
    /// [`AccountsError::NoSuchUser`], or a failure of the database.
    pub async fn list_tokens(&self, user_id: i64) -> Result<Vec<ListedLogin>> {
        let mut listed = self.list_logins(user_id, LoginClass::Tokens, Which::Live, i64::MAX).await?;
        listed.sort_by_key(|token| std::cmp::Reverse((token.row.login_date, token.row.opened_at)));
        Ok(listed)
    }

    async fn list_logins(&self, user_id: i64, class: LoginClass, which: Which, limit: i64) -> Result<Vec<ListedLogin>> {
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        let site = get_site(&mut on).await?.standing();
        let user = find_user(&mut on, user_id).await?.ok_or(AccountsError::NoSuchUser)?;
        let rows = match which {
            Which::Live => {
                let live = self.live_logins_after(&user, site, now);
                list_live_logins(&mut on, user_id, class, &live, limit).await?
            }
            Which::All => list_sessions(&mut on, user_id, limit).await?,
        };
        let standing = user.standing(now)?;
        let limits = self.settings.limits(user.role());
        let judge = |row| self.judged(row, Some(&standing), &site, limits, now);
        let mut listed = rows.into_iter().map(judge).collect::<Result<Vec<_>>>()?;
        listed.retain(|login| which == Which::All || login.ended.is_none());
        Ok(listed)
    }

    /// A login with the one rule's answer about it.
    pub(super) fn judged(
        &self,
        row: LoginRow,
        account: Option<&Standing>,
        site: &SiteStanding,
        of_role: Limits,
        now: Moment,
    ) -> Result<ListedLogin> {
        let kind = row.kind()?;
        // This node may know of a request that is not written yet.
        let last_seen = self.last_seen(&row.id(), row.last_seen.unwrap_or_default());
        let login = LoginState { user_id: row.user_id, ended: row.ended()?, opened_at: row.opened_at, last_seen };
        let question = Question {
            user_id: row.user_id,
            login_date: row.login_date,
            account,
            site,
            login: Some(&login),
            limits: kind.limits(of_role, (row.opened_at, row.expires_at), self.settings.token_leeway),
            now,
        };
        let ended = check(&question).err();
        let last_seen = (last_seen > Moment::default()).then_some(last_seen);
        Ok(ListedLogin { row, kind, last_seen, ended })
    }
}
