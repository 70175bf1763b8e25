//! The settings: read once at the start, checked there, and plain values ever after.
//!
//! `Rocket.toml`, then `ROCKET_…`, then `DATABASE_URL` and `CURFEW_…`. What is wrong refuses to
//! start with one line; no value that may hold a secret is ever part of that line.

mod address;
mod keys;
mod names;
mod reader;
mod source;

use std::{num::NonZeroU32, time::Duration};

use ipnet::IpNet;
use rocket::figment::Figment;

use crate::domain::{people::role::Role, rate::Rate, standing::Limits};

pub use address::{BaseUrl, DatabaseAddress, RedisAddress};
pub use keys::{SecretKeys, SecretMaterial};
pub use source::{check, load, load_rockets_own};

/// Everything that a person who runs the site can set, beside what is Rocket's own.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whether anybody may make an account.
    pub registration_is_open: bool,
    /// How long a member's session lasts.
    pub member_limits: Limits,
    /// How long a session of staff lasts.
    pub staff_limits: Limits,
    /// How many live sessions a member may have; none is no limit.
    pub member_max_sessions: Option<NonZeroU32>,
    /// The same for staff.
    pub staff_max_sessions: Option<NonZeroU32>,
    /// How many live tokens an account may have, opaque ones and families of JWT together; none is no limit.
    pub max_tokens: Option<NonZeroU32>,
    /// What becomes of a login beyond that.
    pub when_full: WhenFull,
    /// How long an access token is good.
    pub access_token_lifetime: Duration,
    /// How long a refresh token is good.
    pub refresh_token_lifetime: Duration,
    /// How long an opaque token is good, where nothing else is asked for.
    pub token_lifetime: Duration,
    /// By how much a clock may differ that a JWT was made by.
    pub token_leeway: Duration,
    /// The origins whose scripts may call the API.
    pub cors_origins: Vec<BaseUrl>,
    /// From where a login is judged.
    pub check: Check,
    /// How long an ended session is kept.
    pub session_retention: Duration,
    /// How long an event is kept.
    pub event_retention: Duration,
    /// Failed logins for one account from one address.
    pub throttle_login: Rate,
    /// How long a proven password serves for grave work of staff.
    pub proof_of_presence: Duration,
    /// What the site is called.
    pub site_name: String,
    /// Where the site is reached from outside.
    pub base_url: Option<BaseUrl>,
    /// The cost of a password hash: each step doubles it.
    pub bcrypt_cost: u32,
    /// Whose `X-Forwarded-For` and `-Proto` are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// When the session cookie is for https only.
    pub secure_cookies: SecureCookies,
}

/// What becomes of a login when its account has as many live sessions as it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    /// It takes the place of the session that was unseen for longest.
    EndOldest,
    /// It is refused.
    RefuseNew,
}

/// From where a login is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// From memory, while the feed of changes says that nothing has changed.
    Cached,
    /// From the database, on each request.
    EveryRequest,
}

/// When the session cookie is for https only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecureCookies {
    /// When the request came over https.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Settings {
    /// How long a session of that role lasts.
    #[must_use]
    pub const fn limits(&self, role: Role) -> Limits {
        if role.is_staff() { self.staff_limits } else { self.member_limits }
    }

    /// How many live sessions an account of that role may have; none is no limit.
    #[must_use]
    pub const fn max_sessions(&self, role: Role) -> Option<NonZeroU32> {
        if role.is_staff() { self.staff_max_sessions } else { self.member_max_sessions }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            registration_is_open: true,
            member_limits: Limits { lifetime: Duration::from_hours(14 * 24), idle: Duration::from_hours(3 * 24) },
            staff_limits: Limits { lifetime: Duration::from_hours(12), idle: Duration::from_hours(1) },
            member_max_sessions: None,
            staff_max_sessions: None,
            max_tokens: NonZeroU32::new(50),
            access_token_lifetime: Duration::from_mins(5),
            refresh_token_lifetime: Duration::from_hours(24),
            token_lifetime: Duration::from_hours(72),
            token_leeway: Duration::ZERO,
            cors_origins: Vec::new(),
            check: Check::Cached,
            when_full: WhenFull::EndOldest,
            session_retention: Duration::from_hours(30 * 24),
            event_retention: Duration::from_hours(400 * 24),
            throttle_login: Rate { count: 10, period: Duration::from_mins(15) },
            proof_of_presence: Duration::from_mins(15),
            site_name: "Curfew".to_owned(),
            base_url: None,
            bcrypt_cost: 12,
            trusted_proxies: Vec::new(),
            secure_cookies: SecureCookies::Auto,
        }
    }
}

/// The settings with what only the program's start needs.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// What the site goes by.
    pub settings: Settings,
    /// Where its data is.
    pub database: DatabaseAddress,
    /// Where nodes share what may be lost; none is the database.
    pub redis: Option<RedisAddress>,
    /// How many connections to the database, at most.
    pub connections: Option<u32>,
    /// What Rocket is configured from.
    pub figment: Figment,
}

/// Why the settings were refused, in one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key} is {value}; it must be {accepted}")]
pub struct SettingsError {
    key: String,
    value: String,
    accepted: String,
}

impl SettingsError {
    /// Names the key, what it is, and what it must be.
    pub(crate) fn new(key: &str, value: impl Into<String>, accepted: impl Into<String>) -> Self {
        let escape = crate::domain::people::text::escaped;
        let value = value.into();
        // Somebody's login in an address is not repeated.
        let value = if value.contains("://") && value.contains('@') { "an address with a login in it" } else { &value };
        Self { key: escape(key), value: escape(value), accepted: escape(&accepted.into()) }
    }
}
