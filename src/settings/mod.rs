//! The settings: read and checked once, at start.
//!
//! The sources are `Rocket.toml`, then `ROCKET_…`, then `DATABASE_URL`, `REDIS_URL`, `SMTP_URL` and `CURFEW_…`. An invalid setting
//! stops the start with an error of one line. That line must never contain a value that may hold a secret.

mod address;
mod keys;
mod kinds;
mod list;
mod mail;
mod names;
mod reader;
mod rocket_settings;
mod source;
mod value;

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    num::NonZeroU32,
};

use rocket::{Config, figment::Figment};

use crate::domain::{people::role::Role, standing::Limits};

pub use address::{BaseUrl, DatabaseAddress, RedisAddress};
pub use keys::{SecretKeys, SecretMaterial};
pub use list::Settings;
pub use mail::{Encryption, MailSender, MailServer};
pub use names::refuse_misspelt;
#[cfg(any(feature = "demo", feature = "internals"))]
pub use source::load_rocket_settings;
pub use source::{check, check_program, figment};

/// Who may create an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistrationPolicy {
    /// Every visitor.
    Open,
    /// Only the operator, at the command line.
    Closed,
}

/// Whether an account must prove that its email is the user's before it can log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailVerification {
    /// No: the letter only asks.
    Optional,
    /// Yes: registering logs nobody in.
    Required,
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
    /// Whether visitors may register.
    #[must_use]
    pub fn registration_is_open(&self) -> bool {
        self.registration == RegistrationPolicy::Open
    }

    /// The lifetime and idle timeout of a session with this role.
    #[must_use]
    pub const fn limits(&self, role: Role) -> Limits {
        if role.is_staff() {
            Limits { lifetime: self.staff_session_lifetime, idle: self.staff_session_idle }
        } else {
            Limits { lifetime: self.session_lifetime, idle: self.session_idle }
        }
    }

    /// Where the site is, such as `https://example.org`: `base_url`, or the address and port of the server.
    #[must_use]
    pub fn origin(&self, server: &Config) -> String {
        if let Some(base_url) = &self.base_url {
            return base_url.origin().to_owned();
        }
        let scheme = if server.tls_enabled() { "https" } else { "http" };
        format!("{scheme}://{}", SocketAddr::new(server.address, server.port))
    }

    /// The maximum number of live sessions of an account with this role. `None` is no limit.
    #[must_use]
    pub const fn max_sessions_of(&self, role: Role) -> Option<NonZeroU32> {
        if role.is_staff() { self.staff_max_sessions } else { self.max_sessions }
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
    /// The mail server. `None` writes letters to a folder instead.
    pub mail_server: Option<MailServer>,
    /// The maximum number of database connections.
    pub connections: Option<u32>,
    /// The source of Rocket's own settings.
    pub figment: Figment,
}

impl Configuration {
    /// Where the site is, such as `https://example.org`: `base_url`, or the address and port of the server.
    #[must_use]
    pub fn origin(&self) -> String {
        self.settings.origin(&self.figment.extract().unwrap_or_default())
    }

    /// Refuses to serve other machines, or to send letters, without `base_url`: requests must not decide the site's own
    /// origin.
    ///
    /// # Errors
    ///
    /// Returns an error if `base_url` is not set, and the server listens on more than the loopback address or a mail
    /// server is set.
    pub fn must_have_origin(&self) -> Result<(), SettingsError> {
        let address = self.figment.extract_inner("address").unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        if address.is_loopback() || self.settings.base_url.is_some() {
            return self.must_have_origin_for_letters();
        }
        let accepted = format!(
            "set to the address that users open, such as \"https://example.org\", because the server listens on {address}"
        );
        Err(SettingsError::new("base_url", "missing", accepted))
    }
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
