//! The feed: who must be judged again, as soon as the database knows, whoever changed it.
//!
//! Triggers write each change to `curfew_standing_changes`. On SQLite the feed looks at the database's
//! version, which any other connection's commit moves, also another program's; on Postgres it is
//! notified, and looks itself twice a second, since a notification may be lost with its connection. A look there
//! goes on from the transactions that were open at the look before.
//! Old changes are deleted by [`crate::store::logins::upkeep`], whether or not anybody reads them.

use std::{collections::BTreeSet, time::Duration};

use rocket::tokio::{
    select,
    sync::Notify,
    time::{Instant, sleep, timeout, timeout_at},
};
use sqlx::{
    postgres::{PgListener, PgNotification},
    sqlite::SqlitePoolOptions,
};

use crate::store::{
    Clock, Connection, Result, Store, StoreError, Trust,
    engine::{fetch_all, fetch_one, from_row::from_row, in_time, silence},
    pool::{PoolLimits, pool_options},
};

/// How long a change on SQLite waits to be seen.
const SQLITE_POLL_INTERVAL: Duration = Duration::from_millis(50);
/// How often the feed looks itself, on Postgres.
const POSTGRES_POLL_INTERVAL: Duration = Duration::from_millis(500);
/// How long a look may take before the feed counts as dead.
const POLL_TIMEOUT: Duration = Duration::from_secs(1);
/// Of so many changes before the feed was opened, receipts may still be asked for.
const ASKED_LATELY: i64 = 1_000;
/// What Postgres calls the notifications; the triggers name it too.
pub(in crate::store) const CHANNEL: &str = "curfew_standing";

/// Whom a change concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The whole site.
    Everyone,
    /// One account, its sessions among it.
    User(i64),
}

impl Change {
    fn of(user_id: Option<i64>) -> Self {
        user_id.map_or(Self::Everyone, Self::User)
    }

    /// The account's number; none is everyone.
    pub(in crate::store) const fn user_id(self) -> Option<i64> {
        match self {
            Self::Everyone => None,
            Self::User(user_id) => Some(user_id),
        }
    }
}

/// What the feed tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct News {
    /// Whom it concerns.
    pub change: Change,
    /// The event of which each node reports that it has applied it, where one asks for that.
    pub receipt_for: Option<i64>,
}

/// A reader of the changes made from now on, with connections of its own. One that has failed is
/// dropped and made anew, and whatever it missed meanwhile must be taken as changed.
#[derive(Debug)]
pub struct Feed {
    connection: Connection,
    listener: Option<PgListener>,
    /// SQLite's version of the data.
    version: i64,
    /// The latest change that is known.
    last: i64,
    /// What asked for a receipt lately, before the feed was opened.
    asked_before: Vec<i64>,
    /// On Postgres: the first transaction that was open when the feed looked last. A number is given
    /// before it is committed, so what such a transaction tells may lie before what was seen.
    open_since: i64,
    /// The known changes of transactions from that one on.
    seen: BTreeSet<i64>,
    next_look: Instant,
    looked_at: std::time::Instant,
    opened_at: std::time::Instant,
    clock: Clock,
    trust: Trust,
}

