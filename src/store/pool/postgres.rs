//! Opening a server's database.

use std::str::FromStr as _;

use rocket::{futures::TryFutureExt as _, tokio::time::timeout};
use sqlx::{
    Connection as _, Executor as _, PgConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::{ACQUIRE_TIMEOUT, in_words, is_out_of_transaction};
use crate::store::{
    Clock, OpenError, Store,
    properties::{Unfit, check_postgres, refuses_our_parameters},
    readers::Lanes,
};

/// Of so many connections to Postgres, the guard holds one.
const CONNECTIONS_PER_LANE: u32 = 4;

/// What each connection to Postgres begins with, whatever the database or the role has for a default. Notices, such as
/// that a table is there already, are news to nobody; to compile a statement takes longer than any of ours; and a
/// stricter isolation would refuse what waits for a lock.
const SESSION: &str = "SET client_min_messages = warning; SET jit = off;
    SET default_transaction_isolation = 'read committed'; SET standard_conforming_strings = on";

/// Opens the database of an address.
pub(super) async fn open_postgres(url: &str, connections: u32) -> std::result::Result<Store, OpenError> {
    if names_several_hosts(url) {
        return Err(OpenError::Address(
            "it names several hosts; name one that always leads to the primary, such as a virtual address or a proxy"
                .to_owned(),
        ));
    }
    // The address may hold a password, so no part of it is quoted, also not by the parser.
    let options = PgConnectOptions::from_str(url).map_err(|_| {
        OpenError::Address("it is malformed; in its password, write what is special as %2F and the like".to_owned())
    })?;
    // A pool would try again until its time is up, and then say only that it was.
    let trying = timeout(ACQUIRE_TIMEOUT, PgConnection::connect_with(&options)).await;
    let mut connection = trying
        .map_err(|_| format!("no answer in {} s", ACQUIRE_TIMEOUT.as_secs()))
        .and_then(|connected| connected.map_err(|error| in_words(&error)))
        .map_err(|said| match refuses_our_parameters(&said) {
            Some(what_to_do) => OpenError::Unfit(name_of(&options), what_to_do.to_owned()),
            None => OpenError::Unreachable(name_of(&options), said),
        })?;
    check_postgres(&mut connection, &options).await.map_err(|unfit| match unfit {
        Unfit::Lacks(what) => OpenError::Unfit(name_of(&options), what),
        Unfit::Failed(error) => OpenError::Unreachable(name_of(&options), in_words(&error)),
    })?;
    let pool = PgPoolOptions::new()
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .max_connections(connections)
        .after_connect(|connection, _| Box::pin(connection.execute(SESSION).map_ok(drop)))
        .after_release(|connection, _| Box::pin(is_out_of_transaction(connection)))
        .connect_lazy_with(options);
    // Closed politely where that is possible; the pool is what counts.
    let _ = connection.close().await;
    let clock = Clock::default();
    let readers = Lanes::new(connections / CONNECTIONS_PER_LANE, &pool, &clock);
    Ok(Store::Postgres { pool, readers, clock })
}

/// A list of hosts as libpq takes it, in the place of the host or in the parameter for it.
fn names_several_hosts(url: &str) -> bool {
    let (before, query) = url.split_once('?').unwrap_or((url, ""));
    let place = before.rsplit('@').next().unwrap_or_default().trim_start_matches("postgres://");
    let host = place.split('/').next().unwrap_or_default();
    let is_list = |word: &str| word.starts_with("host") && (word.contains(',') || word.to_lowercase().contains("%2c"));
    host.contains(',') || query.split('&').any(is_list)
}

/// `HOST:PORT/NAME`, or the folder of the socket in place of `HOST:PORT`.
pub(super) fn name_of(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or_else(|| options.get_username());
    match options.get_socket() {
        Some(socket) => format!("{}/{database}", socket.display()),
        None => format!("{}:{}/{database}", options.get_host(), options.get_port()),
    }
}
