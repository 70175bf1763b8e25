//! How many tokens an account may have at once: families of JWT and opaque tokens together. Counted and
//! ended under the lock on the account, as for sessions.

use crate::{
    accounts::{Accounts, AccountsError, EndedLogins, Result, fold::Locked, session_limit::MOST_ENDED},
    domain::{reason::EndReason, reason_text::Reasons, session_secret::SessionId},
    settings::WhenFull,
    store::{
        Sql,
        sessions::Ending,
        tokens::{count_live_tokens, end_token, list_live_tokens},
    },
};

impl Accounts {
    /// Makes room for one more token of a locked account; returns how many it ended for that, those that
    /// were unused for longest.
    ///
    /// # Errors
    /// [`AccountsError::TokensFull`] where new logins are refused, or a failure of the database.
    pub(in crate::accounts) async fn make_room_for_token(
        &self,
        on: &mut impl Sql,
        locked: &Locked,
    ) -> Result<EndedLogins> {
        let user = &locked.user;
        let Some(limit) = self.settings.max_tokens else { return Ok(EndedLogins::default()) };
        match self.settings.when_full {
            WhenFull::RefuseNew => {
                let up_to = locked.force_logout_date_now(); // no login of the account is later
                let live = count_live_tokens(on, user.id, up_to, locked.live_tokens()).await?.unsigned_abs();
                let limit = u64::from(limit.get());
                if live < limit { Ok(EndedLogins::default()) } else { Err(AccountsError::TokensFull { live, limit }) }
            }
            WhenFull::EndOldest => {
                let none = Reasons::default();
                let (reason, by) = (EndReason::LoggedInElsewhere, user.username.as_str());
                let ending = Ending { at: locked.now, by, reason, reasons: &none };
                let kept = limit.get() as usize - 1;
                let most = i64::try_from(kept + MOST_ENDED).unwrap_or(i64::MAX);
                let mut live = list_live_tokens(on, user.id, locked.live_tokens(), most).await?;
                // Those of the same moment stay in the order of their logins.
                live.sort_by_cached_key(|token| {
                    let written = token.last_seen.unwrap_or(token.opened_at);
                    self.last_seen(&SessionId::from_stored(token.id.clone()), written)
                });
                let too_many = live.len().saturating_sub(kept);
                let mut ended = EndedLogins::default();
                for token in &live[..too_many] {
                    let id = SessionId::from_stored(token.id.clone());
                    ended.tokens += u64::from(end_token(on, &id, ending).await?);
                }
                Ok(ended)
            }
        }
    }
}
