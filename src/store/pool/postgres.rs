//! Opening a server's database.

use std::time::Instant;

use sqlx::{
    Connection as _, Executor as _, PgConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::{PoolLimits, hosts::Hosts, in_words, is_out_of_transaction, trust::Trust};
use crate::store::{
    Clock, OpenError, Store,
    engine::in_time,
    schema::properties::{Unfit, check_postgres, refuses_our_parameters},
    standing::readers::Lanes,
};

/// The guard keeps one in this many connections to Postgres.
const CONNECTIONS_PER_LANE: u32 = 4;

/// What each connection to Postgres begins with, whatever the database or the role has for a default. Notices, such as
/// that a table is there already, are news to nobody; to compile a statement takes longer than any of ours; and a
/// stricter isolation would refuse what waits for a lock.
const SESSION: &str = "SET client_min_messages = warning; SET jit = off;
    SET default_transaction_isolation = 'read committed'; SET standard_conforming_strings = on";

/// Opens the database of an address.
pub(super) async fn open_postgres(url: &str, limits: PoolLimits) -> std::result::Result<Store, OpenError> {
    let hosts = Hosts::parse(url)?;
    let (options, mut connection) =
        hosts.connect().await.map_err(|(options, said)| match refuses_our_parameters(&said) {
            Some(what_to_do) => OpenError::Unfit(name_of(options), what_to_do.to_owned()),
            None => OpenError::Unreachable(name_of(options), said),
        })?;
    check_postgres(&mut connection, options).await.map_err(|unfit| match unfit {
        Unfit::Lacks(what) => OpenError::Unfit(name_of(options), what),
        Unfit::Failed(error) => OpenError::Unreachable(name_of(options), in_words(&error)),
    })?;
    let trust = Trust::default();
    let pool = pool_options(&trust, limits).connect_lazy_with(options.clone());
    // Closed politely where that is possible; the pool is what counts.
    let _ = connection.close().await;
    let clock = Clock::default();
    let readers = Lanes::new(limits.connections / CONNECTIONS_PER_LANE, &pool, &clock, &trust);
    Ok(Store::Postgres { pool, hosts, readers, clock, trust })
}

/// How every pool treats its connections: none is used that is older than a loss of trust, and one to a server that is
/// read-only is such a loss, where this process must be able to write.
pub(in crate::store) fn pool_options(trust: &Trust, limits: PoolLimits) -> PgPoolOptions {
    let (of_new, of_idle) = (trust.clone(), trust.clone());
    PgPoolOptions::new()
        .max_connections(limits.connections)
        .acquire_timeout(limits.wait)
        .after_connect(move |connection, _| {
            let trust = of_new.clone();
            Box::pin(async move {
                in_time(connection.execute(SESSION)).await?;
                if trust.is_required() && is_read_only(connection).await? {
                    trust.lose();
                }
                Ok(())
            })
        })
        // Instead, and only of those that are used: a server that is gone for good answers no ping.
        .test_before_acquire(false)
        .before_acquire(move |connection, of_it| {
            let since = Instant::now().checked_sub(of_it.age);
            let is_young = since.is_some_and(|since| !of_idle.was_lost_since(since));
            Box::pin(async move { Ok(is_young && connection.ping().await.is_ok()) })
        })
        .after_release(|connection, _| Box::pin(is_out_of_transaction(connection)))
}

/// Whether a new transaction there can only read: on a standby, or by its settings.
pub(super) async fn is_read_only(on: &mut PgConnection) -> sqlx::Result<bool> {
    let said: String = in_time(sqlx::query_scalar("SHOW transaction_read_only").fetch_one(on)).await?;
    Ok(said == "on")
}

/// `HOST:PORT/NAME`, or the folder of the socket in place of `HOST:PORT`.
pub(super) fn name_of(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or_else(|| options.get_username());
    match options.get_socket() {
        Some(socket) => format!("{}/{database}", socket.display()),
        None => format!("{}:{}/{database}", options.get_host(), options.get_port()),
    }
}
