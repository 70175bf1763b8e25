//! The site's clock: on Postgres the database's clock, which all nodes share, and on SQLite this process's clock.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicI64, Ordering},
    },
    time::Instant,
};

use chrono::{TimeDelta, Utc};
use rocket::tokio::sync::Notify;

use super::{Engine, with_timeout};
use crate::{
    domain::moment::{Moment, truncate_to_microseconds},
    store::{Result, Sql},
};

/// The site's clock. Tests can shift it, so that they need not wait for a lifetime to pass. Clones share the shift.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    shift_microseconds: Arc<AtomicI64>,
    moved: Arc<Notify>,
    /// A start on this process's monotonic clock, and the database's time at that start, in microseconds since the Unix
    /// epoch. Each record corrects the database's time and keeps the start. Unset on SQLite.
    database_time: Arc<OnceLock<(Instant, AtomicI64)>>,
}

impl Clock {
    /// Shifts this clock and every clone of it.
    pub fn shift(&self, by: TimeDelta) {
        let by = by.num_microseconds().unwrap_or(i64::MAX);
        self.shift_microseconds.fetch_add(by, Ordering::SeqCst);
        if let Some((_, base)) = self.database_time.get() {
            base.fetch_add(by, Ordering::SeqCst);
        }
        self.moved.notify_waiters();
    }

    /// Waits for the next shift after this call.
    pub fn moved(&self) -> impl Future<Output = ()> + Send {
        self.moved.notified()
    }

    /// The current time by this process's clock.
    #[must_use]
    pub fn process_now(&self) -> Moment {
        self.shifted(Utc::now())
    }

    /// The current time by the site's clock. Queries Postgres, or takes the process's time on SQLite.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn now(&self, on: &mut dyn Sql) -> Result<Moment> {
        match on.engine()? {
            Engine::Sqlite(_) => Ok(self.process_now()),
            #[cfg(feature = "postgres")]
            Engine::Postgres(connection) => {
                let now = with_timeout(sqlx::query_scalar("SELECT clock_timestamp()").fetch_one(connection)).await?;
                Ok(self.shifted(now))
            }
        }
    }

    /// Records Postgres's time, as returned by [`Self::now`], for [`Self::estimate`].
    pub(in crate::store) fn record_database_time(&self, now: Moment) {
        let (start, base) = self.database_time.get_or_init(|| (Instant::now(), AtomicI64::new(0)));
        base.store((now - elapsed(*start)).timestamp_micros(), Ordering::SeqCst);
    }

    /// The current time by the site's clock, without a query. On Postgres, this is the last recorded time plus the time
    /// that has passed since.
    #[must_use]
    pub fn estimate(&self) -> Moment {
        let database_time = self.database_time.get().and_then(|(start, base)| {
            Some(Moment::from_timestamp_micros(base.load(Ordering::SeqCst))? + elapsed(*start))
        });
        database_time.map_or_else(|| self.process_now(), truncate_to_microseconds)
    }

    /// Whether the site's clock is the database's.
    pub(in crate::store) fn is_in_database(on: &mut dyn Sql) -> bool {
        match on.engine() {
            #[cfg(feature = "postgres")]
            Ok(Engine::Postgres(_)) => true,
            _ => false,
        }
    }

    /// The current time by the site's clock, for a statement that also read Postgres's `CURRENT_TIMESTAMP`. The
    /// statement must be alone in its transaction, because `CURRENT_TIMESTAMP` is the start of the transaction.
    pub(in crate::store) fn statement_now(&self, current_timestamp: Option<Moment>) -> Moment {
        current_timestamp.map_or_else(|| self.process_now(), |now| self.shifted(now))
    }

    fn shifted(&self, moment: Moment) -> Moment {
        let shift = TimeDelta::microseconds(self.shift_microseconds.load(Ordering::SeqCst));
        truncate_to_microseconds(moment + shift)
    }
}

fn elapsed(since: Instant) -> TimeDelta {
    TimeDelta::from_std(since.elapsed()).unwrap_or_default()
}
