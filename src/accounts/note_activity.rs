//! That a person is still there, and that a session ended by itself.

use std::time::Duration;

use super::{
    Accounts, Result,
    event::{Tell as _, event},
};
use crate::{
    domain::{moment::Moment, reason::EndReason, reason_text::Reasons, session_secret::SessionId, standing::Limits},
    store::{
        events::{EventKind, insert_event},
        sessions::{self, Ending},
        users,
    },
};

/// How far `last_seen` may lie behind; a write on every request would cost more than it tells.
const GREATEST_LAG: Duration = Duration::from_mins(1);

impl Accounts {
    /// Whether a request now is worth a note: a minute after the last one, or a tenth of the idle
    /// limit where that is shorter.
    #[must_use]
    pub fn is_worth_noting(last_seen: Moment, limits: Limits, now: Moment) -> bool {
        let lag = GREATEST_LAG.min(limits.idle / 10);
        (now - last_seen).to_std().is_ok_and(|since| since >= lag)
    }

    /// Notes a request of a live session.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn note_activity(&self, user_id: i64, session: &SessionId, now: Moment) -> Result<()> {
        let mut tx = self.store.begin().await?;
        // The account before its sessions, as everyone takes them: the other order is a deadlock.
        users::set_last_seen(&mut tx, user_id, now).await?;
        sessions::set_last_seen(&mut tx, session, now).await?;
        Ok(tx.commit().await?)
    }

    /// Notes that a session reached one of its limits.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn note_limit_reached(
        &self,
        (user_id, username): (i64, &str),
        session: &SessionId,
        reason: EndReason,
    ) -> Result<()> {
        let mut tx = self.store.begin().await?;
        let now = self.store.clock().now(&mut tx).await?;
        let none = Reasons::default();
        if sessions::end_session(&mut tx, session, Ending { at: now, by: "", reason, reasons: &none }).await? {
            let mut told = event(now, EventKind::SessionEnded).to(user_id, username).because(reason, &none);
            told.session = Some(session);
            insert_event(&mut tx, &told).await?;
        }
        Ok(tx.commit().await?)
    }
}
