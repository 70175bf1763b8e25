//! Logs in a browser or a program by password.

use super::{
    by_password::PasswordLogin,
    open_login::{LoginDates, StartedSession, open_session},
    open_token::{Family, StartedToken, open_family, open_token},
};
use crate::{
    accounts::{Accounts, Client, Detail, Result, locked::Locked},
    domain::{
        logins::{kind::LoginClass, public_id::PublicId, token::TokenLabel},
        people::{login_name::LoginName, password::Password},
    },
    store::{Transaction, logins::has_token_of_program, users::User},
};

/// What a user enters to log in with a browser.
#[derive(Debug)]
pub struct Credentials {
    /// The username or email.
    pub name: LoginName,
    /// The password.
    pub password: Password,
    /// Whether the session continues after the browser is closed.
    pub remember: bool,
}

impl Accounts {
    /// Logs in a browser with a new session.
    ///
    /// # Errors
    ///
    /// Returns [`crate::accounts::AccountsError::BadCredentials`], [`crate::accounts::AccountsError::Inactive`],
    /// [`crate::accounts::AccountsError::SessionsFull`], [`crate::accounts::AccountsError::TooManyAttempts`], or a
    /// database error.
    pub async fn log_in(&self, client: &Client, credentials: &Credentials) -> Result<StartedSession> {
        let Credentials { name, password, remember } = credentials;
        self.log_in_by_password(client, (name, password), &Browser { remember: *remember }).await
    }

    /// Logs in a program with a new JWT family.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`Self::log_in`], except that [`crate::accounts::AccountsError::TokensFull`] replaces
    /// `SessionsFull`.
    pub async fn log_in_for_family(&self, client: &Client, credentials: (&LoginName, &Password)) -> Result<Family> {
        self.log_in_by_password(client, credentials, &JwtFamily).await
    }

    /// Logs in a program with a new opaque token with this label.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`Self::log_in_for_family`].
    pub async fn log_in_for_token(
        &self,
        client: &Client,
        credentials: (&LoginName, &Password),
        label: &TokenLabel,
    ) -> Result<StartedToken> {
        self.log_in_by_password(client, credentials, &OpaqueToken { label }).await
    }
}

struct Browser {
    remember: bool,
}

impl PasswordLogin for Browser {
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

    async fn is_known(&self, _: &mut Transaction, user: &User, client: &Client, _: &PublicId) -> Result<bool> {
        Ok(client.has_used(user.id, user.known_from_version))
    }

    fn id(opened: &StartedSession) -> &PublicId {
        &opened.id
    }

    fn event_detail(&self) -> Option<Detail<'_>> {
        None
    }
}

struct JwtFamily;

impl PasswordLogin for JwtFamily {
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

    async fn is_known(&self, on: &mut Transaction, user: &User, client: &Client, opened: &PublicId) -> Result<bool> {
        Ok(has_token_of_program(on, (user.id, user.known_from), client.user_agent(), opened).await?)
    }

    fn id(opened: &Family) -> &PublicId {
        &opened.id
    }

    fn event_detail(&self) -> Option<Detail<'_>> {
        Some(Detail::JwtLogin)
    }
}

struct OpaqueToken<'a> {
    label: &'a TokenLabel,
}

impl PasswordLogin for OpaqueToken<'_> {
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

    async fn is_known(&self, on: &mut Transaction, user: &User, client: &Client, opened: &PublicId) -> Result<bool> {
        Ok(has_token_of_program(on, (user.id, user.known_from), client.user_agent(), opened).await?)
    }

    fn id(opened: &StartedToken) -> &PublicId {
        &opened.id
    }

    fn event_detail(&self) -> Option<Detail<'_>> {
        Some(Detail::TokenLogin(self.label.as_str()))
    }
}
