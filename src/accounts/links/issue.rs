//! Issues a link for a locked account.

use crate::{
    accounts::{Result, locked::Locked, login::open_login::LoginDates},
    domain::{
        letters::link::{LinkPurpose, LinkToken},
        moment::Moment,
    },
    store::{
        Sql,
        links::{NewLink, insert_link, insert_link_token},
        users::raise_last_login_date,
    },
};

/// Issues a link that is sent to this address, and returns its id. It has no token yet. `issued_at` is when its letter
/// was queued, or the current time if there is none.
pub(in crate::accounts) async fn issue_link(
    on: &mut dyn Sql,
    purpose: LinkPurpose,
    locked: &Locked,
    address: &str,
    issued_at: Moment,
) -> Result<i64> {
    let user = &locked.user;
    let LoginDates { login_date, .. } = LoginDates::of(locked.now, Some(user), locked.site);
    // As for a login: the next force logout must not be dated before it.
    raise_last_login_date(on, user.id, login_date).await?;
    let new = NewLink { purpose, user_id: user.id, address, login_date, issued_at };
    Ok(insert_link(on, &new).await?)
}

/// Creates a token for a link. Only its hash is stored.
pub(in crate::accounts) async fn create_token(on: &mut dyn Sql, link_id: i64) -> Result<LinkToken> {
    let token = LinkToken::from_random(rand::random());
    insert_link_token(on, link_id, &token).await?;
    Ok(token)
}
