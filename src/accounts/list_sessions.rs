//! The sessions of an account, each judged by the one rule.

use super::{Accounts, AccountsError, Result};
use crate::{
    domain::{
        moment::Moment,
        reason::EndReason,
        session_secret::SessionId,
        standing::{Limits, Question, SessionState, SiteStanding, Standing, check},
    },
    store::{
        sessions::{SessionRow, list_live_sessions, list_sessions},
        site::get_site,
        users::find_user,
    },
};

/// A session in a list.
#[derive(Debug)]
pub struct ListedSession {
    /// As it is kept.
    pub row: SessionRow,
    /// Why it is over, if it is: noted, or only by the rule.
    pub ended: Option<EndReason>,
}

/// Which sessions of an account are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The live ones, those that were seen last first.
    Live,
    /// All that are kept, the newest first.
    All,
}

impl Accounts {
    /// The sessions of an account, at most so many.
    ///
    /// # Errors
    /// [`AccountsError::NoSuchUser`], or a failure of the database.
    pub async fn list_sessions(&self, user_id: i64, which: Which, limit: i64) -> Result<Vec<ListedSession>> {
        let mut on = self.store.read().await?;
        let now = self.store.clock().now(&mut on).await?;
        let site = get_site(&mut on).await?.standing();
        let user = find_user(&mut on, user_id).await?.ok_or(AccountsError::NoSuchUser)?;
        let rows = match which {
            Which::Live => {
                let live = self.live_sessions_after(&user, site, now);
                list_live_sessions(&mut on, user_id, live, limit).await?
            }
            Which::All => list_sessions(&mut on, user_id, limit).await?,
        };
        let standing = user.standing(now)?;
        let limits = self.settings.limits(user.role());
        let judge = |row| self.judged(row, Some(&standing), &site, limits, now);
        let mut listed = rows.into_iter().map(judge).collect::<Result<Vec<_>>>()?;
        listed.retain(|session| which == Which::All || session.ended.is_none());
        Ok(listed)
    }

    /// A session with the one rule's answer about it.
    pub(super) fn judged(
        &self,
        mut row: SessionRow,
        account: Option<&Standing>,
        site: &SiteStanding,
        limits: Limits,
        now: Moment,
    ) -> Result<ListedSession> {
        row.last_seen = self.last_seen(&SessionId::from_stored(row.id.clone()), row.last_seen);
        let session = SessionState {
            user_id: row.user_id,
            ended: row.ended()?,
            opened_at: row.opened_at,
            last_seen: row.last_seen,
        };
        let question = Question {
            user_id: row.user_id,
            login_date: row.login_date,
            account,
            site,
            session: Some(&session),
            limits,
            now,
        };
        Ok(ListedSession { ended: check(&question).err(), row })
    }
}
