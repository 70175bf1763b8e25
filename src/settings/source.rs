//! The sources of the settings: `Rocket.toml`, then the environment.

use std::path::Path;

use rocket::figment::providers::{Env, Serialized};

use super::{
    Configuration, DatabaseAddress, Settings, SettingsError,
    list::KEYS,
    names::{self, PREFIX},
    reader::read,
    rocket_settings::{PLACEHOLDER_KEY, check_rocket_settings},
};

/// Conventional environment variables and the keys that they set.
const CONVENTIONAL: [(&str, &str); 3] =
    [("DATABASE_URL", "databases.curfew.url"), ("REDIS_URL", "curfew.redis_url"), ("SMTP_URL", "curfew.smtp_url")];

/// Reads the settings from `Rocket.toml` and the environment.
///
/// # Errors
/// Returns an error for the first setting that is invalid or unknown.
pub fn load() -> Result<Configuration, SettingsError> {
    check()?;
    names::warn_about_variables();
    let env = Env::prefixed(PREFIX).only(&KEYS).map(|key| format!("curfew.{}", key.as_str().to_lowercase()).into());
    let mut figment = rocket::Config::figment().merge(env.global());
    for (variable, key) in CONVENTIONAL {
        if let Some(url) = std::env::var_os(variable) {
            // Ignoring a value that is not UTF-8 would silently open the default database.
            let url = url.into_string().map_err(|_| SettingsError::new(variable, "malformed", "UTF-8 text"))?;
            figment = figment.merge(Serialized::global(key, url));
        }
    }
    let configuration = read(figment)?;
    // The server reads these keys again. Checking them here makes every command refuse an invalid one.
    configuration.previous_keys()?;
    Ok(configuration)
}

/// Reads only Rocket's own settings, such as the port, and uses the defaults for everything else.
///
/// # Errors
/// Returns an error for the first of Rocket's settings that is invalid.
pub fn load_rocket_settings(database: DatabaseAddress) -> Result<Configuration, SettingsError> {
    check()?;
    names::warn_about_variables();
    let figment = rocket::Config::figment();
    Ok(Configuration {
        settings: Settings::default(),
        database,
        redis: None,
        mail_server: None,
        connections: None,
        figment,
    })
}

/// Checks Rocket's own settings, except for the secret key. Rocket would panic on invalid ones.
///
/// # Errors
/// Returns an error for the first of Rocket's settings that is invalid.
pub fn check() -> Result<(), SettingsError> {
    const CONFIG: &str = "ROCKET_CONFIG";
    if let Some(path) = std::env::var_os(CONFIG).filter(|path| !Path::new(path).is_file()) {
        return Err(SettingsError::new(CONFIG, path.to_string_lossy(), "the path of a file"));
    }
    check_rocket_settings(&rocket::Config::figment().merge((PLACEHOLDER_KEY.0, PLACEHOLDER_KEY.1.as_slice())))
}
