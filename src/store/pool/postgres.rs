//! Opens a database on a Postgres server.

use std::time::Instant;

use sqlx::{
    Connection as _, Executor as _, PgConnection, Row as _,
    postgres::{PgConnectOptions, PgPoolOptions},
    raw_sql,
};

use super::{
    PoolLimits, Pools,
    hosts::{Hosts, is_read_only},
    message_of,
    properties::{Unfit, check_postgres, is_refused_parameter},
};
use crate::store::{
    Clock, Lack, OpenError, Store, Trust,
    engine::with_timeout,
    standing::lanes::{LanePool, Lanes},
};

/// The guard has one lane per this many connections.
const CONNECTIONS_PER_LANE: u32 = 4;

/// The settings of every connection. They override the defaults of the database and the role. Notices, such as that a
/// table exists already, help nobody. JIT compilation takes longer than any of our statements. A stricter isolation
/// level would fail transactions that wait for a lock.
const SESSION: &str = "SET client_min_messages = warning; SET jit = off;
    SET default_transaction_isolation = 'read committed'; SET standard_conforming_strings = on";

/// Opens the database that the address names.
pub(super) async fn open_postgres(url: &str, limits: PoolLimits) -> std::result::Result<Store, OpenError> {
    let hosts = Hosts::parse(url)?;
    let (options, mut connection) = hosts.connect().await.map_err(|(options, error)| {
        if is_refused_parameter(&error) {
            OpenError::Unfit(name_of(options), Lack::StartupParameters)
        } else {
            OpenError::Unreachable(name_of(options), error)
        }
    })?;
    check_postgres(&mut connection, options).await.map_err(|unfit| match unfit {
        Unfit::Lacks(what) => OpenError::Unfit(name_of(options), what),
        Unfit::Failed(error) => OpenError::Unreachable(name_of(options), message_of(&error)),
    })?;
    let trust = Trust::default();
    let pool = pool_options(&trust, limits).connect_lazy_with(options.clone());
    // Errors of closing do not matter: only the pool is used from here on.
    let _ = connection.close().await;
    let clock = Clock::default();
    let lanes =
        Lanes::new(limits.connections / CONNECTIONS_PER_LANE, &LanePool::Postgres(pool.clone()), &clock, &trust);
    Ok(Store { pools: Pools::Postgres { pool, hosts }, lanes, transaction: limits.transaction, clock, trust })
}

/// The options of every pool. A connection from before a loss of trust is never used. If this process must prove that
/// it can write, connecting to a read-only server loses trust.
pub(in crate::store) fn pool_options(trust: &Trust, limits: PoolLimits) -> PgPoolOptions {
    let (trust_of_new, trust_of_idle) = (trust.clone(), trust.clone());
    PgPoolOptions::new()
        .max_connections(limits.connections)
        .acquire_timeout(limits.wait)
        .after_connect(move |connection, _| {
            let trust = trust_of_new.clone();
            Box::pin(async move {
                with_timeout(connection.execute(SESSION)).await?;
                if trust.is_required() && is_read_only(connection).await? {
                    trust.lose();
                }
                Ok(())
            })
        })
        // `before_acquire` asks instead, and only trusted connections: a server that is gone never answers.
        .test_before_acquire(false)
        .before_acquire(move |connection, meta| {
            let opened_at = Instant::now().checked_sub(meta.age);
            let is_trusted = opened_at.is_some_and(|opened_at| !trust_of_idle.was_lost_since(opened_at));
            Box::pin(async move { Ok(is_trusted && is_out_of_transaction(connection).await) })
        })
}

/// Whether the server answers, and the connection is in no transaction. sqlx does not count a transaction whose `BEGIN`
/// was given up while it waited. Inside one, `CURRENT_TIMESTAMP` stands still and a single statement is not committed.
async fn is_out_of_transaction(connection: &mut PgConnection) -> bool {
    let is_out = with_timeout(raw_sql("SELECT now() = statement_timestamp()").fetch_one(connection)).await;
    matches!(is_out.and_then(|row| row.try_get(0)), Ok(true))
}

/// `HOST:PORT/NAME`, with the socket's folder instead of `HOST:PORT` if there is one.
pub(super) fn name_of(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or_else(|| options.get_username());
    match options.get_socket() {
        Some(socket) => format!("{}/{database}", socket.display()),
        None => format!("{}:{}/{database}", options.get_host(), options.get_port()),
    }
}
