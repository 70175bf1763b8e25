//! The feed of changes: which accounts must be judged again, no matter which program changed the database.
//!
//! Triggers write each change to `curfew_standing_changes`. On SQLite the feed polls `PRAGMA data_version`, which
//! changes when another connection commits, even one of another program. On Postgres it is notified, and also polls
//! twice a second, since a notification may be lost with its connection. Each poll on Postgres starts at the oldest
//! transaction that was open at the previous poll. [`crate::store::logins::upkeep`] deletes old changes, read or not.

#[cfg(feature = "postgres")]
mod notified;
#[cfg(not(feature = "postgres"))]
#[path = "without_postgres.rs"]
mod notified;

use std::{collections::BTreeSet, time::Duration};

use rocket::tokio::{
    select,
    sync::Notify,
    time::{Instant, sleep, timeout},
};
use sqlx::sqlite::SqlitePoolOptions;

use self::notified::Listener;
use super::{
    Clock, Connection, Pools, Result, Store, StoreError, Trust,
    engine::{fetch_all, fetch_one, from_row::from_row, timed_out, with_timeout},
};

/// How often the feed polls on SQLite.
const SQLITE_POLL_INTERVAL: Duration = Duration::from_millis(50);
/// How often the feed polls on Postgres, in addition to notifications.
const POSTGRES_POLL_INTERVAL: Duration = Duration::from_millis(500);
/// How long a poll may take before the feed counts as dead.
const POLL_TIMEOUT: Duration = Duration::from_secs(1);
/// How many earlier changes a new feed searches for receipts that may still be wanted.
const RECENT_CHANGES: i64 = 1_000;
/// The Postgres channel of the notifications. The triggers name it too.
pub(in crate::store) const CHANNEL: &str = "curfew_standing";

/// Whom a change concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The whole site.
    Everyone,
    /// One account and its logins.
    User(i64),
}

impl Change {
    fn of(user_id: Option<i64>) -> Self {
        user_id.map_or(Self::Everyone, Self::User)
    }

    /// The account's id; `None` is everyone.
    pub(in crate::store) const fn user_id(self) -> Option<i64> {
        match self {
            Self::Everyone => None,
            Self::User(user_id) => Some(user_id),
        }
    }
}

/// A change that the feed reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct News {
    /// The account that it concerns, or everyone.
    pub change: Change,
    /// The event, if any, for which each node must write a receipt once the node has applied the change.
    pub receipt_for: Option<i64>,
}

/// Reads the changes made from now on, over its own connections. After an error, open a new feed, and assume that
/// everything has changed in between.
#[derive(Debug)]
pub struct Feed {
    connection: Connection,
    listener: Option<Listener>,
    /// The last `PRAGMA data_version`, on SQLite.
    version: i64,
    /// The highest id of a change read so far.
    last: i64,
    /// The events that wanted a receipt shortly before the feed opened.
    recent_receipt_requests: Vec<i64>,
    /// On Postgres: the oldest transaction that was open at the last poll. Change ids are assigned before the commit,
    /// so its changes may have lower ids than changes already read.
    oldest_open: i64,
    /// The changes of that transaction and of later ones that this feed has already read.
    seen: BTreeSet<i64>,
    next_poll: Instant,
    looked_at: std::time::Instant,
    opened_at: std::time::Instant,
    clock: Clock,
    trust: Trust,
}

impl Feed {
    /// Opens a feed of the changes from now on.
    ///
    /// # Errors
    /// Returns an error if the database does not respond.
    pub async fn open(store: &Store) -> Result<Self> {
        let opened_at = std::time::Instant::now();
        let (connection, listener) = match &store.pools {
            Pools::Sqlite { read, .. } => {
                let pool = SqlitePoolOptions::new().max_connections(1);
                let pool = pool.connect_lazy_with((*read.connect_options()).clone());
                (Connection::Sqlite(with_timeout(pool.acquire()).await?), None)
            }
            #[cfg(feature = "postgres")]
            Pools::Postgres { pool, .. } => {
                let (connection, listener) = Listener::open(pool, store.trust()).await?;
                (connection, Some(listener))
            }
        };
        let (next_poll, seen, looked_at) = (Instant::now(), BTreeSet::new(), std::time::Instant::now());
        let (clock, trust) = (store.clock().clone(), store.trust().clone());
        let recent_receipt_requests = Vec::new();
        let mut feed = Self {
            connection,
            listener,
            version: 0,
            last: 0,
            recent_receipt_requests,
            oldest_open: 0,
            seen,
            next_poll,
            looked_at,
            opened_at,
            clock,
            trust,
        };
        if feed.listener.is_none() {
            feed.version = feed.read_version().await?;
        } else {
            feed.oldest_open = feed.read_oldest_open().await?;
        }
        let (last,): (i64,) =
            fetch_one!(&mut feed.connection, (i64,), "SELECT COALESCE(MAX(id), 0) FROM curfew_standing_changes")?;
        feed.last = last;
        let sql = "SELECT event_id FROM curfew_standing_changes WHERE id > $1 AND event_id IS NOT NULL ORDER BY id";
        let asked: Vec<(i64,)> = fetch_all!(&mut feed.connection, (i64,), sql, last - RECENT_CHANGES)?;
        feed.recent_receipt_requests = asked.into_iter().map(|(event_id,)| event_id).collect();
        // A change may have been committed since that statement. On Postgres, this poll also reads some changes again.
        for event_id in feed.poll().await?.into_iter().filter_map(|news| news.receipt_for) {
            if !feed.recent_receipt_requests.contains(&event_id) {
                feed.recent_receipt_requests.push(event_id);
            }
        }
        Ok(feed)
    }

