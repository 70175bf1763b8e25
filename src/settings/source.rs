//! The sources of the settings: `Rocket.toml`, then the environment.

use std::path::Path;

use rocket::{
    Config,
    config::{Ident, LogLevel},
    figment::{
        Figment, Profile,
        providers::{Env, Format as _, Serialized, Toml},
    },
};

use super::{
    Configuration, DatabaseAddress, Settings, SettingsError,
    list::KEYS,
    names::{self, PREFIX},
    rocket_settings::{PLACEHOLDER_KEY, check_rocket_settings},
};

/// Conventional environment variables and the keys that they set.
const CONVENTIONAL: [(&str, &str); 3] =
    [("DATABASE_URL", "databases.curfew.url"), ("REDIS_URL", "curfew.redis_url"), ("SMTP_URL", "curfew.smtp_url")];

/// The settings of a program that is nothing but Curfew: Rocket's, then `DATABASE_URL`, `REDIS_URL`, `SMTP_URL` and
/// `CURFEW_…`. A host that wants the variables too builds its program with `rocket::custom(curfew::figment())`.
#[must_use]
pub fn figment() -> Figment {
    let env = Env::prefixed(PREFIX).only(&KEYS).map(|key| format!("curfew.{}", key.as_str().to_lowercase()).into());
    let mut figment = rocket_figment().merge(env.global());
    for (variable, key) in CONVENTIONAL {
        if let Some(url) = std::env::var_os(variable) {
            // A value that is not UTF-8 is refused later. Ignoring it would silently open the default database.
            figment = match url.into_string() {
                Ok(url) => figment.merge(Serialized::global(key, url)),
                Err(url) => figment.merge(Serialized::global(key, url.as_encoded_bytes())),
            };
        }
    }
    figment
}

/// Rocket's settings of a program that is nothing but Curfew, which Rocket itself would announce and log at length.
fn rocket_figment() -> Figment {
    let quiet = Config { log_level: LogLevel::Critical, ident: Ident::none(), ..Config::default() };
    // As `Config::figment` does.
    Figment::from(quiet)
        .merge(Toml::file(Env::var_or("ROCKET_CONFIG", "Rocket.toml")).nested())
        .merge(Env::prefixed("ROCKET_").ignore(&["PROFILE"]).global())
        .select(Profile::from_env_or("ROCKET_PROFILE", Config::DEFAULT_PROFILE))
}

/// Checks the settings of a program that belong to Curfew or to Rocket.
///
/// # Errors
/// Returns an error for the first of Rocket's settings that is invalid, or an unknown key of the database.
pub fn check_program(figment: &Figment) -> Result<(), SettingsError> {
    names::warn_about_variables();
    for (variable, key) in unread(figment, |variable| std::env::var(variable).ok()) {
        log::warn!("{variable} is set, but this program does not read it: `{key}` in its settings counts");
    }
    check_rocket_settings(figment)?;
    names::check_own_tables(figment)
}

/// The variables that are set and that a host does not read, with the keys that count instead. An operator who sets
/// `DATABASE_URL` for a command would act on another site.
fn unread(figment: &Figment, value_of: impl Fn(&str) -> Option<String>) -> Vec<(&'static str, &'static str)> {
    let is_unread = |(variable, key): &(&str, &str)| {
        value_of(variable).is_some_and(|value| figment.extract_inner::<String>(key).ok() != Some(value))
    };
    CONVENTIONAL.into_iter().filter(is_unread).collect()
}

/// Reads only Rocket's own settings, such as the port, and uses the defaults for everything else.
///
/// # Errors
/// Returns an error for the first of Rocket's settings that is invalid.
#[cfg(any(feature = "demo", feature = "internals"))]
pub fn load_rocket_settings(database: DatabaseAddress) -> Result<Configuration, SettingsError> {
    check()?;
    names::warn_about_variables();
    let figment = rocket_figment();
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
    check_rocket_settings(&rocket_figment().merge((PLACEHOLDER_KEY.0, PLACEHOLDER_KEY.1.as_slice())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_a_host_does_not_read_is_found() {
        let set = |variable: &str| (variable == "DATABASE_URL").then(|| "sqlite:b.db".to_owned());
        for (settings, found) in [
            (Figment::new(), &["DATABASE_URL"][..]),
            (Figment::from(("databases.curfew.url", "sqlite:a.db")), &["DATABASE_URL"]),
            (Figment::from(("databases.curfew.url", "sqlite:b.db")), &[]),
        ] {
            assert_eq!(unread(&settings, set).iter().map(|(variable, _)| *variable).collect::<Vec<_>>(), found);
        }
    }
}
