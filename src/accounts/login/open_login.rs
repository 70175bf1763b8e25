//! Opens a login, inside the transaction of the use case.

use std::time::Duration;

use crate::{
    accounts::{Client, Result},
    domain::{
        logins::{kind::LoginKind, public_id::PublicId, session_secret::SessionSecret},
        moment::{MICROSECOND, Moment},
        people::role::Role,
        standing::SiteStanding,
    },
    store::{
        Sql,
        logins::{NewLogin, insert_login},
        users::{self, User},
    },
};

/// A session that was just opened, or that continues with a new secret, for the cookie.
#[derive(Debug, Clone)]
pub struct StartedSession {
    /// Its id.
    pub id: PublicId,
    /// Its secret.
    pub secret: SessionSecret,
    /// The account.
    pub user_id: i64,
    /// The login's `LAST_LOGIN_DATE`, which the rule compares with force-logout dates.
    pub login_date: Moment,
    /// The account's role.
    pub role: Role,
    /// Whether the cookie is kept after the browser is closed.
    pub remember: bool,
    /// How long ago it was opened: zero if just now.
    pub age: Duration,
    /// The version of the account's password, until whose change the browser stays known to the account.
    pub password_version: i64,
}

/// The two dates of a login that is opened now.
#[derive(Debug, Clone, Copy)]
pub(in crate::accounts) struct LoginDates {
    /// The login's `LAST_LOGIN_DATE`. It is later than both force-logout dates, so that logging in again in the same
    /// microsecond works and a clock that stepped back locks nobody out. It is only ever compared with those dates.
    pub(in crate::accounts) login_date: Moment,
    /// When the login was opened, by the site's clock. Its age counts from here.
    pub(in crate::accounts) opened_at: Moment,
}

impl LoginDates {
    /// The dates of a login of this account, or of a new account.
    pub(in crate::accounts) fn of(now: Moment, user: Option<&User>, site: SiteStanding) -> Self {
        let login_date = [user.and_then(|user| user.force_logout_date), site.force_logout_date]
            .into_iter()
            .flatten()
            .map(|date| date + MICROSECOND)
            .fold(now, Moment::max);
        Self { login_date, opened_at: now }
    }
}

/// Opens a session. The caller has locked the account, checked that it may log in, and made room for one more; a new
/// account has room, and a changed password has ended all logins.
pub(in crate::accounts) async fn open_session(
    on: &mut dyn Sql,
    (user_id, role): (i64, Role),
    client: &Client,
    remember: bool,
    LoginDates { login_date, opened_at }: LoginDates,
) -> Result<StartedSession> {
    let mut started = StartedSession {
        id: PublicId::from_random(rand::random()),
        secret: SessionSecret::from_random(rand::random()),
        user_id,
        login_date,
        role,
        remember,
        age: Duration::ZERO,
        password_version: 0,
    };
    let new = NewLogin {
        id: &started.id,
        user_id,
        kind: LoginKind::Browser,
        secret_hash: Some(&started.secret.hash()),
        remember,
        label: None,
        login_date,
        opened_at,
        expires_at: None,
        address: &client.address,
        user_agent: client.user_agent(),
    };
    started.password_version = open_login(on, &new).await?;
    Ok(started)
}

/// Stores a new login, which becomes the latest of its account. Returns the version of the account's password.
pub(in crate::accounts) async fn open_login(on: &mut dyn Sql, new: &NewLogin<'_>) -> Result<i64> {
    insert_login(on, new).await?;
    Ok(users::set_last_login(on, new.user_id, new.login_date, new.opened_at).await?)
}
