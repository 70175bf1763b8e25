//! The servers that one address names, of which one is the primary at a time.

use std::{str::FromStr as _, sync::Arc};

use rocket::tokio::time::timeout;
use sqlx::{Connection as _, PgConnection, postgres::PgConnectOptions};

use super::{ACQUIRE_TIMEOUT, in_words, postgres::is_read_only};
use crate::store::OpenError;

/// How to connect to each of the servers, in the order of the address.
#[derive(Debug, Clone)]
pub struct Hosts(Arc<[PgConnectOptions]>);

impl Hosts {
    /// Reads `postgres://USER@HOST,HOST/NAME`, with one host or several.
    pub(super) fn parse(url: &str) -> Result<Self, OpenError> {
        if lists_hosts_as_parameter(url) {
            return Err(OpenError::Address(
                "several hosts belong before the name: HOST:PORT,HOST:PORT/NAME".to_owned(),
            ));
        }
        // The address may hold a password, so no part of it is quoted, also not by the parser.
        let options = each_host(url).iter().map(|url| PgConnectOptions::from_str(url)).collect::<Result<_, _>>();
        options.map(Self).map_err(|_| {
            OpenError::Address("it is malformed; in its password, write what is special as %2F and the like".to_owned())
        })
    }

    /// Whether there is a choice.
    pub(super) fn are_several(&self) -> bool {
        self.0.len() > 1
    }

    /// Connects to the first that takes writes, or else to the first that answers.
    ///
    /// # Errors
    /// With what the last one says, when none answers.
    pub(super) async fn connect(&self) -> Result<(&PgConnectOptions, PgConnection), (&PgConnectOptions, String)> {
        let (mut readable, mut refused) = (None, None);
        for options in &*self.0 {
            // A pool would try again until its time is up, and then say only that it was.
            let trying = timeout(ACQUIRE_TIMEOUT, async {
                let mut connection = PgConnection::connect_with(options).await?;
                let is_read_only = self.are_several() && is_read_only(&mut connection).await?;
                Ok((connection, is_read_only))
            });
            let tried = trying.await.map_err(|_| format!("no answer in {} s", ACQUIRE_TIMEOUT.as_secs()));
            match tried.and_then(|tried| tried.map_err(|error: sqlx::Error| in_words(&error))) {
                Ok((connection, false)) => return Ok((options, connection)),
                Ok((connection, true)) => readable = readable.or(Some((options, connection))),
                Err(said) => refused = Some((options, said)),
            }
        }
        readable.ok_or_else(|| refused.unwrap_or_else(|| (&self.0[0], "it names no host".to_owned())))
    }
}

/// The address once for each of its hosts.
fn each_host(url: &str) -> Vec<String> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
    let (place, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (user, hosts) = place.rfind('@').map_or(("", place), |at| place.split_at(at + 1));
    hosts.split(',').map(|host| format!("{scheme}://{user}{host}{tail}")).collect()
}

/// A list as libpq takes it in the parameter for a host.
fn lists_hosts_as_parameter(url: &str) -> bool {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let is_list = |word: &str| word.starts_with("host") && (word.contains(',') || word.to_lowercase().contains("%2c"));
    query.split('&').any(is_list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_has_the_rest_of_the_address() {
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
}
