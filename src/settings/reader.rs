//! Reads and checks the settings, key by key.

use std::{collections::BTreeMap, net::IpAddr, num::NonZeroU32, str::FromStr, time::Duration};

use ipnet::IpNet;
use rocket::figment::{Figment, value::Value};

use super::{
    BaseUrl, Check, Configuration, DatabaseAddress, RedisAddress, SecureCookies, Settings, SettingsError, WhenFull,
    names::{KEYS, accepted_instead},
    rocket_settings::check_rocket_settings,
    value::{as_text, as_texts, find},
};
use crate::domain::{logins::token::parse_token_lifetime, rate::Rate};

const DEFAULT_DATABASE: &str = "sqlite:var/curfew.db";
const REDIS_URL: &str = "redis_url";
const DURATION: &str =
    "a duration such as \"90 s\", \"15 minutes\", \"72h\" or \"3 days\", from one second to 100 years";
/// A longer duration is a typing error.
const MAX_DURATION: Duration = Duration::from_hours(100 * 366 * 24);
const MAX_SESSIONS: &str = "0 for no limit, or a whole number from 1 to 1000000";
const TOKEN_LIFETIME: &str = "a duration such as \"72h\" or \"30 days\", from one second to 366 days";
const LEEWAY: &str = "a duration from \"0 s\" to \"10 minutes\"";
/// A larger leeway is more than the difference of two clocks.
const MAX_LEEWAY: Duration = Duration::from_mins(10);
/// A larger limit is a typing error, or means "no limit".
const MAX_LIMIT: u32 = 1_000_000;
/// The maximum length of the site's name, in characters.
const SITE_NAME_CHARACTERS: usize = 60;

/// Reads the settings from all sources together.
///
/// # Errors
/// Returns an error for the first setting that is invalid or unknown.
pub(super) fn read(figment: Figment) -> Result<Configuration, SettingsError> {
    check_rocket_settings(&figment)?;
    let unsupported =
        || SettingsError::new("DATABASE_URL", "unsupported", "sqlite:PATH (a file) or postgres://USER@HOST/NAME");
    let address: Option<String> = find(&figment, "databases.curfew.url").map_err(|()| unsupported())?;
    let database = DatabaseAddress::parse(address.as_deref().unwrap_or(DEFAULT_DATABASE)).ok_or_else(unsupported)?;
    let redis = read_redis(&figment)?;
    let settings = read_settings(&figment)?;
    let connections = find(&figment, "databases.curfew.max_connections").map_err(|()| {
        SettingsError::new("databases.curfew.max_connections", "of the wrong type", "a whole number of at least 1")
    })?;
    Ok(Configuration { settings, database, redis, connections, figment })
}

/// Reads the address of Redis. An empty address means no Redis.
fn read_redis(figment: &Figment) -> Result<Option<RedisAddress>, SettingsError> {
    let unsupported =
        || SettingsError::new("REDIS_URL", "unsupported", "redis://HOST:PORT, or rediss://HOST:PORT with TLS");
    let address: Option<String> = find(figment, &format!("curfew.{REDIS_URL}")).map_err(|()| unsupported())?;
    let address = address.filter(|address| !address.is_empty());
    address.map(|address| RedisAddress::parse(&address).ok_or_else(unsupported)).transpose()
}

