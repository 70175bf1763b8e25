//! The keys under which an attempt is counted, and the limit of each key.

use std::net::Ipv6Addr;

use data_encoding::BASE64URL_NOPAD;
use gcra::RateLimit;
use ipnet::Ipv6Net;
use sha2::{Digest as _, Sha256};

use super::Purpose;
use crate::domain::rate::Rate;

/// The factor of the limits for one account from all addresses, and for one address with all accounts.
const BROAD_FACTOR: u32 = 10;
/// The factor of the limit for the registrations of the whole site: one attacker with many addresses must not fill it.
const SITE_FACTOR: u32 = 100;
/// The prefix of an IPv6 address that is counted. A network gets a /64 (RFC 4291, section 2.5.4) and can choose any
/// address in it, so counting single addresses would limit nothing.
const IPV6_PREFIX: u8 = 64;

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Key {
    AccountFromAddress(Purpose, String, String),
    Account(Purpose, String),
    Address(Purpose, String),
    Site(Purpose),
}

impl Key {
    /// The name of the shared counter. Hashed, because users sometimes type their password as the username.
    pub(super) fn name(&self) -> String {
        let (kind, parts) = match self {
            Self::AccountFromAddress(purpose, account, address) => {
                ("account-from-address", (*purpose, &**account, &**address))
            }
            Self::Account(purpose, account) => ("account", (*purpose, &**account, "")),
            Self::Address(purpose, address) => ("address", (*purpose, &**address, "")),
            Self::Site(purpose) => ("site", (*purpose, "", "")),
        };
        let (purpose, account, address) = parts;
        let hash = Sha256::new().chain_update(account).chain_update([0]).chain_update(address).finalize();
        format!("{} {kind} {}", purpose.as_str(), BASE64URL_NOPAD.encode(&hash))
    }
}

/// The counters of one attempt, with the limit of each.
pub(super) fn keys_of(purpose: Purpose, rate: Rate, account: &str, address: &str) -> Vec<(Key, RateLimit)> {
    let address = counted_address(address);
    let limit = |rate: Rate| RateLimit::new(rate.count, rate.period);
    let (narrow, broad) = (limit(rate), limit(rate.times(BROAD_FACTOR)));
    let mut keys = Vec::with_capacity(4);
    if !account.is_empty() && !address.is_empty() {
        keys.push((Key::AccountFromAddress(purpose, account.to_owned(), address.clone()), narrow));
    }
    if !account.is_empty() {
        keys.push((Key::Account(purpose, account.to_owned()), broad.clone()));
    }
    if !address.is_empty() {
        keys.push((Key::Address(purpose, address), broad));
    }
    if purpose == Purpose::Registration {
        keys.push((Key::Site(purpose), limit(rate.times(SITE_FACTOR))));
    }
    keys
}

/// The address to count: an IPv4 address itself, or the network of an IPv6 address.
fn counted_address(address: &str) -> String {
    match address.parse::<Ipv6Addr>().map(|address| Ipv6Net::new(address, IPV6_PREFIX)) {
        Ok(Ok(network)) => network.trunc().to_string(),
        _ => address.to_owned(),
    }
}
