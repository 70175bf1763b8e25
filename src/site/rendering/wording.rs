//! Formats timestamps, counts and values of queries as text for the templates.

use std::{cell::Cell, collections::HashMap, sync::LazyLock};

use chrono::{
    DateTime, SecondsFormat, TimeDelta, Utc,
    format::{Item, StrftimeItems},
};
use chrono_humanize::HumanTime;
use rocket::http::RawStr;
use tera::{Tera, Value};

use crate::domain::moment::Moment;

/// Registers the template filters.
pub fn register(tera: &mut Tera) {
    tera.register_filter("in_words", |value: &Value, _: &HashMap<String, Value>| filter(value, in_words));
    tera.register_filter("exact", |value: &Value, _: &HashMap<String, Value>| filter(value, exact));
    tera.register_filter("to_the_microsecond", |value: &Value, _: &HashMap<String, Value>| {
        filter(value, to_the_microsecond)
    });
    tera.register_filter("as_query_value", |value: &Value, _: &HashMap<String, Value>| {
        Ok(Value::from(query_value(value.as_str().unwrap_or_default())))
    });
    tera.register_filter("with_times", WithTimes);
    tera.register_filter("time", Time { has_exact: true });
    tera.register_filter("short_time", Time { has_exact: false });
}

/// Encodes a text for a query. Spaces and the colons of addresses have short forms there, which long lists need.
fn query_value(text: &str) -> String {
    RawStr::new(text).percent_encode().as_str().replace("%20", "+").replace("%3A", ":")
}

thread_local! {
    /// The current time for the page that this thread renders.
    static READ_AT: Cell<Option<Moment>> = const { Cell::new(None) };
}

/// Renders a page with a fixed current time, so that all its relative times agree, even if rendering takes long.
pub fn with_current_time<T>(moment: Moment, render: impl FnOnce() -> T) -> T {
    let before = READ_AT.replace(Some(moment));
    let rendered = render();
    READ_AT.set(before);
    rendered
}

/// A time relative to now: "3 minutes ago", "in 2 hours".
fn in_words(moment: Moment) -> String {
    span_in_words(moment - READ_AT.get().unwrap_or_else(Utc::now))
}

/// Rounds to the nearest unit: three days minus a second reads "in 3 days", not "in 2 days".
fn span_in_words(span: TimeDelta) -> String {
    HumanTime::from(to_nearest_unit(span)).to_string()
}

/// Rounds a span to the unit in which [`HumanTime`] shows it, because it truncates.
fn to_nearest_unit(span: TimeDelta) -> TimeDelta {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    /// Above the first number of seconds, [`HumanTime`] counts in the second.
    const UNITS: [(i64, i64); 6] = [
        (547 * DAY, 365 * DAY),
        (45 * DAY, 30 * DAY),
        (10 * DAY + 12 * HOUR, 7 * DAY),
        (36 * HOUR, DAY),
        (90 * MINUTE, HOUR),
        (90, MINUTE),
    ];
    let seconds = (span.num_milliseconds() + 500 * span.num_milliseconds().signum()) / 1_000;
    let unit = UNITS.iter().find(|(from, _)| seconds.abs() > *from).map_or(1, |(_, unit)| *unit);
    let count = (seconds.abs() + unit / 2) / unit;
    TimeDelta::seconds(seconds.signum() * count * unit)
}

/// The format of [`exact`], parsed once because a page has many times.
static EXACT: LazyLock<Vec<Item<'_>>> = LazyLock::new(|| StrftimeItems::new("%-d %B %Y, %H:%M:%S UTC").collect());

/// An exact time: "21 November 2026, 14:03:22 UTC".
fn exact(moment: Moment) -> String {
    moment.format_with_items(EXACT.iter()).to_string()
}

/// An exact time to the microsecond: "21 November 2026, 14:03:22.000417 UTC".
fn to_the_microsecond(moment: Moment) -> String {
    moment.format("%-d %B %Y, %H:%M:%S%.6f UTC").to_string()
}

fn filter(value: &Value, format: fn(Moment) -> String) -> tera::Result<Value> {
    match value.as_str().map(DateTime::parse_from_rfc3339) {
        Some(Ok(moment)) => Ok(Value::String(format(moment.to_utc()))),
        _ => Err(tera::Error::msg(format!("{value} is not a timestamp"))),
    }
}

/// A timestamp inside a text. The filter `with_times` shows it like any other.
#[must_use]
pub fn in_text(moment: Moment) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// A filter that shows a timestamp as a relative time, and null as "never". It is in Rust because pages show many times,
/// and macros that call macros took a quarter of the account page.
struct Time {
    /// Whether the exact time follows. Rows of lists leave it out, because it was half of a long page: there, a checkbox
    /// shows it for all rows.
    has_exact: bool,
}

