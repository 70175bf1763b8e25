//! The live tokens of an account.

use crate::{
    accounts::{Accounts, AccountsError, Result, live_sessions::live_tokens_after},
    domain::{moment::Moment, session_secret::SessionId, token::TokenKind},
    store::{
        site::get_site,
        tokens::{TokenRow, list_live_tokens},
        users::find_user,
    },
};

/// A token in a list.
#[derive(Debug)]
pub struct ListedToken {
    /// As it is kept.
    pub row: TokenRow,
    /// How it is shown.
    pub kind: TokenKind,
    /// Its latest request; none is never.
    pub last_used: Option<Moment>,
}

impl Accounts {
    /// The live tokens of an account, opaque ones and families of JWT, the newest first.
    ///
    /// # Errors
    /// [`AccountsError::NoSuchUser`], or a failure of the database.
    pub async fn list_tokens(&self, user_id: i64) -> Result<Vec<ListedToken>> {
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        let site = get_site(&mut on).await?.standing();
        let user = find_user(&mut on, user_id).await?.ok_or(AccountsError::NoSuchUser)?;
        if !user.is_active_at(now) {
            return Ok(Vec::new());
        }
        let rows = list_live_tokens(&mut on, user_id, live_tokens_after(&user, site, now), i64::MAX).await?;
        let mut listed = rows.into_iter().map(|row| self.listed(row)).collect::<Result<Vec<_>>>()?;
        listed.sort_by_key(|token| std::cmp::Reverse((token.row.login_date, token.row.opened_at)));
        Ok(listed)
    }

    fn listed(&self, row: TokenRow) -> Result<ListedToken> {
        // Perhaps this node knows of a request that is not written yet.
        let written = row.last_seen.unwrap_or(Moment::UNIX_EPOCH);
        let seen = self.last_seen(&SessionId::from_stored(row.id.clone()), written);
        let last_used = (seen > Moment::UNIX_EPOCH).then_some(seen);
        Ok(ListedToken { kind: row.kind()?, last_used, row })
    }
}
