//! Checks Rocket's own settings, on which Rocket would panic, or which it would silently ignore.

use rocket::{
    Config,
    figment::{Figment, error::Kind},
};

use super::{SettingsError, value::as_text};

/// A secret key for validating Rocket's settings. It is never used.
pub(super) const PLACEHOLDER_KEY: (&str, [u8; 64]) = ("secret_key", [1; 64]);

/// Refuses settings that Rocket cannot read or would silently ignore.
pub(super) fn check_rocket_settings(figment: &Figment) -> Result<(), SettingsError> {
    // Rocket without TLS would ignore the key and serve plain HTTP. A host may have its feature `tls`.
    let has_tls = Figment::from(Config::default()).find_value("tls").is_ok();
    if !has_tls && figment.find_value("tls").is_ok() {
        let accepted = "left out: TLS is terminated by the proxy in front of the site";
        return Err(SettingsError::new("tls", "set", accepted));
    }
    let with_key = figment.clone().join((PLACEHOLDER_KEY.0, PLACEHOLDER_KEY.1.as_slice()));
    let Err(error) = with_key.extract::<Config>() else { return Ok(()) };
    match (error.path.join("."), error.kind) {
        // Only the first line of the parser's message: the rest quotes the file, which may hold a secret.
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
