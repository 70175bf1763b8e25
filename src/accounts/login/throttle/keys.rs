//! The keys under which an attempt is counted, and the limit of each key.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use gcra::RateLimit;
use sha2::{Digest as _, Sha256};

use super::{Purpose, counter::Limit};
use crate::{
    accounts::{
        actor::counted_address,
        login::queue::{Claimant, network::Network},
    },
    domain::{people::role::Role, rate::Rate},
};

/// The factor of the limits for one account from everywhere, and for one address with all accounts.
const BROAD_FACTOR: u32 = 10;
/// The factor of the limit for the new accounts of the whole site. One network gets a tenth of it.
const SITE_FACTOR: u32 = 100;
/// The factor of the limits of right passwords.
const SUCCESS_FACTOR: u32 = 10;
/// The limit of all strangers to one account together. After a rest, GCRA lets a full count pass at once, and as many
/// again over the period: so at most 100 wrong passwords pass in any hour.
const STRANGERS: Rate = Rate { count: 50, period: Duration::from_hours(1) };

/// Who tries a password of an account.
#[derive(Debug, Clone, Copy)]
pub(in crate::accounts) enum Guesser<'a> {
    /// A browser that has not logged in to the account before, or a program.
    Stranger {
        /// The key of the name that was typed.
        name: &'a str,
        /// The account with this name.
        account: Option<i64>,
        address: &'a str,
    },
    /// A browser that has logged in to the account before.
    KnownBrowser { account: i64, browser: &'a str },
    /// A form inside a live login.
    LiveLogin { account: i64, login: &'a str },
}

impl Guesser<'_> {
    /// Whose share of the hashing threads they use. `role` is the role of the account.
    pub(in crate::accounts) fn claimant(&self, role: Role) -> Claimant {
        match *self {
            Self::Stranger { address, .. } => Claimant::Strangers(Network::of(address)),
            Self::KnownBrowser { account: id, .. } | Self::LiveLogin { account: id, .. } => {
                Claimant::Account { id, role }
            }
        }
    }
}

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) kind: &'static str,
    who: String,
    address: String,
}

impl Key {
    /// The name of the shared counter. Hashed, because users sometimes type their password as the username.
    pub(super) fn name(&self) -> String {
        let hash = Sha256::new().chain_update(&self.who).chain_update([0]).chain_update(&self.address).finalize();
        format!("{} {}", self.kind, BASE64URL_NOPAD.encode(&hash))
    }
}

/// A key with its limit.
#[derive(Debug, Clone)]
pub(super) struct Counted {
    pub(super) key: Key,
    pub(super) limit: Limit,
    /// Whether the counter refuses no attempt, but only keeps its password from being compared. The answer to a try
    /// depends only on counters that an unknown name has too. Otherwise it would reveal that a username and an email
    /// belong to one account.
    pub(super) is_hidden: bool,
    /// Whether a full counter means that the account is under attack.
    pub(super) means_attack: bool,
}

impl Counted {
    fn new(kind: &'static str, (who, address): (&str, &str), rate: Rate) -> Self {
        let key = Key { kind, who: who.to_owned(), address: address.to_owned() };
        let limit = Limit {
            failures: RateLimit::new(rate.count, rate.period),
            successes: Some(RateLimit::new(rate.times(SUCCESS_FACTOR).count, rate.period)),
            grows: true,
        };
        Self { key, limit, is_hidden: false, means_attack: false }
    }

    /// The rate of all strangers together. It never closes the door for longer than one step of the rate.
    fn of_strangers(kind: &'static str, who: &str, broad: Rate) -> Self {
        let counted = Self::new(kind, (who, ""), broad);
        let failures = RateLimit::new(STRANGERS.count, STRANGERS.period);
        Self { limit: Limit { failures, grows: false, ..counted.limit }, means_attack: true, ..counted }
    }

    /// Without growing waits. What everybody shares must stay open: beyond the rate, attempts pass one by one.
    fn steady(self) -> Self {
        Self { limit: Limit { grows: false, ..self.limit }, ..self }
    }

    /// Counts wrong passwords only: right ones count by the name.
    fn hidden(self) -> Self {
        Self { limit: Limit { successes: None, ..self.limit }, is_hidden: true, ..self }
    }
}

/// The counters of one try of a password.
pub(super) fn keys_of_guess(rate: Rate, guesser: Guesser<'_>) -> Vec<Counted> {
    let broad = rate.times(BROAD_FACTOR);
    match guesser {
        Guesser::Stranger { name, account, address } => {
            let address = &*counted_address(address);
            // An unknown name has the same counters, so that it costs the same work.
            let account = account.map_or_else(|| format!("name {name}"), |id| id.to_string());
            vec![
                Counted::new("name-from-address", (name, address), rate),
                Counted::of_strangers("name", name, broad),
                Counted::new("address", ("", address), broad),
                Counted::new("account-from-address", (&account, address), rate).hidden(),
                Counted::of_strangers("account", &account, broad).hidden(),
            ]
        }
        Guesser::KnownBrowser { account, browser } => vec![
            Counted::new("known-browser", (browser, ""), rate),
            Counted::new("known-browsers", (&account.to_string(), ""), broad),
        ],
        Guesser::LiveLogin { account, login } => vec![
            Counted::new("live-login", (login, ""), rate),
            Counted::new("live-logins", (&account.to_string(), ""), broad),
        ],
    }
}

/// The counters of an attempt at something else.
pub(super) fn keys_of(purpose: Purpose, rate: Rate, what: &str, address: &str) -> Vec<Counted> {
    let network = Network::of(address).to_string();
    let address = &*counted_address(address);
    let broad = rate.times(BROAD_FACTOR);
    match purpose {
        Purpose::Registration => vec![
            Counted::new("registrations-of-address", ("", address), broad),
            Counted::new("registrations-of-network", ("", &network), broad).steady(),
        ],
        Purpose::NewAccount => vec![Counted::new("new-accounts", ("", ""), rate.times(SITE_FACTOR)).steady()],
        Purpose::Setup => vec![
            Counted::new("setup-from-address", ("", address), rate),
            Counted::new("setup", ("", ""), broad).steady(),
        ],
        Purpose::Token => vec![Counted::new("tokens", (what, ""), rate)],
        Purpose::Reset => vec![Counted::new("resets", (what, ""), rate)],
        Purpose::EmailChange => vec![Counted::new("email-changes", (what, ""), rate)],
        // Not counted by recipient: an address gets only a few letters an hour anyway, and nobody may use up the requests
        // of its owner.
        Purpose::Letter => vec![
            Counted::new("letters-of-address", ("", address), broad),
            Counted::new("letters-of-network", ("", &network), broad).steady(),
        ],
    }
}
