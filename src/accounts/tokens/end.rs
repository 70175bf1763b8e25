//! Ending a token by itself. The account's date stays where it is.

use super::RefreshClaim;
use crate::{
    accounts::{
        Accounts, AccountsError, Actor, Client, Result,
        event::{Tell as _, event},
        fold::Locked,
    },
    domain::{reason::EndReason, reason_text::Reasons, session_secret::SessionId, token::TokenKind},
    store::{
        Sql, Transaction,
        events::{EventKind, NewEvent, insert_event},
        sessions::Ending,
        tokens::{TokenRow, end_token, find_token},
        users,
    },
};

/// What came of ending a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenEnd {
    /// It has ended.
    Ended,
    /// It had ended before.
    WasOver,
}

/// Who ends a token.
#[derive(Debug, Clone, Copy)]
pub(super) enum By<'a> {
    /// Somebody who has been let in.
    Actor(&'a Actor),
    /// The program that holds it.
    Program(&'a Client),
    /// The site itself, for what came from there.
    Site(&'a Client),
}

impl Accounts {
    /// Ends one of the actor's own tokens; a program that ends its own has logged out.
    ///
    /// # Errors
    /// [`AccountsError::NoSuchToken`] for one that is not theirs, [`AccountsError::Ended`] when their
    /// own login has ended, or a failure of the database.
    pub async fn end_own_token(&self, actor: &Actor, token: &SessionId) -> Result<TokenEnd> {
        let user_id = actor.user_id.ok_or(AccountsError::NoSuchToken)?;
        let (mut tx, locked, row) = self.begin_on_token(user_id, token).await?;
        self.must_be_live(&mut tx, actor, locked.now).await?;
        let is_own = actor.session.as_ref() == Some(token);
        let reason = if is_own { EndReason::LoggedOut } else { EndReason::EndedByUser };
        end_one(tx, &locked, &row, (reason, &Reasons::default()), By::Actor(actor)).await
    }

    /// Ends a token by its name alone, for the person at the command line.
    ///
    /// # Errors
    /// [`AccountsError::NoSuchToken`], [`AccountsError::Forbidden`], or a failure of the database.
    pub async fn end_token(&self, actor: &Actor, token: &SessionId) -> Result<TokenEnd> {
        let mut on = self.store.read().await?;
        let found = find_token(&mut on, token).await?.ok_or(AccountsError::NoSuchToken)?;
        let is_of_somebody = users::find_user(&mut on, found.user_id).await?.is_some();
        drop(on);
        if !is_of_somebody {
            return Ok(TokenEnd::WasOver);
        }
        let (mut tx, locked, row) = self.begin_on_token(found.user_id, token).await?;
        self.must_reach(&mut tx, actor, locked.user.role(), locked.now).await?;
        end_one(tx, &locked, &row, (EndReason::ForcedOut, &Reasons::default()), By::Actor(actor)).await
    }

    /// Ends the family of a refresh token, whichever of its family that is, because its program logs out
    /// (RFC 7009). One that is unknown or over is no error.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn log_out_family(&self, client: &Client, claim: &RefreshClaim) -> Result<()> {
        match self.begin_on_token(claim.user_id, &claim.family).await {
            Ok((tx, locked, row)) if row.login_date == claim.login_date && row.kind()? == TokenKind::Jwt => {
                end_one(tx, &locked, &row, (EndReason::LoggedOut, &Reasons::default()), By::Program(client))
                    .await
                    .map(drop)
            }
            Ok(_) | Err(AccountsError::NoSuchToken) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Locks the account whose token it must be.
    pub(super) async fn begin_on_token(
        &self,
        user_id: i64,
        token: &SessionId,
    ) -> Result<(Transaction, Locked, TokenRow)> {
        let mut tx = self.store.begin().await?;
        let locked = self.lock(&mut tx, user_id).await?.ok_or(AccountsError::NoSuchToken)?;
        let row = find_token(&mut tx, token).await?.filter(|found| found.user_id == user_id);
        Ok((tx, locked, row.ok_or(AccountsError::NoSuchToken)?))
    }
}

/// Ends it and tells of it, unless it is over by itself or with its account.
async fn end_one(
    mut tx: Transaction,
    locked: &Locked,
    row: &TokenRow,
    why: (EndReason, &Reasons),
    by: By<'_>,
) -> Result<TokenEnd> {
    let live = locked.live_tokens();
    let is_within = row.login_date > live.login && row.opened_at > live.opened && row.expires_at > live.expiry;
    if row.ended()?.is_some() || !is_within || !locked.user.is_active_at(locked.now) {
        tx.commit().await?;
        return Ok(TokenEnd::WasOver);
    }
    end_and_tell(&mut tx, locked, row, why, by).await?;
    tx.commit().await?;
    Ok(TokenEnd::Ended)
}

/// Ends a live token of a locked account, with its event.
pub(super) async fn end_and_tell(
    on: &mut impl Sql,
    locked: &Locked,
    row: &TokenRow,
    (reason, reasons): (EndReason, &Reasons),
    by: By<'_>,
) -> Result<()> {
    let Locked { user, now, .. } = locked;
    let id = SessionId::from_stored(row.id.clone());
    let told = event(*now, EventKind::TokenEnded).to(user.id, &user.username).because(reason, reasons);
    let told = told.saying(format!("\u{201c}{}\u{201d}", row.label));
    let (name, mut told) = match by {
        By::Actor(actor) => (actor.name.as_str(), told.by(actor)),
        By::Program(client) => (user.username.as_str(), NewEvent { actor: told.subject, ..told.from(client) }),
        By::Site(client) => ("", told.from(client)),
    };
    end_token(on, &id, Ending { at: *now, by: name, reason, reasons }).await?;
    told.session = Some(&id);
    insert_event(on, &told).await?;
    Ok(())
}