impl tera::Filter for Time {
    fn filter(&self, value: &Value, _: &HashMap<String, Value>) -> tera::Result<Value> {
        if value.is_null() {
            return Ok(Value::String("<span class=\"none\">never</span>".to_owned()));
        }
        let Some((at, Ok(moment))) = value.as_str().map(|at| (at, DateTime::parse_from_rfc3339(at))) else {
            return Err(tera::Error::msg(format!("{value} is not a timestamp")));
        };
        let (at, moment) = (tera::escape_html(at), moment.to_utc());
        let relative = in_words(moment);
        Ok(Value::String(if self.has_exact {
            format!("<time datetime=\"{at}\">{relative}</time> {}", exact_time(&at, moment))
        } else {
            let at = moment.to_rfc3339_opts(SecondsFormat::Secs, true);
            format!("<time datetime=\"{at}\">{relative}</time>")
        }))
    }

    /// The filter escapes the timestamp itself.
    fn is_safe(&self) -> bool {
        true
    }
}

fn exact_time(at: &str, moment: Moment) -> String {
    format!("<time class=\"exact\" datetime=\"{at}\">{}</time>", exact(moment))
}

/// A filter that turns each RFC 3339 timestamp in a text into a `<time>` element.
struct WithTimes;

impl tera::Filter for WithTimes {
    fn filter(&self, value: &Value, _: &HashMap<String, Value>) -> tera::Result<Value> {
        let text = value.as_str().ok_or_else(|| tera::Error::msg(format!("{value} is not a string")))?;
        Ok(Value::String(text.split_inclusive(' ').map(word_with_time).collect()))
    }

    /// The filter escapes the text itself.
    fn is_safe(&self) -> bool {
        true
    }
}

fn word_with_time(word: &str) -> String {
    let timestamp = word.trim_end_matches([' ', '.', ',', ';', ')']);
    match DateTime::parse_from_rfc3339(timestamp) {
        Ok(moment) => {
            let (at, after) = (moment.to_utc(), &word[timestamp.len()..]);
            exact_time(&in_text(at), at) + after
        }
        Err(_) => tera::escape_html(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_times_of_a_page_share_one_current_time() {
        let at = Utc::now() - TimeDelta::days(1);
        let after = |minutes| at + TimeDelta::minutes(minutes);
        let words = with_current_time(after(3), || (with_current_time(after(7), || in_words(at)), in_words(at)));
        assert_eq!(words, ("7 minutes ago".to_owned(), "3 minutes ago".to_owned()));
        assert_eq!(in_words(at), "a day ago");
    }

    #[test]
    fn a_timestamp_in_a_text_becomes_a_time_element_and_the_rest_is_escaped() {
        let shown = |text: &str| text.split_inclusive(' ').map(word_with_time).collect::<String>();
        assert_eq!(
            shown("<b> until 2026-11-28T10:02:31+00:00. Done"),
            "&lt;b&gt; until <time class=\"exact\" datetime=\"2026-11-28T10:02:31.000000Z\">\
             28 November 2026, 10:02:31 UTC</time>. Done"
        );
        assert_eq!(shown("about 12 sessions, \u{201c}2026\u{201d}"), "about 12 sessions, \u{201c}2026\u{201d}");
    }

    #[test]
    fn a_span_is_rounded_to_the_nearest_unit() {
        let (minute, hour, day) = (60, 3_600, 86_400);
        for (seconds, words) in [
            (3 * day - 1, "in 3 days"),
            (2 * day + 11 * hour, "in 2 days"),
            (2 * day + 13 * hour, "in 3 days"),
            (day + 13 * hour, "in 2 days"),
            (8 * hour - 1, "in 8 hours"),
            (5 * minute - 1, "in 5 minutes"),
            (14 * day - 1, "in 2 weeks"),
            (90 * day - 1, "in 3 months"),
            (730 * day - 1, "in 2 years"),
            (30, "in 30 seconds"),
            (0, "now"),
        ] {
            assert_eq!(span_in_words(TimeDelta::seconds(seconds)), words);
            let ago = words.replace("in ", "") + " ago";
            assert_eq!(span_in_words(TimeDelta::seconds(-seconds)), if seconds == 0 { words } else { &ago });
        }
        assert_eq!(span_in_words(TimeDelta::milliseconds(3 * day * 1_000 - 10)), "in 3 days");
    }
}
