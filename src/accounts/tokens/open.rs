//! A new token, inside the transaction of the use case that makes it.

use std::time::Duration;

use chrono::TimeDelta;

use crate::{
    accounts::{
        Accounts, Client, Result,
        ending::due::Locked,
        login::open_login::{LoginDates, open_login},
    },
    domain::{
        logins::{
            kind::LoginKind,
            session_secret::SessionId,
            token::{TokenLabel, TokenSecret},
        },
        moment::Moment,
    },
    store::{Sql, logins::NewLogin},
};

/// An opaque token that was just made, to be shown once.
#[derive(Debug, Clone)]
pub struct StartedToken {
    /// Its public name.
    pub id: SessionId,
    /// What opens it.
    pub secret: TokenSecret,
    /// When it ends by itself.
    pub expires_at: Moment,
}

/// A family of JWT, from which its newest tokens follow: whoever makes them of the same family makes the
/// same ones.
#[derive(Debug, Clone)]
pub struct Family {
    /// Its public name.
    pub id: SessionId,
    /// Whose it is.
    pub user_id: i64,
    /// Their name.
    pub username: String,
    /// `LAST_LOGIN_DATE`.
    pub login_date: Moment,
    /// How often its refresh token was exchanged.
    pub generation: i64,
    /// When that was last, or the family was made: since when its newest tokens are good.
    pub rotated_at: Moment,
    /// Until when its newest refresh token is good.
    pub expires_at: Moment,
    /// When its tokens were asked for: a new access token has its whole lifetime left.
    pub asked_at: Moment,
}

/// What a program that makes a family is called: it gives no name.
const FAMILY_LABEL: &str = "JWT";

/// Makes an opaque token of that label and lifetime. The caller has locked the account, seen that it may
/// log in, and made room for one more.
pub(in crate::accounts) async fn open_token(
    on: &mut impl Sql,
    locked: &Locked,
    client: &Client,
    (label, lifetime): (&TokenLabel, Duration),
    LoginDates { login_date, opened_at }: LoginDates,
) -> Result<StartedToken> {
    let started = StartedToken {
        id: SessionId::from_random(rand::random()),
        secret: TokenSecret::from_random(rand::random()),
        expires_at: moment_after(opened_at, lifetime),
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

/// Makes a family, under the same conditions.
pub(in crate::accounts) async fn open_family(
    accounts: &Accounts,
    on: &mut impl Sql,
    locked: &Locked,
    client: &Client,
    LoginDates { login_date, opened_at }: LoginDates,
) -> Result<Family> {
    let user = &locked.user;
    let family = Family {
        id: SessionId::from_random(rand::random()),
        user_id: user.id,
        username: user.username.clone(),
        login_date,
        generation: 0,
        // By the clock: a JWT whose date lies ahead is not good yet, and nobody is to be locked out by a
        // clock that stepped back.
        rotated_at: opened_at,
        expires_at: accounts.end_of_family(locked, opened_at, opened_at),
        asked_at: opened_at,
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
    /// Until when a refresh token made at that moment is good: it has a lifetime of its own, and no family
    /// lives longer than a session of its account could.
    pub(super) fn end_of_family(&self, locked: &Locked, opened_at: Moment, made_at: Moment) -> Moment {
        let greatest_age = self.settings.limits(locked.user.role()).lifetime;
        moment_after(made_at, self.settings.refresh_token_lifetime).min(moment_after(opened_at, greatest_age))
    }
}

/// The moment so long after another; the settings go no further than a century.
fn moment_after(moment: Moment, by: Duration) -> Moment {
    TimeDelta::from_std(by).ok().and_then(|by| moment.checked_add_signed(by)).unwrap_or(moment)
}
