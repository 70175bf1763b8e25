//! Lists the sessions and tokens of an account, each judged by the one rule.

use crate::{
    accounts::{Accounts, AccountsError, Result},
    domain::{
        lists::users_query::PageNumber,
        logins::kind::{LoginClass, LoginKind},
        moment::Moment,
        reason::EndReason,
        standing::{Limits, LoginState, Question, SiteStanding, Standing, check},
    },
    store::{
        logins::{LoginRow, list_live_sessions, list_live_tokens, list_sessions},
        site::get_site,
        users::find_user,
    },
};

/// The number of tokens per page.
const TOKENS_PER_PAGE: u32 = 100;
/// The number of logins per page for staff, who can end each of them there.
const LOGINS_PER_PAGE: u32 = 20;

/// A listed login.
#[derive(Debug)]
pub struct ListedLogin {
    /// The stored row.
    pub row: LoginRow,
    /// Its kind.
    pub kind: LoginKind,
    /// The latest request. `None` for a token that was never used.
    pub last_seen: Option<Moment>,
    /// Why it has ended, either as stored or by the rule. `None` for a live one.
    pub ended: Option<EndReason>,
}

/// Which sessions to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The live ones, most recently seen first.
    Live,
    /// All stored ones, newest first.
    All,
}

/// One page of an account's tokens.
#[derive(Debug)]
pub struct TokensPage {
    /// The tokens.
    pub tokens: Vec<ListedLogin>,
    /// Whether there is a next page.
    pub has_next: bool,
}

/// One page of an account's logins of one class.
#[derive(Debug)]
pub struct LoginsPage {
    /// The logins.
    pub logins: Vec<ListedLogin>,
    /// Whether there is a next page.
    pub has_next: bool,
}

/// What to list.
#[derive(Debug, Clone, Copy)]
enum Listing {
    /// Live sessions, up to a limit.
    LiveSessions(i64),
    /// All stored sessions, with a limit and an offset.
    AllSessions((i64, i64)),
    /// Live tokens, perhaps of one kind only, with a limit and an offset.
    Tokens(Option<LoginKind>, (i64, i64)),
}

impl ListedLogin {
    /// When the login was last seen, or else opened.
    #[must_use]
    pub fn seen(&self) -> Moment {
        self.last_seen.unwrap_or(self.row.opened_at)
    }
}

impl Accounts {
    /// Lists at most `limit` sessions of an account.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::NoSuchUser`], or a database error.
    pub async fn list_sessions(&self, user_id: i64, which: Which, limit: i64) -> Result<Vec<ListedLogin>> {
        let listing = match which {
            Which::Live => Listing::LiveSessions(limit),
            Which::All => Listing::AllSessions((limit, 0)),
        };
        let mut sessions = self.list_logins(user_id, listing).await?;
        sessions.retain(|session| which == Which::All || is_live(session));
        Ok(sessions)
    }

    /// Lists one page of the live tokens of an account, newest first: only one kind, or both opaque tokens and JWT
    /// families.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::NoSuchUser`], or a database error.
    pub async fn list_tokens(&self, user_id: i64, only: Option<LoginKind>, page: PageNumber) -> Result<TokensPage> {
        // One extra token shows whether there is a next page.
        let range = (i64::from(TOKENS_PER_PAGE) + 1, page.offset(TOKENS_PER_PAGE));
        let mut tokens = self.list_logins(user_id, Listing::Tokens(only, range)).await?;
        let has_next = tokens.len() > TOKENS_PER_PAGE as usize;
        tokens.truncate(TOKENS_PER_PAGE as usize);
        tokens.retain(is_live);
        Ok(TokensPage { tokens, has_next })
    }

    /// Lists one page of the logins of an account, newest first, for staff: 20 of all stored sessions, or of the live
    /// tokens.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::NoSuchUser`], or a database error.
    pub async fn list_logins_of(&self, user_id: i64, class: LoginClass, page: PageNumber) -> Result<LoginsPage> {
        // One extra login shows whether there is a next page.
        let range = (i64::from(LOGINS_PER_PAGE) + 1, page.offset(LOGINS_PER_PAGE));
        let listing = match class {
            LoginClass::Sessions => Listing::AllSessions(range),
            LoginClass::Tokens => Listing::Tokens(None, range),
        };
        let mut logins = self.list_logins(user_id, listing).await?;
        let has_next = logins.len() > LOGINS_PER_PAGE as usize;
        logins.truncate(LOGINS_PER_PAGE as usize);
        logins.retain(|login| class == LoginClass::Sessions || is_live(login));
        Ok(LoginsPage { logins, has_next })
    }

    /// Lists all live tokens of an account, newest first.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::NoSuchUser`], or a database error.
    pub async fn list_all_tokens(&self, user_id: i64) -> Result<Vec<ListedLogin>> {
        let mut tokens = self.list_logins(user_id, Listing::Tokens(None, (i64::MAX, 0))).await?;
        tokens.retain(is_live);
        Ok(tokens)
    }

    /// Reads and judges logins. The rule may refuse some that the database lists as live.
    async fn list_logins(&self, user_id: i64, listing: Listing) -> Result<Vec<ListedLogin>> {
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        let site = get_site(&mut on).await?.standing();
        let user = find_user(&mut on, user_id).await?.ok_or(AccountsError::NoSuchUser)?;
        let live = self.live_logins_after(&user, site, now);
        let rows = match listing {
            Listing::AllSessions(range) => list_sessions(&mut on, user_id, range).await?,
            Listing::LiveSessions(limit) => list_live_sessions(&mut on, user_id, &live, limit).await?,
            Listing::Tokens(only, range) => list_live_tokens(&mut on, user_id, only, &live, range).await?,
        };
        let standing = user.standing(now)?;
        let limits = self.settings.limits(user.role());
        rows.into_iter().map(|row| self.judged(row, Some(&standing), &site, limits, now)).collect()
    }

    /// Judges a login by the one rule.
    pub(in crate::accounts) fn judged(
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

const fn is_live(listed: &ListedLogin) -> bool {
    listed.ended.is_none()
}
