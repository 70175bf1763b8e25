//! That a person is still there, and that a session ended by itself.

use std::time::Duration;

use rocket::tokio::time::sleep;

use super::{
    Accounts, Result,
    event::{Tell as _, event},
};
use crate::{
    domain::{moment::Moment, reason::EndReason, reason_text::Reasons, session_secret::SessionId, standing::Limits},
    settings::moment_before,
    store::{
        Sql,
        events::{EventKind, insert_event},
        last_seen::{Seen, set_last_seen},
        sessions::{self, Ending},
        tokens,
    },
};

/// How far `last_seen` may lie behind; a write on every request would cost more than it tells.
const GREATEST_LAG: Duration = Duration::from_mins(1);
/// How long the first note waits for others to be written with it.
const GATHERING: Duration = Duration::from_millis(250);
/// The longest wait before the next try, while the database takes nothing.
const LONGEST_WAIT: Duration = Duration::from_secs(15);
/// How many sessions one transaction writes.
const BATCH: usize = 256;

/// A request of a live session, as the gate knows it.
#[derive(Debug, Clone, Copy)]
pub struct ActivityOf<'a> {
    /// Whose session it is.
    pub user_id: i64,
    /// The session, or token.
    pub session: &'a SessionId,
    /// Whether it is a token.
    pub is_token: bool,
    /// How long it may last.
    pub limits: Limits,
    /// When the request came.
    pub at: Moment,
}

impl Accounts {
    /// Whether a request now is worth a note: a minute after the last one, or a tenth of the idle
    /// limit where that is shorter.
    #[must_use]
    pub fn is_worth_noting(last_seen: Moment, limits: Limits, now: Moment) -> bool {
        (now - last_seen).to_std().is_ok_and(|since| since >= greatest_lag(limits))
    }

    /// A live session makes a request: known here at once, and noted where that is worth it; says
    /// whether it was.
    #[allow(clippy::must_use_candidate)] // it is done, whether or not anybody asks
    pub fn saw(&self, of: ActivityOf<'_>, last_seen: Moment) -> bool {
        let is_worth_noting = Self::is_worth_noting(last_seen, of.limits, of.at);
        if is_worth_noting {
            self.note_activity(of);
        } else {
            self.recent.put(of.session, of.at);
        }
        is_worth_noting
    }

    /// When a session was seen last, of which that is written: later, where this node knows better.
    pub(super) fn last_seen(&self, session: &SessionId, written: Moment) -> Moment {
        self.recent.get(session).map_or(written, |at| at.max(written))
    }

    /// Notes a request of a live session, to be written soon: it waits for nothing itself.
    pub fn note_activity(&self, of: ActivityOf<'_>) {
        self.recent.put(of.session, of.at);
        let seen = Seen {
            user_id: of.user_id,
            session: of.session.clone(),
            is_token: of.is_token,
            at: of.at,
            unless_after: moment_before(of.at, greatest_lag(of.limits)),
        };
        self.activity.put(seen);
    }

    /// Writes what was noted. What could not be written still waits.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn flush_activity(&self) -> Result<()> {
        let _turn = self.activity.turn().await;
        loop {
            let batch = self.activity.batch(BATCH);
            if batch.is_empty() {
                return Ok(());
            }
            let mut tx = self.store.begin().await?;
            set_last_seen(&mut tx, &batch).await?;
            tx.commit().await?;
            self.activity.forget(&batch);
        }
    }

    /// Writes what is noted, soon after it is, for as long as it is left to run. It may be dropped
    /// at any time: what was not written then still waits.
    pub async fn keep_flushing_activity(&self) {
        let mut wait = GATHERING;
        loop {
            self.activity.has_come().await;
            sleep(wait).await;
            wait = match self.flush_activity().await {
                Ok(()) => GATHERING,
                Err(error) => {
                    log::warn!("who was seen could not be written, and will be tried again: {error}");
                    LONGEST_WAIT.min(wait * 2)
                }
            };
        }
    }

    /// Notes that a session, or a token, reached one of its limits.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn note_limit_reached(
        &self,
        person: (i64, &str),
        which: (&SessionId, bool),
        reason: EndReason,
    ) -> Result<()> {
        let mut tx = self.store.begin().await?;
        let now = self.store.clock().now(&mut tx).await?;
        end_at_limit(&mut tx, person, which, (reason, now)).await?;
        Ok(tx.commit().await?)
    }
}

/// Ends a session, or a token, that reached a limit and tells of it, unless it has been ended already;
/// says whether it did.
pub(super) async fn end_at_limit(
    on: &mut impl Sql,
    (user_id, username): (i64, &str),
    (session, is_token): (&SessionId, bool),
    (reason, now): (EndReason, Moment),
) -> Result<bool> {
    let none = Reasons::default();
    let ending = Ending { at: now, by: "", reason, reasons: &none };
    let (has_ended, kind) = if is_token {
        (tokens::end_token(on, session, ending).await?, EventKind::TokenEnded)
    } else {
        (sessions::end_session(on, session, ending).await?, EventKind::SessionEnded)
    };
    if has_ended {
        let mut told = event(now, kind).to(user_id, username).because(reason, &none);
        told.session = Some(session);
        insert_event(on, &told).await?;
    }
    Ok(has_ended)
}

/// How far what is written of a session may lie behind its latest request.
pub(super) fn greatest_lag(limits: Limits) -> Duration {
    GREATEST_LAG.min(limits.idle / 10)
}