impl Feed {
    /// Begins to read.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn open(store: &Store) -> Result<Self> {
        let opened_at = std::time::Instant::now();
        let (connection, listener) = match store {
            Store::Sqlite { read, .. } => {
                let pool = SqlitePoolOptions::new().max_connections(1);
                let pool = pool.connect_lazy_with((*read.connect_options()).clone());
                (Connection::Sqlite(in_time(pool.acquire()).await?), None)
            }
            Store::Postgres { pool, trust, .. } => {
                trust.must_be_held()?;
                let own = pool_options(trust, PoolLimits::of(Some(2)));
                let own = own.connect_lazy_with((*pool.connect_options()).clone());
                let mut listener = in_time(PgListener::connect_with(&own)).await?;
                // A connection that was lost is told, and not mended in silence.
                listener.eager_reconnect(false);
                in_time(listener.listen(CHANNEL)).await?;
                (Connection::Postgres(in_time(own.acquire()).await?), Some(listener))
            }
        };
        let (next_look, seen, looked_at) = (Instant::now(), BTreeSet::new(), std::time::Instant::now());
        let (clock, trust) = (store.clock().clone(), store.trust().clone());
        let asked_before = Vec::new();
        let mut feed = Self {
            connection,
            listener,
            version: 0,
            last: 0,
            asked_before,
            open_since: 0,
            seen,
            next_look,
            looked_at,
            opened_at,
            clock,
            trust,
        };
        if feed.listener.is_none() {
            feed.version = feed.read_version().await?;
        } else {
            feed.open_since = feed.read_open_since().await?;
        }
        let (last,): (i64,) =
            fetch_one!(&mut feed.connection, (i64,), "SELECT COALESCE(MAX(id), 0) FROM curfew_standing_changes")?;
        feed.last = last;
        let sql = "SELECT event_id FROM curfew_standing_changes WHERE id > $1 AND event_id IS NOT NULL ORDER BY id";
        let asked: Vec<(i64,)> = fetch_all!(&mut feed.connection, (i64,), sql, last - ASKED_LATELY)?;
        feed.asked_before = asked.into_iter().map(|(event_id,)| event_id).collect();
        feed.look().await?;
        Ok(feed)
    }

    /// The events that asked for a receipt lately, before the feed was opened.
    #[must_use]
    pub fn asked_before(&self) -> &[i64] {
        &self.asked_before
    }

    /// Everything that was committed before this moment has been told.
    #[must_use]
    pub const fn looked_at(&self) -> std::time::Instant {
        self.looked_at
    }

    /// Waits for changes; there may be none when it has waited for a while. What is told twice does
    /// no harm. Whoever cannot wait has it look at once by `hurry`.
    ///
    /// # Errors
    /// When the database does not answer, or may have been replaced by another. Open a new feed then.
    pub async fn next(&mut self, hurry: &Notify) -> Result<Vec<News>> {
        if let Some(listener) = &mut self.listener {
            if !self.trust.is_held_since(self.opened_at) {
                return Err(StoreError::Unwritable);
            }
            let notified = select! {
                notified = timeout_at(self.next_look, listener.try_recv()) => notified.ok(),
                () = hurry.notified() => None,
            };
            if let Some(notified) = notified {
                // None is a connection that was lost.
                let notification = notified?.ok_or_else(silence)?;
                let mut news = vec![notified_of(&notification)];
                while let Some(notification) = listener.next_buffered() {
                    news.push(notified_of(&notification));
                }
                // However many come, it looks in its time: only a look says that nothing is missing.
                if Instant::now() < self.next_look {
                    return Ok(news);
                }
            }
            self.next_look = Instant::now() + POSTGRES_POLL_INTERVAL;
        } else {
            select! {
                () = sleep(SQLITE_POLL_INTERVAL) => {}
                () = hurry.notified() => {}
            }
            let began_at = std::time::Instant::now();
            let version = timeout(POLL_TIMEOUT, self.read_version()).await.map_err(|_| silence())??;
            if version == self.version {
                self.looked_at = began_at;
                return Ok(Vec::new());
            }
            self.version = version;
        }
        timeout(POLL_TIMEOUT, self.look()).await.map_err(|_| silence())?
    }

    /// SQLite's own count of what others have committed, as this connection sees it.
    async fn read_version(&mut self) -> Result<i64> {
        let (version,): (i64,) = fetch_one!(&mut self.connection, (i64,), "PRAGMA data_version")?;
        Ok(version)
    }

    /// The first transaction that may still commit, of a server that takes writes.
    async fn read_open_since(&mut self) -> Result<i64> {
        let sql = "SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT),
                          current_setting('transaction_read_only') = 'on'";
        let (open_since, is_read_only): (i64, bool) = fetch_one!(&mut self.connection, (i64, bool), sql)?;
        if is_read_only {
            self.trust.lose();
        }
        Ok(open_since)
    }

    /// Reads what has not been seen.
    async fn look(&mut self) -> Result<Vec<News>> {
        let began_at = std::time::Instant::now();
        let rows = if self.listener.is_some() {
            let now = self.clock.now(&mut self.connection).await?;
            self.clock.heard(now);
            // Read before the changes: what is open now may be seen, what is open then is looked for again.
            let open_since = self.read_open_since().await?;
            let from = std::mem::replace(&mut self.open_since, open_since);
            let sql = "SELECT id, user_id, event_id, COALESCE(transaction_id, 0) AS transaction_id
                       FROM curfew_standing_changes WHERE transaction_id >= $1 ORDER BY id";
            fetch_all!(&mut self.connection, ChangeRow, sql, from)?
        } else {
            let sql = "SELECT id, user_id, event_id, 0 AS transaction_id
                       FROM curfew_standing_changes WHERE id > $1 ORDER BY id";
            fetch_all!(&mut self.connection, ChangeRow, sql, self.last)?
        };
        let mut news: Vec<News> = rows.iter().filter(|row| !self.seen.contains(&row.id)).map(ChangeRow::news).collect();
        if !news.is_empty() && self.has_missed_some().await? {
            news.push(News { change: Change::Everyone, receipt_for: None });
        }
        self.last = rows.last().map_or(self.last, |row| self.last.max(row.id));
        let is_looked_for_again = |row: &&ChangeRow| row.transaction_id >= self.open_since;
        self.seen = match self.listener {
            Some(_) => rows.iter().filter(is_looked_for_again).map(|row| row.id).collect(),
            None => BTreeSet::new(),
        };
        self.looked_at = began_at;
        Ok(news)
    }

    /// Whether changes may have been deleted before they were seen here, by whoever found them old.
    async fn has_missed_some(&mut self) -> Result<bool> {
        let sql = "SELECT COALESCE(MIN(id), 0) FROM curfew_standing_changes";
        let (first,): (i64,) = fetch_one!(&mut self.connection, (i64,), sql)?;
        Ok(first > self.last + 1)
    }
}

/// A change as it is kept.
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

/// `7` is a change of that account, `7#12` asks for a receipt of that event too; without an account it
/// is everyone, and so is what cannot be read.
fn notified_of(notification: &PgNotification) -> News {
    let (user_id, event_id) = notification.payload().split_once('#').unwrap_or((notification.payload(), ""));
    News { change: Change::of(user_id.parse().ok()), receipt_for: event_id.parse().ok() }
}