    /// The events that wanted a receipt shortly before the feed opened.
    #[must_use]
    pub fn recent_receipt_requests(&self) -> &[i64] {
        &self.recent_receipt_requests
    }

    /// Every change committed before this time has been reported.
    #[must_use]
    pub const fn looked_at(&self) -> std::time::Instant {
        self.looked_at
    }

    /// Waits for changes. Returns an empty list after a while without any. May report a change twice, which does no
    /// harm. Notify `hurry` to poll at once.
    ///
    /// # Errors
    /// Returns an error if the database does not respond, or may have been replaced by another. Open a new feed then.
    pub async fn next(&mut self, hurry: &Notify) -> Result<Vec<News>> {
        if let Some(listener) = &mut self.listener {
            if !self.trust.is_held_since(self.opened_at) {
                return Err(StoreError::Unwritable);
            }
            let news = select! {
                news = listener.next(self.next_poll) => news?,
                () = hurry.notified() => Vec::new(),
            };
            // Poll on time, however many notifications come: only a poll proves that none is missing.
            if !news.is_empty() && Instant::now() < self.next_poll {
                return Ok(news);
            }
            self.next_poll = Instant::now() + POSTGRES_POLL_INTERVAL;
        } else {
            select! {
                () = sleep(SQLITE_POLL_INTERVAL) => {}
                () = hurry.notified() => {}
            }
            let began_at = std::time::Instant::now();
            let version = timeout(POLL_TIMEOUT, self.read_version()).await.map_err(|_| timed_out())??;
            if version == self.version {
                self.looked_at = began_at;
                return Ok(Vec::new());
            }
            self.version = version;
        }
        timeout(POLL_TIMEOUT, self.poll()).await.map_err(|_| timed_out())?
    }

    /// SQLite's counter of commits by other connections.
    async fn read_version(&mut self) -> Result<i64> {
        let (version,): (i64,) = fetch_one!(&mut self.connection, (i64,), "PRAGMA data_version")?;
        Ok(version)
    }

    /// The oldest transaction that may still commit. Loses trust if the server is read-only.
    async fn read_oldest_open(&mut self) -> Result<i64> {
        let sql = "SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT),
                          current_setting('transaction_read_only') = 'on'";
        let (oldest_open, is_read_only): (i64, bool) = fetch_one!(&mut self.connection, (i64, bool), sql)?;
        if is_read_only {
            self.trust.lose();
        }
        Ok(oldest_open)
    }

    /// Reads the changes that have not been read yet.
    async fn poll(&mut self) -> Result<Vec<News>> {
        let began_at = std::time::Instant::now();
        let rows = if self.listener.is_some() {
            let now = self.clock.now(&mut self.connection).await?;
            self.clock.record_database_time(now);
            // Read before the changes, so that the next poll covers every transaction that is still open now. `seen`
            // filters out the changes that this poll already reads.
            let oldest_open = self.read_oldest_open().await?;
            let from = std::mem::replace(&mut self.oldest_open, oldest_open);
            let sql = "SELECT id, user_id, event_id, COALESCE(transaction_id, 0) AS transaction_id
                       FROM curfew_standing_changes WHERE transaction_id >= $1 ORDER BY id";
            fetch_all!(&mut self.connection, ChangeRow, sql, from)?
        } else {
            let sql = "SELECT id, user_id, event_id, 0 AS transaction_id
                       FROM curfew_standing_changes WHERE id > $1 ORDER BY id";
            fetch_all!(&mut self.connection, ChangeRow, sql, self.last)?
        };
        let mut news: Vec<News> = rows.iter().filter(|row| !self.seen.contains(&row.id)).map(ChangeRow::news).collect();
        if !news.is_empty() && self.may_have_missed_some().await? {
            news.push(News { change: Change::Everyone, receipt_for: None });
        }
        self.last = rows.last().map_or(self.last, |row| self.last.max(row.id));
        let is_read_again = |row: &&ChangeRow| row.transaction_id >= self.oldest_open;
        self.seen = match self.listener {
            Some(_) => rows.iter().filter(is_read_again).map(|row| row.id).collect(),
            None => BTreeSet::new(),
        };
        self.looked_at = began_at;
        Ok(news)
    }

    /// Whether upkeep may have deleted changes before this feed read them.
    async fn may_have_missed_some(&mut self) -> Result<bool> {
        let sql = "SELECT COALESCE(MIN(id), 0) FROM curfew_standing_changes";
        let (first,): (i64,) = fetch_one!(&mut self.connection, (i64,), sql)?;
        Ok(first > self.last + 1)
    }
}

/// A row of `curfew_standing_changes`.
#[derive(Debug)]
struct ChangeRow {
    id: i64,
    user_id: Option<i64>,
    event_id: Option<i64>,
    transaction_id: i64,
}

from_row!(ChangeRow { id, user_id, event_id, transaction_id });

impl ChangeRow {
    fn news(&self) -> News {
        News { change: Change::of(self.user_id), receipt_for: self.event_id }
    }
}
