//! Values of settings, from a file or the environment.

use rocket::figment::{Figment, value::Value};
use serde::de::DeserializeOwned;

/// Finds the value of a key. A value of the wrong type is an error, because it must not count as missing.
pub(super) fn find<T: DeserializeOwned>(figment: &Figment, key: &str) -> Result<Option<T>, ()> {
    match figment.find_value(key) {
        Ok(value) => value.deserialize().map(Some).map_err(drop),
        Err(_) => Ok(None),
    }
}

/// The members of a list or of a comma-separated text. `None` if a member is not a text.
pub(super) fn as_texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(_, members) => members.iter().map(as_text).collect(),
        other => {
            let texts = as_text(other)?;
            Some(texts.split(',').map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned).collect())
        }
    }
}

/// A value as it was written. Figment parses `12` in the environment as a number, `"12"` in a file as text.
pub(super) fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(_, text) => Some(text.clone()),
        Value::Char(_, character) => Some(character.to_string()),
        Value::Bool(_, truth) => Some(truth.to_string()),
        Value::Num(_, number) => number
            .to_i128()
            .map(|number| number.to_string())
            .or_else(|| number.to_u128().map(|number| number.to_string()))
            .or_else(|| number.to_f64().map(|number| number.to_string())),
        _ => None,
    }
}
