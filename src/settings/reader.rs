//! Reads and checks the settings from all sources together.

use rocket::figment::Figment;

use super::{
    Configuration, DatabaseAddress, MailServer, RedisAddress, Settings, SettingsError, list::KEYS,
    names::accepted_instead, value::find,
};

const DEFAULT_DATABASE: &str = "sqlite:var/curfew.db";

impl Configuration {
    /// Reads `[default.curfew]` and `[default.databases.curfew]`.
    ///
    /// # Errors
    /// Returns an error for the first setting that is invalid or unknown.
    pub fn read(figment: Figment) -> Result<Self, SettingsError> {
        let unsupported =
            || SettingsError::new("DATABASE_URL", "unsupported", "sqlite:PATH (a file) or postgres://USER@HOST/NAME");
        let address: Option<String> = find(&figment, "databases.curfew.url").map_err(|()| unsupported())?;
        let database =
            DatabaseAddress::parse(address.as_deref().unwrap_or(DEFAULT_DATABASE)).ok_or_else(unsupported)?;
        let redis = read_redis(&figment, cfg!(feature = "redis"))?;
        let mail_server = read_mail_server(&figment)?;
        let settings = read_settings(&figment)?;
        let connections = find(&figment, "databases.curfew.max_connections").map_err(|()| {
            SettingsError::new("databases.curfew.max_connections", "of the wrong type", "a whole number of at least 1")
        })?;
        let configuration = Self { settings, database, redis, mail_server, connections, figment };
        // Checking these keys here makes every command refuse an invalid one.
        configuration.previous_keys()?;
        Ok(configuration)
    }
}

/// Reads the address of Redis. An empty address means no Redis. A program without a client for Redis refuses one: it
/// would count each node's failed logins alone.
fn read_redis(figment: &Figment, has_client: bool) -> Result<Option<RedisAddress>, SettingsError> {
    let unsupported =
        || SettingsError::new("REDIS_URL", "unsupported", "redis://HOST:PORT, or rediss://HOST:PORT with TLS");
    let address: Option<String> = find(figment, "curfew.redis_url").map_err(|()| unsupported())?;
    let address = address.filter(|address| !address.is_empty());
    if address.is_some() && !has_client {
        return Err(SettingsError::new("REDIS_URL", "set", "left out, because this program was built without Redis"));
    }
    address.map(|address| RedisAddress::parse(&address).ok_or_else(unsupported)).transpose()
}

/// Reads the address of the mail server. An empty address means no mail server.
fn read_mail_server(figment: &Figment) -> Result<Option<MailServer>, SettingsError> {
    let unsupported = || SettingsError::new("SMTP_URL", "unsupported", MailServer::ACCEPTED);
    let address: Option<String> = find(figment, "curfew.smtp_url").map_err(|()| unsupported())?;
    let address = address.filter(|address| !address.is_empty());
    address.map(|address| MailServer::parse(&address).ok_or_else(unsupported)).transpose()
}

fn read_settings(figment: &Figment) -> Result<Settings, SettingsError> {
    let table = find(figment, "curfew")
        .map_err(|()| SettingsError::new("curfew", "of the wrong type", "a table, `[default.curfew]`"))?;
    match Settings::read(table.unwrap_or_default())? {
        (settings, None) => Ok(settings),
        (_, Some(key)) => Err(SettingsError::new(&format!("curfew.{key}"), "unknown", accepted_instead(&key, KEYS))),
    }
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
