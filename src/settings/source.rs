//! Where the settings come from: `Rocket.toml`, then the environment.

use std::path::Path;

use rocket::figment::{
    Figment,
    error::Kind,
    providers::{Env, Serialized},
};

use super::{
    Configuration, DatabaseAddress, Settings, SettingsError,
    names::{self, KEYS},
    reader::{as_text, read},
};

/// The variables for the table `[default.curfew]`.
pub(super) const PREFIX: &str = "CURFEW_";
/// The conventional variables, and the keys that they are for.
const CONVENTIONAL: [(&str, &str); 2] = [("DATABASE_URL", "databases.curfew.url"), ("REDIS_URL", "curfew.redis_url")];
/// Any key, where Rocket asks for one and it is not the one that counts.
const ANY_KEY: (&str, [u8; 64]) = ("secret_key", [1; 64]);

/// Reads the settings from `Rocket.toml` and the environment.
///
/// # Errors
/// The first key that is wrong or unknown.
pub fn load() -> Result<Configuration, SettingsError> {
    check()?;
    names::warn_of_variables();
    let of_ours = Env::prefixed(PREFIX).only(&KEYS).map(|key| format!("curfew.{}", key.as_str().to_lowercase()).into());
    let mut figment = rocket::Config::figment().merge(of_ours.global());
    for (variable, key) in CONVENTIONAL {
        if let Some(url) = std::env::var_os(variable) {
            // One that is no text must not pass for none: that would be another database.
            let url = url.into_string().map_err(|_| SettingsError::new(variable, "malformed", "UTF-8 text"))?;
            figment = figment.merge(Serialized::global(key, url));
        }
    }
    let configuration = read(figment)?;
    // Read again where they are used; what is wrong in them is wrong for every command.
    configuration.previous_keys()?;
    Ok(configuration)
}

/// Reads only what is Rocket's own, such as the port; all else is as if nothing were set.
///
/// # Errors
/// The first of Rocket's keys that is wrong.
pub fn load_rockets_own(database: DatabaseAddress) -> Result<Configuration, SettingsError> {
    check()?;
    names::warn_of_variables();
    let figment = rocket::Config::figment();
    Ok(Configuration { settings: Settings::default(), database, redis: None, connections: None, figment })
}

/// Whether Rocket can read its own settings; what it cannot read, it would panic about. The secret
/// key is left out.
///
/// # Errors
/// The first of Rocket's keys that is wrong.
pub fn check() -> Result<(), SettingsError> {
    const CONFIG: &str = "ROCKET_CONFIG";
    if let Some(path) = std::env::var_os(CONFIG).filter(|path| !Path::new(path).is_file()) {
        return Err(SettingsError::new(CONFIG, path.to_string_lossy(), "the path of a file"));
    }
    must_fit_rocket(&rocket::Config::figment().merge((ANY_KEY.0, ANY_KEY.1.as_slice())))
}

/// Refuses what Rocket cannot read.
pub(super) fn must_fit_rocket(figment: &Figment) -> Result<(), SettingsError> {
    // Rocket would pass over it, and serve without.
    if figment.find_value("tls").is_ok() {
        let accepted = "left out: TLS is the work of the proxy in front of the site";
        return Err(SettingsError::new("tls", "set", accepted));
    }
    let Err(error) = figment.clone().join((ANY_KEY.0, ANY_KEY.1.as_slice())).extract::<rocket::Config>() else {
        return names::must_be_known(figment);
    };
    match (error.path.join("."), error.kind) {
        // The parser quotes the line where it stopped, and that line may hold a secret.
        (key, Kind::Message(text)) if key.is_empty() => {
            Err(SettingsError::new("Rocket.toml", text.lines().next().unwrap_or_default(), accepted_by_rocket("")))
        }
        (key, kind) => {
            let is_secret = key.contains("secret") || key.contains("tls");
            let found = figment.find_value(&key).ok().and_then(|value| as_text(&value));
            let value = match found {
                _ if is_secret => "malformed".to_owned(),
                Some(text) => format!("{text:?}"),
                None => kind.to_string(),
            };
            Err(SettingsError::new(&key, value, accepted_by_rocket(&key)))
        }
    }
}

fn accepted_by_rocket(key: &str) -> &'static str {
    match key {
        "address" => "an IP address such as 127.0.0.1",
        "port" => "a whole number from 0 to 65535",
        _ => "as Rocket's configuration guide describes it",
    }
}
