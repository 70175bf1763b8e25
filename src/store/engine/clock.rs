//! The one clock: the database's own on Postgres, which all nodes share, and this process's on SQLite.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicI64, Ordering},
    },
    time::Instant,
};

use chrono::{TimeDelta, Utc};
use rocket::tokio::sync::Notify;

use super::{Engine, in_time};
use crate::{
    domain::moment::{Moment, whole_microseconds},
    store::{Result, Sql},
};

/// A clock that can be put forward and back, so that a test need not wait for a lifetime to pass.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    shift_microseconds: Arc<AtomicI64>,
    moved: Arc<Notify>,
    /// The database's time, as it was heard last, less the time that has passed since the first
    /// was, in microseconds; none on SQLite.
    heard: Arc<OnceLock<(Instant, AtomicI64)>>,
}

impl Clock {
    /// Moves this clock, and every clone of it.
    pub fn shift(&self, by: TimeDelta) {
        let by = by.num_microseconds().unwrap_or(i64::MAX);
        self.shift_microseconds.fetch_add(by, Ordering::SeqCst);
        if let Some((_, base)) = self.heard.get() {
            base.fetch_add(by, Ordering::SeqCst);
        }
        self.moved.notify_waiters();
    }

    /// Waits until it is moved, from this call on.
    pub fn moved(&self) -> impl Future<Output = ()> + Send {
        self.moved.notified()
    }

    /// The time of this process.
    #[must_use]
    pub fn process_now(&self) -> Moment {
        self.shifted(Utc::now())
    }

    /// The time that counts: asks Postgres, and is the process's time on SQLite.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn now(&self, on: &mut impl Sql) -> Result<Moment> {
        match on.engine() {
            Engine::Sqlite(_) => Ok(self.process_now()),
            Engine::Postgres(connection) => {
                let now = in_time(sqlx::query_scalar("SELECT clock_timestamp()").fetch_one(connection)).await?;
                Ok(self.shifted(now))
            }
        }
    }

    /// Takes note of Postgres's time, as [`Self::now`] told it.
    pub(in crate::store) fn heard(&self, now: Moment) {
        let (start, base) = self.heard.get_or_init(|| (Instant::now(), AtomicI64::new(0)));
        base.store((now - elapsed(*start)).timestamp_micros(), Ordering::SeqCst);
    }

    /// The time that counts, without asking: on Postgres it goes on from what was heard last.
    #[must_use]
    pub fn estimate(&self) -> Moment {
        let heard = self.heard.get().and_then(|(start, base)| {
            Some(Moment::from_timestamp_micros(base.load(Ordering::SeqCst))? + elapsed(*start))
        });
        heard.map_or_else(|| self.process_now(), whole_microseconds)
    }

    /// Whether it is the database that knows the time.
    pub(in crate::store) fn is_of_database(on: &mut impl Sql) -> bool {
        matches!(on.engine(), Engine::Postgres(_))
    }

    /// The time that counts, of a statement that read Postgres's `CURRENT_TIMESTAMP` on its way:
    /// alone in its transaction, that is the moment at which the statement began.
    pub(in crate::store) fn of_statement(&self, current_timestamp: Option<Moment>) -> Moment {
        current_timestamp.map_or_else(|| self.process_now(), |now| self.shifted(now))
    }

    fn shifted(&self, moment: Moment) -> Moment {
        let shift = TimeDelta::microseconds(self.shift_microseconds.load(Ordering::SeqCst));
        whole_microseconds(moment + shift)
    }
}

fn elapsed(since: Instant) -> TimeDelta {
    TimeDelta::from_std(since.elapsed()).unwrap_or_default()
}
