//! Listens to the notifications of Postgres's triggers.

use std::io;

use rocket::tokio::time::{Instant, timeout_at};
use sqlx::{
    PgPool,
    postgres::{PgListener, PgNotification},
};

use super::{CHANNEL, Change, News};
use crate::store::{
    Connection, Result, Trust,
    engine::with_timeout,
    pool::{PoolLimits, pool_options},
};

/// A connection that receives the notifications.
#[derive(Debug)]
pub(super) struct Listener(PgListener);

impl Listener {
    /// Listens from now on. Also returns another connection to the same server, for polling.
    pub(super) async fn open(pool: &PgPool, trust: &Trust) -> Result<(Connection, Self)> {
        trust.must_be_held()?;
        let own = pool_options(trust, PoolLimits::of(Some(2)));
        let own = own.connect_lazy_with((*pool.connect_options()).clone());
        let mut listener = with_timeout(PgListener::connect_with(&own)).await?;
        // Report a lost connection instead of reconnecting silently.
        listener.eager_reconnect(false);
        with_timeout(listener.listen(CHANNEL)).await?;
        Ok((Connection::Postgres(with_timeout(own.acquire()).await?), Self(listener)))
    }

    /// Waits for notifications. Returns an empty list if none has come by `until`.
    pub(super) async fn next(&mut self, until: Instant) -> Result<Vec<News>> {
        let Ok(notified) = timeout_at(until, self.0.try_recv()).await else { return Ok(Vec::new()) };
        let notification = notified?.ok_or_else(|| sqlx::Error::Io(io::ErrorKind::ConnectionReset.into()))?;
        let mut news = vec![parse(&notification)];
        while let Some(notification) = self.0.next_buffered() {
            news.push(parse(&notification));
        }
        Ok(news)
    }
}

/// Parses `7`, a change of account 7, or `7#12`, which also asks for a receipt of event 12. Without an account id, or
/// with an unreadable one, it is a change of everyone.
fn parse(notification: &PgNotification) -> News {
    let (user_id, event_id) = notification.payload().split_once('#').unwrap_or((notification.payload(), ""));
    News { change: Change::of(user_id.parse().ok()), receipt_for: event_id.parse().ok() }
}
