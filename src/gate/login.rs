//! The login of a request: none, a live one, or one that has ended.

use std::sync::Arc;

use crate::{
    accounts::{Actor, Client},
    domain::{
        logins::{public_id::PublicId, session_secret::SecretHash},
        moment::Moment,
        people::role::Role,
        reason::EndReason,
        standing::Limits,
    },
    store::standing::{Account, StoredLogin},
};

/// The result of judging a request's session cookie.
#[derive(Debug)]
pub enum Login {
    /// There is no session cookie, or it was not issued by this site.
    Nobody,
    /// The rule accepts the login.
    Live(Box<LiveLogin>),
    /// The rule refuses the login.
    Ended(EndedLogin),
    /// The database does not respond. The request is refused, and the browser keeps its cookie.
    Unavailable,
}

/// A login that the rule accepts.
#[derive(Debug, Clone)]
pub struct LiveLogin {
    /// The user id.
    pub user_id: i64,
    /// The user's account.
    pub account: Arc<Account>,
    /// The public id of the session or token.
    pub session: PublicId,
    /// `LAST_LOGIN_DATE`: compared with force-logout dates. It may be in the future, so never compute an age from it.
    pub login_date: Moment,
    /// When the login was opened, by the site's clock. Lifetimes count from here.
    pub opened_at: Moment,
    /// Whether its cookie is kept after the browser is closed.
    pub remember: bool,
    /// Its lifetime and idle timeout.
    pub limits: Limits,
    /// The scheduled force logout that will end it, of the account or of the site.
    pub scheduled: Option<ScheduledEnd>,
    /// The time at which the login was judged.
    pub now: Moment,
    pub(super) stored: Arc<StoredLogin>,
}

/// A scheduled force logout.
#[derive(Debug, Clone)]
pub struct ScheduledEnd {
    /// When it takes effect.
    pub at: Moment,
    /// The reason that staff wrote for the user.
    pub user_reason: Option<String>,
}

/// A login that the rule refuses.
#[derive(Debug, Clone)]
pub struct EndedLogin {
    /// The reason code.
    pub reason: EndReason,
    /// The reason that staff wrote for the user.
    pub user_reason: Option<String>,
}

impl LiveLogin {
    /// The client address at login.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.stored.address
    }

    /// The user agent at login.
    #[must_use]
    pub fn user_agent(&self) -> &str {
        &self.stored.user_agent
    }

    /// The account's role.
    #[must_use]
    pub fn role(&self) -> Role {
        self.account.role
    }

    /// The acting user, as the use cases expect it.
    #[must_use]
    pub fn actor(&self, client: Client) -> Actor {
        Actor {
            user_id: Some(self.user_id),
            name: self.account.username.clone(),
            role: self.account.role,
            session: Some(self.session.clone()),
            session_secret: SecretHash::from_stored(&self.stored.secret_hash),
            client: Some(client),
            bulk: None,
        }
    }
}
