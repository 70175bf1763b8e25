//! The names of the settings, and the detection of misspelt ones.
//!
//! A misspelt key in `Rocket.toml` stops a program that is nothing but Curfew. In any other program, only Curfew's own
//! tables are checked: the rest belongs to that program. A misspelt environment variable is only a warning, and other
//! unknown variables are ignored, because Kubernetes sets `CURFEW_PORT` for a service named `curfew`.

use rocket::figment::{Figment, value::Dict};

use super::{SettingsError, list::KEYS};

/// The prefix of the environment variables for the table `[default.curfew]`.
pub(super) const PREFIX: &str = "CURFEW_";
/// Our tables in a profile.
const TABLES: [&str; 2] = ["curfew", "databases"];
/// The keys of `[default.databases.curfew]`.
const DATABASE_KEYS: [&str; 2] = ["url", "max_connections"];
/// Keys of Rocket and its templates that are missing from [`rocket::Config::PARAMETERS`].
const OTHER_ROCKET_KEYS: [&str; 3] = ["profile", "proxy_proto_header", "template_dir"];
/// Rocket's built-in profiles.
const PROFILES: [&str; 4] = ["default", "debug", "release", "global"];
/// The minimum similarity (0 to 1, normalized Damerau-Levenshtein) of a misspelt name to the intended one.
const MIN_SIMILARITY: f64 = 0.75;

/// The most similar of the names, if one is similar enough.
pub(super) fn nearest<'n>(typed: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let typed = typed.to_lowercase().replace('-', "_");
    let scored = names.into_iter().map(|name| (strsim::normalized_damerau_levenshtein(&typed, name), name));
    scored.filter(|(score, _)| *score >= MIN_SIMILARITY).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| name)
}

/// What is accepted instead of an unknown key.
pub(super) fn accepted_instead<'n>(key: &str, names: impl IntoIterator<Item = &'n str>) -> String {
    let known = "one of the keys in the settings guide";
    nearest(key, names).map_or_else(|| known.to_owned(), |near| format!("{near}, or another key in the settings guide"))
}

/// Refuses an unknown key of the database. Warns about the table `[curfew]`, which Rocket takes for a profile.
pub(super) fn check_own_tables(figment: &Figment) -> Result<(), SettingsError> {
    if figment.profiles().any(|profile| *profile == TABLES[0]) && *figment.profile() != TABLES[0] {
        log::warn!("[curfew] is a profile that is not in use; did you mean [default.curfew]?");
    }
    let database = figment.extract_inner::<Dict>("databases.curfew").unwrap_or_default();
    match database.keys().find(|key| !DATABASE_KEYS.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => Err(SettingsError::new(&format!("databases.curfew.{key}"), "unknown", DATABASE_KEYS.join(" or "))),
    }
}

/// Refuses what Rocket would silently ignore in a file: a table that Rocket takes for a profile, and a misspelt key. For a
/// program that is nothing but Curfew, and so has no settings of its own.
///
/// # Errors
/// Returns an error for the first such table or key.
pub fn refuse_misspelt(figment: &Figment) -> Result<(), SettingsError> {
    for profile in figment.profiles().filter(|profile| *profile != figment.profile()) {
        let name = profile.as_str().as_str();
        if PROFILES.contains(&name) {
            continue;
        }
        let table = top_level_names().find(|known| *known == name).or_else(|| nearest(name, TABLES));
        let meant = table.map(|table| format!("[default.{table}]"));
        if let Some(meant) = meant.or_else(|| nearest(name, PROFILES).map(|near| format!("[{near}]"))) {
            return Err(SettingsError::new(&format!("[{name}]"), "a profile that is not in use", meant));
        }
    }
    let Ok(keys) = figment.extract::<Dict>() else { return Ok(()) };
    for (key, value) in &keys {
        let is_from_file = figment.get_metadata(value.tag()).is_none_or(|from| !from.name.contains("environment"));
        if !is_from_file {
            continue;
        }
        if is_one_table_too_high(key) {
            return Err(SettingsError::new(key, "outside its table", format!("in the table [default.curfew]: {key}")));
        }
        if let Some(near) = misspelt(key) {
            return Err(SettingsError::new(key, "unknown", near));
        }
    }
    let Ok(databases) = figment.extract_inner::<Dict>("databases") else { return Ok(()) };
    match databases.keys().find_map(|key| near_miss(key, ["curfew"]).map(|near| (key, near))) {
        None => Ok(()),
        Some((key, near)) => {
            Err(SettingsError::new(&format!("databases.{key}"), "unknown", format!("databases.{near}")))
        }
    }
}

/// Warns about environment variables that are misspelt settings.
pub(super) fn warn_about_variables() {
    let variables = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    for (name, value) in variables {
        // Kubernetes sets addresses, such as tcp://10.0.0.1:8000 for `CURFEW_PORT`.
        let is_address = value.to_string_lossy().contains("://");
        if let Some(meant) = meant_variable(&name).filter(|meant| !(is_address && meant.starts_with("ROCKET_"))) {
            log::warn!("{name} is not a setting and is ignored; did you mean {meant}?");
        }
    }
}

/// The variable that a misspelt one most likely means.
fn meant_variable(variable: &str) -> Option<String> {
    let variable = variable.to_uppercase();
    if let Some(key) = variable.strip_prefix("ROCKET_CURFEW_").filter(|key| KEYS.contains(&&*key.to_lowercase())) {
        return Some(format!("{PREFIX}{key}"));
    }
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

/// Whether a key at the top level of a profile belongs in the table `curfew`.
fn is_one_table_too_high(key: &str) -> bool {
    KEYS.contains(&key) && !top_level_names().any(|name| name == key)
}

fn misspelt(key: &str) -> Option<&'static str> {
    near_miss(key, top_level_names())
}

/// The most similar of the names, unless the key is itself one of them.
fn near_miss<'n>(key: &str, names: impl IntoIterator<Item = &'n str> + Clone) -> Option<&'n str> {
    if names.clone().into_iter().any(|name| name == key) { None } else { nearest(key, names) }
}

/// The keys and tables at the top level of a profile.
fn top_level_names() -> impl Iterator<Item = &'static str> + Clone {
    rocket::Config::PARAMETERS.iter().copied().chain(OTHER_ROCKET_KEYS).chain(TABLES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_variable_is_matched_with_the_intended_one() {
        for (variable, meant) in [
            ("CURFEW_REGISTRATOIN", Some("CURFEW_REGISTRATION")),
            ("CURFEW_BASEURL", Some("CURFEW_BASE_URL")),
            ("curfew_trusted_proxy", Some("CURFEW_TRUSTED_PROXIES")),
            ("CURFEW_DATABASE_URL", Some("DATABASE_URL")),
            ("CURFEW_SECRET_KEY", Some("ROCKET_SECRET_KEY")),
            ("ROCKET_ADRESS", Some("ROCKET_ADDRESS")),
            ("ROCKET_CURFEW_SITE_NAME", Some("CURFEW_SITE_NAME")),
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
            assert_eq!(meant_variable(variable).as_deref(), meant, "{variable}");
        }
    }
}
