//! How many sessions an account may have at once.
//!
//! Counted and ended under the lock on the account, so that however many log in at the same
//! instant, no more are live than may be.

use super::{Accounts, AccountsError, Result, fold::Locked};
use crate::{
    domain::{reason::EndReason, reason_text::Reasons},
    settings::WhenFull,
    store::{
        Sql,
        sessions::{self, Ending},
    },
};

/// How many sessions, or tokens, one login ends at most. An account with thousands above its limit would stay locked
/// while all of them are ended, and a force logout would wait; so it comes down to the limit over its next logins.
pub(super) const MOST_ENDED: usize = 500;

impl Accounts {
    /// Makes room for one more session of a locked account; returns how many it ended for that.
    /// Under a limit that was lowered since, those are as many as it takes to come down to it, up to
    /// [`MOST_ENDED`] at a time.
    ///
    /// # Errors
    /// [`AccountsError::SessionsFull`] where new logins are refused, or a failure of the database.
    pub(super) async fn make_room(&self, on: &mut impl Sql, locked: &Locked) -> Result<u64> {
        let Locked { user, site, now } = locked;
        let Some(limit) = self.settings.max_sessions(user.role()) else { return Ok(0) };
        let (limit, live_after) = (limit.get(), self.live_sessions_after(user, *site, *now));
        match self.settings.when_full {
            WhenFull::RefuseNew => {
                let up_to = locked.force_logout_date_now(); // no login of the account is later
                let live = sessions::count_live_sessions(on, user.id, up_to, live_after).await?.unsigned_abs();
                let limit = u64::from(limit);
                if live < limit { Ok(0) } else { Err(AccountsError::SessionsFull { live, limit }) }
            }
            WhenFull::EndOldest => {
                let (reason, none) = (EndReason::LoggedInElsewhere, Reasons::default());
                let ending = Ending { at: *now, by: &user.username, reason, reasons: &none };
                let kept = limit as usize - 1;
                let most = i64::try_from(kept + MOST_ENDED).unwrap_or(i64::MAX);
                let mut live = sessions::list_live_by_last_seen(on, user.id, live_after, most).await?;
                // Those of the same moment stay in the order of their logins.
                live.sort_by_cached_key(|(session, written)| self.last_seen(session, *written));
                let too_many = live.len().saturating_sub(kept);
                let mut ended = 0;
                for (session, _) in &live[..too_many] {
                    // One that its person ends at this moment keeps its own reason.
                    ended += u64::from(sessions::end_session(on, session, ending).await?);
                }
                Ok(ended)
            }
        }
    }
}
