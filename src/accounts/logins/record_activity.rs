//! Records that a user or program is still active, and that a login has reached a limit.

use std::time::Duration;

use rocket::tokio::time::sleep;

use crate::{
    accounts::{
        Accounts, Result,
        event::{BuildEvent as _, ended_kind, new_event},
    },
    domain::{
        logins::{kind::LoginClass, public_id::PublicId},
        moment::{Moment, moment_before},
        reason::EndReason,
        reason_text::Reasons,
        standing::Limits,
    },
    store::{
        Sql,
        events::insert_event,
        logins::{
            Ending, end_login,
            last_seen::{Seen, set_last_seen},
        },
    },
};

/// How far the stored `last_seen` may lag behind. A write per request would cost more than it is worth.
const MAX_LAG: Duration = Duration::from_mins(1);
/// How long the first request waits for others to be written with it.
const GATHERING: Duration = Duration::from_millis(250);
/// The longest wait between two attempts while the database takes no writes.
const LONGEST_WAIT: Duration = Duration::from_secs(15);
/// How many sessions one transaction writes.
const BATCH: usize = 256;

/// A request of a live login, as the gate knows it.
#[derive(Debug, Clone, Copy)]
pub struct ActivityOf<'a> {
    /// The account.
    pub user_id: i64,
    /// The login.
    pub session: &'a PublicId,
    /// Its limits.
    pub limits: Limits,
    /// When the request came.
    pub at: Moment,
}

impl Accounts {
    /// Whether this request is worth a write: a minute after the last stored one, or a tenth of the idle timeout if
    /// that is shorter.
    #[must_use]
    pub fn is_worth_recording(last_seen: Moment, limits: Limits, now: Moment) -> bool {
        (now - last_seen).to_std().is_ok_and(|since| since >= max_lag(limits))
    }

    /// Records a request of a live session in memory. Also queues it for writing, if that is worth it, and returns
    /// whether it did.
    #[allow(clippy::must_use_candidate, reason = "callers may ignore the result")]
    pub fn record_seen(&self, of: ActivityOf<'_>, last_seen: Moment) -> bool {
        let is_worth_recording = Self::is_worth_recording(last_seen, of.limits, of.at);
        if is_worth_recording {
            self.record_activity(of);
        } else {
            self.recent.put(of.session, of.at);
        }
        is_worth_recording
    }

    /// When a session was last seen: the stored time, or this node's if that is later.
    pub(crate) fn last_seen(&self, session: &PublicId, written: Moment) -> Moment {
        self.recent.get(session).map_or(written, |at| at.max(written))
    }

    /// Records a request that will be written soon. Does not wait.
    pub fn record_activity(&self, of: ActivityOf<'_>) {
        self.recent.put(of.session, of.at);
        let seen = Seen {
            user_id: of.user_id,
            session: of.session.clone(),
            at: of.at,
            skip_if_seen_after: moment_before(of.at, max_lag(of.limits)),
        };
        self.activity.put(seen);
    }

    /// Writes what is waiting. What could not be written still waits.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
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

    /// Writes what is waiting, soon after it arrives, until the future is dropped. It may be dropped at any time; what
    /// was not written still waits.
    pub async fn keep_flushing_activity(&self) {
        let mut wait = GATHERING;
        loop {
            self.activity.has_come().await;
            sleep(wait).await;
            wait = match self.flush_activity().await {
                Ok(()) => GATHERING,
                Err(error) => {
                    log::warn!("could not write last-seen times, will retry: {error}");
                    LONGEST_WAIT.min(wait * 2)
                }
            };
        }
    }

    /// Ends a login that reached one of its limits.
    ///
    /// # Errors
    ///
    /// Returns an error if the database does not respond.
    pub async fn record_limit_reached(
        &self,
        person: (i64, &str),
        which: (LoginClass, &PublicId),
        reason: EndReason,
    ) -> Result<()> {
        let mut tx = self.store.begin().await?;
        let now = self.store.clock().now(&mut tx).await?;
        end_at_limit(&mut tx, person, which, (reason, now)).await?;
        Ok(tx.commit().await?)
    }
}

/// Ends a login that reached a limit and records the event, unless it has ended already. Returns whether it ended it.
pub(in crate::accounts) async fn end_at_limit(
    on: &mut dyn Sql,
    (user_id, username): (i64, &str),
    (class, login): (LoginClass, &PublicId),
    (reason, now): (EndReason, Moment),
) -> Result<bool> {
    let none = Reasons::default();
    let has_ended = end_login(on, login, Ending { at: now, by: "", reason, reasons: &none }).await?;
    if has_ended {
        let mut event = new_event(now, ended_kind(class)).to(user_id, username).because(reason, &none);
        event.session = Some(login);
        insert_event(on, &event).await?;
    }
    Ok(has_ended)
}

/// How far the stored `last_seen` of a login may lag behind its latest request.
pub(super) fn max_lag(limits: Limits) -> Duration {
    MAX_LAG.min(limits.idle / 10)
}
