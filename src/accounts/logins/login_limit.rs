//! Limits how many sessions and how many tokens an account may have at the same time.
//!
//! Logins are counted and ended under the account's lock, so simultaneous logins never exceed the limit.

use crate::{
    accounts::{
        Accounts, AccountsError, LoginCounts, Result,
        locked::{Locked, ReadAccount},
    },
    domain::{logins::kind::LoginClass, reason::EndReason, reason_text::Reasons},
    settings::WhenFull,
    store::{
        Sql,
        logins::{Ending, count_live_logins, end_login, list_live_by_last_seen},
    },
};

/// The most logins that one new login ends. Ending thousands would hold the account's lock, and a force logout would
/// wait. So an account far above its limit comes down to it over its next logins.
const MOST_ENDED: usize = 500;

impl Accounts {
    /// Makes room for one more login of a locked account, and returns what it ended, the longest unseen first. If the
    /// limit was lowered, it ends as many as needed to come down to it, up to [`MOST_ENDED`] at a time.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsError::SessionsFull`] or [`AccountsError::TokensFull`] if new logins are refused at the limit,
    /// or a database error.
    pub(in crate::accounts) async fn make_room(
        &self,
        on: &mut dyn Sql,
        locked: &Locked,
        class: LoginClass,
    ) -> Result<LoginCounts> {
        let ReadAccount { user, site, now } = &**locked;
        let limit = match class {
            LoginClass::Sessions => self.settings.max_sessions_of(user.role()),
            LoginClass::Tokens => self.settings.max_tokens,
        };
        let Some(limit) = limit else { return Ok(LoginCounts::default()) };
        let live_after = self.live_logins_after(user, *site, *now);
        match self.settings.when_full {
            WhenFull::RefuseNew => {
                let up_to = locked.force_logout_date_now(); // no login of the account is later
                let counts = count_live_logins(on, user.id, Some(class), up_to, &live_after).await?;
                let limit = u64::from(limit.get());
                match class {
                    LoginClass::Sessions if counts.sessions >= limit => {
                        Err(AccountsError::SessionsFull { live: counts.sessions, limit })
                    }
                    LoginClass::Tokens if counts.tokens >= limit => {
                        Err(AccountsError::TokensFull { live: counts.tokens, limit })
                    }
                    _ => Ok(LoginCounts::default()),
                }
            }
            WhenFull::EndOldest => {
                let (reason, none) = (EndReason::LoggedInElsewhere, Reasons::default());
                let ending = Ending { at: *now, by: &user.username, reason, reasons: &none };
                let kept = limit.get() as usize - 1;
                let most = i64::try_from(kept + MOST_ENDED).unwrap_or(i64::MAX);
                let mut live = list_live_by_last_seen(on, user.id, class, &live_after, most).await?;
                // Logins last seen at the same time stay in the order in which they were opened.
                live.sort_by_cached_key(|(login, written)| self.last_seen(login, *written));
                let too_many = live.len().saturating_sub(kept);
                let mut ended = 0;
                for (login, _) in &live[..too_many] {
                    // A login that its user ends at this moment keeps its own reason.
                    ended += u64::from(end_login(on, login, ending).await?);
                }
                Ok(LoginCounts::of_class(class, ended))
            }
        }
    }
}
