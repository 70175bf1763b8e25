//! A new session, inside the transaction of the use case that makes it.

use super::{Client, Result};
use crate::{
    domain::{
        moment::{MICROSECOND, Moment},
        role::Role,
        session_secret::{SessionId, SessionSecret},
        standing::SiteStanding,
    },
    store::{
        Sql, sessions,
        users::{self, User},
    },
};

/// A session that was just made, for the cookie.
#[derive(Debug, Clone)]
pub struct StartedSession {
    /// Its public name.
    pub id: SessionId,
    /// What opens it.
    pub secret: SessionSecret,
    /// Whose it is.
    pub user_id: i64,
    /// `LAST_LOGIN_DATE`.
    pub login_date: Moment,
    /// What its account may do.
    pub role: Role,
    /// Whether its cookie outlives the browser.
    pub remember: bool,
}

/// The date of a login: later than both force-logout dates, so that logging in again in the same
/// microsecond works and a clock that stepped back locks nobody out.
pub(super) fn login_date(now: Moment, user: Option<&User>, site: SiteStanding) -> Moment {
    [user.and_then(|user| user.force_logout_date), site.force_logout_date]
        .into_iter()
        .flatten()
        .map(|date| date + MICROSECOND)
        .fold(now, Moment::max)
}

/// Makes a session of that date. The caller has locked the account, seen that it may log in, and
/// made room for one more; a new account has room, and a changed password ended all that there was.
pub(super) async fn open_session(
    on: &mut impl Sql,
    (user_id, role): (i64, Role),
    client: &Client,
    remember: bool,
    login_date: Moment,
) -> Result<StartedSession> {
    let started = StartedSession {
        id: SessionId::from_random(rand::random()),
        secret: SessionSecret::from_random(rand::random()),
        user_id,
        login_date,
        role,
        remember,
    };
    let new = sessions::NewSession {
        id: &started.id,
        user_id,
        secret_hash: &started.secret.hash(),
        remember,
        login_date,
        address: &client.address,
        user_agent: client.user_agent(),
    };
    sessions::insert_session(on, &new).await?;
    users::set_last_login(on, user_id, login_date).await?;
    Ok(started)
}