fn read_settings(figment: &Figment) -> Result<Settings, SettingsError> {
    let table = find(figment, "curfew")
        .map_err(|()| SettingsError::new("curfew", "of the wrong type", "a table, `[default.curfew]`"))?;
    let mut keys = Keys(table.unwrap_or_default());
    let mut settings = Settings::default();
    keys.take("registration", "\"open\" or \"closed\"", |text| match text {
        "open" => Some(true),
        "closed" => Some(false),
        _ => None,
    })?
    .assign_to(&mut settings.registration_is_open);
    for (key, slot) in [
        ("session_lifetime", &mut settings.member_limits.lifetime),
        ("session_idle", &mut settings.member_limits.idle),
        ("staff_session_lifetime", &mut settings.staff_limits.lifetime),
        ("staff_session_idle", &mut settings.staff_limits.idle),
        ("session_retention", &mut settings.session_retention),
        ("event_retention", &mut settings.event_retention),
        ("proof_of_presence", &mut settings.proof_of_presence),
        ("access_token_lifetime", &mut settings.access_token_lifetime),
        ("refresh_token_lifetime", &mut settings.refresh_token_lifetime),
    ] {
        keys.take(key, DURATION, parse_duration)?.assign_to(slot);
    }
    keys.take("token_lifetime", TOKEN_LIFETIME, |text| parse_token_lifetime(text).ok())?
        .assign_to(&mut settings.token_lifetime);
    keys.take("token_leeway", LEEWAY, parse_leeway)?.assign_to(&mut settings.token_leeway);
    for (key, slot) in [
        ("max_sessions", &mut settings.member_max_sessions),
        ("staff_max_sessions", &mut settings.staff_max_sessions),
        ("max_tokens", &mut settings.max_tokens),
    ] {
        keys.take(key, MAX_SESSIONS, |text| parse_max_sessions(text).map(NonZeroU32::new))?.assign_to(slot);
    }
    keys.take("when_full", "\"end-oldest\" or \"refuse-new\"", |text| match text {
        "end-oldest" => Some(WhenFull::EndOldest),
        "refuse-new" => Some(WhenFull::RefuseNew),
        _ => None,
    })?
    .assign_to(&mut settings.when_full);
    keys.take("throttle_login", "a rate such as \"10 per 15 minutes\"", |text| Rate::from_str(text).ok())?
        .assign_to(&mut settings.throttle_login);
    keys.take("site_name", "1 to 60 characters", parse_site_name)?.assign_to(&mut settings.site_name);
    keys.take("base_url", "an origin such as https://example.org", |text| BaseUrl::parse(text).map(Some))?
        .assign_to(&mut settings.base_url);
    keys.take("bcrypt_cost", "a whole number from 4 to 31", |text| {
        text.parse().ok().filter(|cost| (4..=31).contains(cost))
    })?
    .assign_to(&mut settings.bcrypt_cost);
    keys.take("secure_cookies", "\"auto\", \"always\" or \"never\"", |text| match text {
        "auto" => Some(SecureCookies::Auto),
        "always" => Some(SecureCookies::Always),
        "never" => Some(SecureCookies::Never),
        _ => None,
    })?
    .assign_to(&mut settings.secure_cookies);
    keys.take("check", "\"cached\" or \"every-request\"", |text| match text {
        "cached" => Some(Check::Cached),
        "every-request" => Some(Check::EveryRequest),
        _ => None,
    })?
    .assign_to(&mut settings.check);
    keys.take_list(
        "trusted_proxies",
        "a list of addresses or networks such as [\"127.0.0.1\", \"10.0.0.0/8\"]",
        parse_network,
    )?
    .assign_to(&mut settings.trusted_proxies);
    keys.take_list("cors_origins", "a list of origins such as [\"https://app.example.org\"]", BaseUrl::parse)?
        .assign_to(&mut settings.cors_origins);
    keys.0.remove("previous_secret_keys"); // read together with the secret key
    keys.0.remove(REDIS_URL);
    match keys.0.keys().next() {
        None => Ok(settings),
        Some(key) => Err(SettingsError::new(&format!("curfew.{key}"), "unknown", accepted_instead(key, KEYS))),
    }
}

/// Unlike all other durations, the leeway may be zero.
fn parse_leeway(text: &str) -> Option<Duration> {
    humantime::parse_duration(text).ok().filter(|duration| *duration <= MAX_LEEWAY)
}

fn parse_duration(text: &str) -> Option<Duration> {
    humantime::parse_duration(text).ok().filter(|duration| (Duration::from_secs(1)..=MAX_DURATION).contains(duration))
}

fn parse_max_sessions(text: &str) -> Option<u32> {
    text.parse().ok().filter(|count| *count <= MAX_LIMIT)
}

fn parse_site_name(text: &str) -> Option<String> {
    let name = text.trim();
    let is_good = (1..=SITE_NAME_CHARACTERS).contains(&name.chars().count())
        && !name.chars().any(crate::domain::people::text::is_forbidden);
    is_good.then(|| name.to_owned())
}

fn parse_network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse().ok().map(|address: IpAddr| IpNet::from(address)))
}

/// The value of a key, if it is set.
struct Found<T>(Option<T>);

impl<T> Found<T> {
    fn assign_to(self, slot: &mut T) {
        if let Some(value) = self.0 {
            *slot = value;
        }
    }
}

/// The keys of `[default.curfew]` that have not been read yet.
struct Keys(BTreeMap<String, Value>);

impl Keys {
    fn take<T>(
        &mut self,
        key: &str,
        accepted: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Found<T>, SettingsError> {
        let Some(value) = self.0.remove(key) else { return Ok(Found(None)) };
        let text = as_text(&value);
        match text.as_deref().and_then(parse) {
            Some(parsed) => Ok(Found(Some(parsed))),
            None => Err(SettingsError::new(
                key,
                text.map_or_else(|| "of the wrong type".to_owned(), |text| format!("{text:?}")),
                accepted,
            )),
        }
    }

    /// Takes a list or a comma-separated text.
    fn take_list<T>(
        &mut self,
        key: &str,
        accepted: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Found<Vec<T>>, SettingsError> {
        let Some(value) = self.0.remove(key) else { return Ok(Found(None)) };
        let texts = as_texts(&value).unwrap_or_else(|| vec![String::new()]);
        texts
            .iter()
            .map(|text| parse(text).ok_or_else(|| SettingsError::new(key, format!("{text:?}"), accepted)))
            .collect::<Result<_, _>>()
            .map(|list| Found(Some(list)))
    }
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
