//! How values are put into words for the templates.

use std::collections::HashMap;

use chrono::DateTime;
use chrono_humanize::HumanTime;
use rocket::fairing::Fairing;
use rocket_dyn_templates::{
    Template,
    tera::{self, Value},
};

use crate::domain::moment::Moment;

/// The templates with the filters that they use.
pub fn templates() -> impl Fairing {
    Template::custom(|engines| {
        engines.tera.register_filter("in_words", |value: &Value, _: &HashMap<String, Value>| filter(value, in_words));
        engines.tera.register_filter("exact", |value: &Value, _: &HashMap<String, Value>| filter(value, exact));
    })
}

/// A moment as people say it: "3 minutes ago", "in 2 hours".
#[must_use]
pub fn in_words(moment: Moment) -> String {
    HumanTime::from(moment - chrono::Utc::now()).to_string()
}

/// A moment as it is written: "21 November 2026, 14:03:22 UTC".
#[must_use]
pub fn exact(moment: Moment) -> String {
    moment.format("%-d %B %Y, %H:%M:%S UTC").to_string()
}

fn filter(value: &Value, words: fn(Moment) -> String) -> tera::Result<Value> {
    match value.as_str().map(DateTime::parse_from_rfc3339) {
        Some(Ok(moment)) => Ok(Value::String(words(moment.to_utc()))),
        _ => Err(tera::Error::msg(format!("{value} is no moment"))),
    }
}

/// "1 session ended", "3 sessions ended".
#[must_use]
pub fn counted(count: u64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}
