//! The settings: read and checked once, at start.
//!
//! The sources are `Rocket.toml`, then `ROCKET_…`, then `DATABASE_URL`, `REDIS_URL` and `CURFEW_…`. An invalid setting
//! stops the start with an error of one line. That line must never contain a value that may hold a secret.

mod address;
mod keys;
mod names;
mod reader;
mod rocket_settings;
mod source;
mod value;

use std::{num::NonZeroU32, time::Duration};

use ipnet::IpNet;
use rocket::figment::Figment;

use crate::domain::{people::role::Role, rate::Rate, standing::Limits};

pub use address::{BaseUrl, DatabaseAddress, RedisAddress};
pub use keys::{SecretKeys, SecretMaterial};
pub use source::{check, load, load_rocket_settings};

/// The settings of the site. Rocket's own settings are in [`Configuration::figment`].
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whether visitors may register.
    pub registration_is_open: bool,
    /// The lifetime and idle timeout of a member's session.
    pub member_limits: Limits,
    /// The lifetime and idle timeout of a session of staff or superusers.
    pub staff_limits: Limits,
    /// The maximum number of live sessions of a member. `None` is no limit.
    pub member_max_sessions: Option<NonZeroU32>,
    /// The maximum number of live sessions of staff and superusers. `None` is no limit.
    pub staff_max_sessions: Option<NonZeroU32>,
    /// The maximum number of live tokens of an account, opaque tokens and JWT families together. `None` is no limit.
    pub max_tokens: Option<NonZeroU32>,
    /// What happens to a login beyond these limits.
    pub when_full: WhenFull,
    /// The lifetime of a JWT access token.
    pub access_token_lifetime: Duration,
    /// The lifetime of a JWT refresh token.
    pub refresh_token_lifetime: Duration,
    /// The default lifetime of an opaque token.
    pub token_lifetime: Duration,
    /// How far the clocks of two nodes may differ when a JWT's `exp` and `nbf` are checked.
    pub token_leeway: Duration,
    /// The origins whose scripts may call the API.
    pub cors_origins: Vec<BaseUrl>,
    /// Whether logins are judged from memory or from the database.
    pub check: Check,
    /// How long ended sessions and tokens are kept.
    pub session_retention: Duration,
    /// How long events are kept.
    pub event_retention: Duration,
    /// The maximum rate of failed logins for one account from one address.
    pub throttle_login: Rate,
    /// How long a password check counts as recent, for staff actions that require one.
    pub proof_of_presence: Duration,
    /// The name of the site.
    pub site_name: String,
    /// The origin of the site as seen from outside.
    pub base_url: Option<BaseUrl>,
    /// The bcrypt cost of a password hash. Each step doubles the time.
    pub bcrypt_cost: u32,
    /// The proxies whose `X-Forwarded-For` and `-Proto` are trusted.
    pub trusted_proxies: Vec<IpNet>,
    /// When the session cookie is `Secure`.
    pub secure_cookies: SecureCookies,
}

/// What happens to a login when its account already has the maximum number of live logins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    /// The login is accepted, and the least recently seen one ends.
    EndOldest,
    /// The login is refused.
    RefuseNew,
}

/// Where logins are judged from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// From memory, while the feed of changes is alive.
    Cached,
    /// From the database, on each request.
    EveryRequest,
}

/// When the session cookie is `Secure`, so that browsers send it only over https.
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
    /// The lifetime and idle timeout of a session with this role.
    #[must_use]
    pub const fn limits(&self, role: Role) -> Limits {
        if role.is_staff() { self.staff_limits } else { self.member_limits }
    }

    /// The maximum number of live sessions of an account with this role. `None` is no limit.
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

/// The settings, together with what only the start of the program needs.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// The settings of the site.
    pub settings: Settings,
    /// The address of the database.
    pub database: DatabaseAddress,
    /// The Redis server for data that nodes share and may lose. `None` uses the database instead.
    pub redis: Option<RedisAddress>,
    /// The maximum number of database connections.
    pub connections: Option<u32>,
    /// The source of Rocket's own settings.
    pub figment: Figment,
}

/// Why a setting was refused, in one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key} is {value}; it must be {accepted}")]
pub struct SettingsError {
    key: String,
    value: String,
    accepted: String,
}

impl SettingsError {
    /// Creates an error from the key, its value, and what is accepted.
    pub(crate) fn new(key: &str, value: impl Into<String>, accepted: impl Into<String>) -> Self {
        let escape = crate::domain::people::text::escaped;
        let value = value.into();
        // A URL with `@` may contain a password.
        let value = if value.contains("://") && value.contains('@') { "an address with credentials" } else { &value };
        Self { key: escape(key), value: escape(value), accepted: escape(&accepted.into()) }
    }
}
