//! The Postgres servers that one address names. One of them is the primary at a time.

use std::{str::FromStr as _, sync::Arc};

use rocket::tokio::time::timeout;
use sqlx::{Connection as _, PgConnection, postgres::PgConnectOptions};

use super::message_of;
use crate::store::{
    AddressFault, OpenError,
    engine::{ACQUIRE_TIMEOUT, with_timeout},
};

/// How to connect to each server, in the order of the address.
#[derive(Debug, Clone)]
pub struct Hosts(Arc<[PgConnectOptions]>);

impl Hosts {
    /// Reads `postgres://USER@HOST,HOST/NAME`, with one host or several.
    pub(super) fn parse(url: &str) -> Result<Self, OpenError> {
        if lists_hosts_as_parameter(url) {
            return Err(OpenError::Address(AddressFault::HostsInParameter));
        }
        // The address may hold a password, so errors quote no part of it, nor the parser's message.
        let options = each_host(url).iter().map(|url| options_of(url)).collect::<Result<_, _>>();
        options.map(Self).map_err(|_| OpenError::Address(AddressFault::Malformed))
    }

    /// Whether the address names more than one server.
    pub(super) fn are_several(&self) -> bool {
        self.0.len() > 1
    }

    /// Connects to the first server that takes writes, or else to the first that responds.
    ///
    /// # Errors
    /// Returns the last server's error if none responds.
    pub(super) async fn connect(&self) -> Result<(&PgConnectOptions, PgConnection), (&PgConnectOptions, String)> {
        let (mut readable, mut refused) = (None, None);
        for options in &*self.0 {
            // Not through a pool: it would retry until its timeout, and then report only the timeout.
            let attempt = timeout(ACQUIRE_TIMEOUT, async {
                let mut connection = PgConnection::connect_with(options).await?;
                let is_read_only = self.are_several() && is_read_only(&mut connection).await?;
                Ok((connection, is_read_only))
            });
            let outcome = attempt.await.map_err(|_| format!("no response within {} s", ACQUIRE_TIMEOUT.as_secs()));
            match outcome.and_then(|connected| connected.map_err(|error: sqlx::Error| message_of(&error))) {
                Ok((connection, false)) => return Ok((options, connection)),
                Ok((connection, true)) => readable = readable.or(Some((options, connection))),
                Err(error) => refused = Some((options, error)),
            }
        }
        readable.ok_or_else(|| refused.unwrap_or_else(|| (&self.0[0], "the address names no host".to_owned())))
    }
}

/// sqlx keeps the brackets of an IPv6 address, which no resolver knows.
fn options_of(url: &str) -> sqlx::Result<PgConnectOptions> {
    let options = PgConnectOptions::from_str(url)?;
    let bare = options.get_host().strip_prefix('[').and_then(|host| host.strip_suffix(']')).map(str::to_owned);
    Ok(match bare {
        Some(address) => options.host(&address),
        None => options,
    })
}

/// The address, once for each of its hosts.
fn each_host(url: &str) -> Vec<String> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
    let (place, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (user, hosts) = place.rfind('@').map_or(("", place), |at| place.split_at(at + 1));
    hosts.split(',').map(|host| format!("{scheme}://{user}{host}{tail}")).collect()
}

/// Whether a `host` parameter holds a list, as libpq allows.
fn lists_hosts_as_parameter(url: &str) -> bool {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let is_list = |part: &str| part.starts_with("host") && (part.contains(',') || part.to_lowercase().contains("%2c"));
    query.split('&').any(is_list)
}

/// Whether a new transaction can only read, because the server is a standby or by its settings.
pub(super) async fn is_read_only(on: &mut PgConnection) -> sqlx::Result<bool> {
    let setting: String = with_timeout(sqlx::query_scalar("SHOW transaction_read_only").fetch_one(on)).await?;
    Ok(setting == "on")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_gets_the_rest_of_the_address() {
        for (url, each) in [
            ("postgres://db/curfew", &["postgres://db/curfew"][..]),
            (
                "postgresql://ana:a%2Cb@one:5432,two:5433/curfew?sslmode=require",
                &[
                    "postgresql://ana:a%2Cb@one:5432/curfew?sslmode=require",
                    "postgresql://ana:a%2Cb@two:5433/curfew?sslmode=require",
                ],
            ),
            ("postgres://a,b@one,[::1]:7", &["postgres://a,b@one", "postgres://a,b@[::1]:7"]),
        ] {
            assert_eq!(each_host(url), each);
        }
    }

    #[test]
    fn an_ipv6_address_loses_its_brackets() {
        for (url, host) in [("postgres://ana@[::1]:7/curfew", "::1"), ("postgres://ana@db:7/curfew", "db")] {
            assert!(
                options_of(url).is_ok_and(|options| options.get_host() == host && options.get_port() == 7),
                "{url}"
            );
        }
    }
}
