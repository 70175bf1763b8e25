//! The names of the settings, and what nearly is one.
//!
//! A near miss in `Rocket.toml` refuses to start. In the environment it is a warning, and every other
//! variable is ignored: Kubernetes sets `CURFEW_PORT` for a service of that name.

use rocket::figment::{Figment, value::Dict};

use super::{SettingsError, source::PREFIX};

/// Every key of `[default.curfew]`.
pub(super) const KEYS: [&str; 26] = [
    "access_token_lifetime",
    "base_url",
    "bcrypt_cost",
    "check",
    "cors_origins",
    "event_retention",
    "max_sessions",
    "max_tokens",
    "previous_secret_keys",
    "proof_of_presence",
    "redis_url",
    "refresh_token_lifetime",
    "registration",
    "secure_cookies",
    "session_idle",
    "session_lifetime",
    "session_retention",
    "site_name",
    "staff_max_sessions",
    "staff_session_idle",
    "staff_session_lifetime",
    "throttle_login",
    "token_leeway",
    "token_lifetime",
    "trusted_proxies",
    "when_full",
];
/// The tables that are ours.
const TABLES: [&str; 2] = ["curfew", "databases"];
/// The keys of `[default.databases.curfew]`.
const DATABASE_KEYS: [&str; 2] = ["url", "max_connections"];
/// Keys of Rocket and its templates that [`rocket::Config::PARAMETERS`] leaves out.
const MORE_OF_ROCKET: [&str; 3] = ["profile", "proxy_proto_header", "template_dir"];
/// The profiles that Rocket knows by itself.
const PROFILES: [&str; 4] = ["default", "debug", "release", "global"];
/// Two names are near when so much of the longer one stays as it is.
const NEAR: f64 = 0.75;

/// The name that somebody most likely meant.
pub(super) fn nearest<'n>(typed: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let typed = typed.to_lowercase().replace('-', "_");
    let scored = names.into_iter().map(|name| (strsim::normalized_damerau_levenshtein(&typed, name), name));
    scored.filter(|(score, _)| *score >= NEAR).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| name)
}

/// What an unknown key of a table must be.
pub(super) fn accepted_instead<'n>(key: &str, names: impl IntoIterator<Item = &'n str>) -> String {
    let known = "one of the keys in the README's table of settings";
    nearest(key, names).map_or_else(|| known.to_owned(), |near| format!("{near}, or another of the keys in the README"))
}

/// Refuses what Rocket would silently leave out of a file: a table that is taken for a profile, and a
/// misspelt key. Keys that are like none of ours belong to whoever builds upon this program.
pub(super) fn must_be_known(figment: &Figment) -> Result<(), SettingsError> {
    for profile in figment.profiles().filter(|profile| *profile != figment.profile()) {
        let name = profile.as_str().as_str();
        if PROFILES.contains(&name) {
            continue;
        }
        let table = top_names().find(|known| *known == name).or_else(|| nearest(name, TABLES));
        let meant = table.map(|table| format!("[default.{table}]"));
        if let Some(meant) = meant.or_else(|| nearest(name, PROFILES).map(|near| format!("[{near}]"))) {
            return Err(SettingsError::new(&format!("[{name}]"), "a profile that is not in use", meant));
        }
    }
    let Ok(keys) = figment.extract::<Dict>() else { return Ok(()) };
    for (key, value) in &keys {
        let is_in_file = figment.get_metadata(value.tag()).is_none_or(|from| !from.name.contains("environment"));
        if is_in_file && let Some(near) = misspelt(key) {
            return Err(SettingsError::new(key, "unknown", near));
        }
    }
    let Ok(databases) = figment.extract_inner::<Dict>("databases") else { return Ok(()) };
    if let Some((key, near)) = databases.keys().find_map(|key| near_miss(key, ["curfew"]).map(|near| (key, near))) {
        return Err(SettingsError::new(&format!("databases.{key}"), "unknown", format!("databases.{near}")));
    }
    let database = databases.get("curfew").and_then(|database| database.as_dict());
    match database.into_iter().flat_map(Dict::keys).find(|key| !DATABASE_KEYS.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => Err(SettingsError::new(&format!("databases.curfew.{key}"), "unknown", DATABASE_KEYS.join(" or "))),
    }
}

/// Warns of variables that nearly are settings.
pub(super) fn warn_of_variables() {
    let variables = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    for (name, value) in variables {
        // Kubernetes sets addresses such as tcp://10.0.0.1:8000.
        let is_address = value.to_string_lossy().contains("://");
        if let Some(meant) = targets_of(&name).filter(|meant| !(is_address && meant.starts_with("ROCKET_"))) {
            log::warn!("{name} is no setting and is ignored; did you mean {meant}?");
        }
    }
}

/// The variable that was meant by one that is none.
fn targets_of(variable: &str) -> Option<String> {
    let variable = variable.to_uppercase();
    if let Some(key) = variable.strip_prefix("ROCKET_") {
        return misspelt(&key.to_lowercase()).map(|near| format!("ROCKET_{}", near.to_uppercase()));
    }
    let key = variable.strip_prefix(PREFIX)?.to_lowercase();
    if key == "database_url" {
        return Some("DATABASE_URL".to_owned());
    }
    if rocket::Config::PARAMETERS.contains(&key.as_str()) {
        return Some(format!("ROCKET_{}", key.to_uppercase()));
    }
    near_miss(&key, KEYS).map(|near| format!("{PREFIX}{}", near.to_uppercase()))
}

/// What is nearly a key at the top of a profile.
fn misspelt(key: &str) -> Option<&'static str> {
    near_miss(key, top_names())
}

/// The nearest of the names, for what is none of them.
fn near_miss<'n>(key: &str, names: impl IntoIterator<Item = &'n str> + Clone) -> Option<&'n str> {
    if names.clone().into_iter().any(|name| name == key) { None } else { nearest(key, names) }
}

/// The names at the top of a profile.
fn top_names() -> impl Iterator<Item = &'static str> + Clone {
    rocket::Config::PARAMETERS.iter().copied().chain(MORE_OF_ROCKET).chain(TABLES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_nearly_is_a_setting_is_named_with_the_one_that_is() {
        for (variable, meant) in [
            ("CURFEW_REGISTRATOIN", Some("CURFEW_REGISTRATION")),
            ("CURFEW_BASEURL", Some("CURFEW_BASE_URL")),
            ("curfew_trusted_proxy", Some("CURFEW_TRUSTED_PROXIES")),
            ("CURFEW_DATABASE_URL", Some("DATABASE_URL")),
            ("CURFEW_SECRET_KEY", Some("ROCKET_SECRET_KEY")),
            ("ROCKET_ADRESS", Some("ROCKET_ADDRESS")),
            ("CURFEW_REGISTRATION", None),
            ("CURFEW_SERVICE_HOST", None),
            ("CURFEW_SERVICE_PORT", None),
            ("CURFEW_SERVICE_PORT_HTTP", None),
            ("CURFEW_PORT_8000_TCP", None),
            ("CURFEW_PORT_8000_TCP_ADDR", None),
            ("CURFEW_TEST_POSTGRES", None),
            ("CURFEW_", None),
            ("ROCKET_PORT", None),
            ("ROCKET_CONFIG", None),
            ("PATH", None),
        ] {
            assert_eq!(targets_of(variable).as_deref(), meant, "{variable}");
        }
    }
}
