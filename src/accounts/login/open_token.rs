//! Opens a token, inside the transaction of the use case.

use std::time::Duration;

use chrono::TimeDelta;

use super::open_login::{LoginDates, open_login};
use crate::{
    accounts::{Accounts, Client, Result, locked::Locked},
    domain::{
        logins::{
            kind::LoginKind,
            public_id::PublicId,
            token::{TokenLabel, TokenSecret},
        },
        moment::Moment,
    },
    store::{Sql, logins::NewLogin},
};

/// An opaque token that was just created, to be shown once.
#[derive(Debug, Clone)]
pub struct StartedToken {
    /// Its id.
    pub id: PublicId,
    /// Its secret.
    pub secret: TokenSecret,
    /// When it expires.
    pub expires_at: Moment,
}

/// A JWT family. Its newest tokens are derived from these fields only, so the same family always gives the same tokens.
#[derive(Debug, Clone)]
pub struct Family {
    /// Its id.
    pub id: PublicId,
    /// The account.
    pub user_id: i64,
    /// The username.
    pub username: String,
    /// The login's `LAST_LOGIN_DATE`, which the rule compares with force-logout dates.
    pub login_date: Moment,
    /// How many times its refresh token was exchanged.
    pub generation: i64,
    /// When its newest tokens were issued: at the last exchange, or when the family was created. They are valid from
    /// this time on.
    pub rotated_at: Moment,
    /// When its newest refresh token expires.
    pub expires_at: Moment,
    /// When the tokens were requested. The remaining lifetime of the access token counts from then.
    pub requested_at: Moment,
}

/// The label of every JWT family, because programs give none.
const FAMILY_LABEL: &str = "JWT";

/// Opens an opaque token with this label and lifetime. The caller has locked the account, checked that it may log in,
/// and made room for one more.
pub(in crate::accounts) async fn open_token(
    on: &mut dyn Sql,
    locked: &Locked,
    client: &Client,
    (label, lifetime): (&TokenLabel, Duration),
    LoginDates { login_date, opened_at }: LoginDates,
) -> Result<StartedToken> {
    let started = StartedToken {
        id: PublicId::from_random(rand::random()),
        secret: TokenSecret::from_random(rand::random()),
        expires_at: add(opened_at, lifetime),
    };
    let new = NewLogin {
        id: &started.id,
        user_id: locked.user.id,
        kind: LoginKind::Opaque,
        secret_hash: Some(&started.secret.hash()),
        remember: false,
        label: Some(label.as_str()),
        login_date,
        opened_at,
        expires_at: Some(started.expires_at),
        address: &client.address,
        user_agent: client.user_agent(),
    };
    open_login(on, &new).await?;
    Ok(started)
}

/// Opens a JWT family, under the same conditions.
pub(in crate::accounts) async fn open_family(
    accounts: &Accounts,
    on: &mut dyn Sql,
    locked: &Locked,
    client: &Client,
    LoginDates { login_date, opened_at }: LoginDates,
) -> Result<Family> {
    let user = &locked.user;
    let family = Family {
        id: PublicId::from_random(rand::random()),
        user_id: user.id,
        username: user.username.clone(),
        login_date,
        generation: 0,
        // The current time, even if the clock has stepped back: a JWT dated in the future is not valid yet, and the
        // program would be locked out.
        rotated_at: opened_at,
        expires_at: accounts.family_expiry(locked, opened_at, opened_at),
        requested_at: opened_at,
    };
    let new = NewLogin {
        id: &family.id,
        user_id: user.id,
        kind: LoginKind::Jwt,
        secret_hash: None,
        remember: false,
        label: Some(FAMILY_LABEL),
        login_date,
        opened_at,
        expires_at: Some(family.expires_at),
        address: &client.address,
        user_agent: client.user_agent(),
    };
    open_login(on, &new).await?;
    Ok(family)
}

impl Accounts {
    /// When a refresh token created at `created_at` expires: after its own lifetime, but no later than a session opened
    /// at `opened_at` would.
    pub(in crate::accounts) fn family_expiry(&self, locked: &Locked, opened_at: Moment, created_at: Moment) -> Moment {
        let session_lifetime = self.settings.limits(locked.user.role()).lifetime;
        add(created_at, self.settings.refresh_token_lifetime).min(add(opened_at, session_lifetime))
    }
}

/// Adds a duration. The settings allow at most a century.
fn add(time: Moment, duration: Duration) -> Moment {
    TimeDelta::from_std(duration).ok().and_then(|delta| time.checked_add_signed(delta)).unwrap_or(time)
}
