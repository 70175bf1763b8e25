//! Logging in with a password: a browser, or a program.

use super::{
    let_in::Opens,
    open_login::{LoginDates, StartedSession, open_session},
};
use crate::{
    accounts::{
        Accounts, Client, Result,
        ending::due::Locked,
        tokens::{Family, StartedToken, open_family, open_token},
    },
    domain::{
        logins::{kind::LoginClass, session_secret::SessionId, token::TokenLabel},
        people::{login_name::LoginName, password::Password},
    },
    store::Transaction,
};

/// What a person gives to be let in with a browser.
#[derive(Debug)]
pub struct Credentials {
    /// Their username or email.
    pub name: LoginName,
    /// Their password.
    pub password: Password,
    /// Whether the session outlives the browser.
    pub remember: bool,
}

impl Accounts {
    /// Lets a browser in, with a new session.
    ///
    /// # Errors
    /// [`crate::accounts::AccountsError::BadCredentials`], [`crate::accounts::AccountsError::Inactive`],
    /// [`crate::accounts::AccountsError::SessionsFull`], [`crate::accounts::AccountsError::TooManyTries`], or a failure of
    /// the database.
    pub async fn log_in(&self, client: &Client, credentials: &Credentials) -> Result<StartedSession> {
        let Credentials { name, password, remember } = credentials;
        self.let_in(client, (name, password), &Browser { remember: *remember }).await
    }

    /// Lets a program in that gives a name and a password, with a new family of JWT.
    ///
    /// # Errors
    /// Those of [`Self::log_in`], with [`crate::accounts::AccountsError::TokensFull`] in place of the sessions.
    pub async fn log_in_for_family(&self, client: &Client, given: (&LoginName, &Password)) -> Result<Family> {
        self.let_in(client, given, &ForFamily).await
    }

    /// Lets a program in, with a new opaque token of that label.
    ///
    /// # Errors
    /// Those of [`Self::log_in_for_family`].
    pub async fn log_in_for_token(
        &self,
        client: &Client,
        given: (&LoginName, &Password),
        label: &TokenLabel,
    ) -> Result<StartedToken> {
        self.let_in(client, given, &ForToken { label }).await
    }
}

struct Browser {
    remember: bool,
}

impl Opens for Browser {
    const CLASS: LoginClass = LoginClass::Sessions;
    type Opened = StartedSession;

    async fn open(
        &self,
        _: &Accounts,
        on: &mut Transaction,
        locked: &Locked,
        client: &Client,
        dates: LoginDates,
    ) -> Result<StartedSession> {
        open_session(on, (locked.user.id, locked.user.role()), client, self.remember, dates).await
    }

    fn id(opened: &StartedSession) -> &SessionId {
        &opened.id
    }

    fn called(&self) -> Option<String> {
        None
    }
}

struct ForFamily;

impl Opens for ForFamily {
    const CLASS: LoginClass = LoginClass::Tokens;
    type Opened = Family;

    async fn open(
        &self,
        accounts: &Accounts,
        on: &mut Transaction,
        locked: &Locked,
        client: &Client,
        dates: LoginDates,
    ) -> Result<Family> {
        open_family(accounts, on, locked, client, dates).await
    }

    fn id(opened: &Family) -> &SessionId {
        &opened.id
    }

    fn called(&self) -> Option<String> {
        Some("a program, with JWT".to_owned())
    }
}

struct ForToken<'a> {
    label: &'a TokenLabel,
}

impl Opens for ForToken<'_> {
    const CLASS: LoginClass = LoginClass::Tokens;
    type Opened = StartedToken;

    async fn open(
        &self,
        accounts: &Accounts,
        on: &mut Transaction,
        locked: &Locked,
        client: &Client,
        dates: LoginDates,
    ) -> Result<StartedToken> {
        open_token(on, locked, client, (self.label, accounts.settings.token_lifetime), dates).await
    }

    fn id(opened: &StartedToken) -> &SessionId {
        &opened.id
    }

    fn called(&self) -> Option<String> {
        Some(format!("a program, with the token \u{201c}{}\u{201d}", self.label.as_str()))
    }
}
