//! Timestamps: UTC, in whole microseconds.
//!
//! The cookie, both databases and every comparison use this one precision, so that "equal" means the same in all of
//! them.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, SubsecRound as _, TimeDelta, Utc};

/// A point in time, UTC, in whole microseconds.
pub type Moment = DateTime<Utc>;

/// The smallest difference between two timestamps.
pub const MICROSECOND: TimeDelta = TimeDelta::microseconds(1);

/// Truncates to whole microseconds.
#[must_use]
pub fn truncate_to_microseconds(moment: Moment) -> Moment {
    moment.trunc_subsecs(6)
}

/// Subtracts a duration. Returns 1970-01-01 if the result would be out of range.
#[must_use]
pub fn moment_before(moment: Moment, by: Duration) -> Moment {
    TimeDelta::from_std(by).ok().and_then(|by| moment.checked_sub_signed(by)).unwrap_or(Moment::UNIX_EPOCH)
}

/// The text is not a timestamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MomentError;

/// The years that both databases and all our text formats can represent.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=9999;

/// Parses RFC 3339, or `YYYY-MM-DDTHH:MM[:SS[.S]]` as UTC. A browser's `datetime-local` field sends the latter.
///
/// # Errors
/// Returns an error if the text has neither format or the year is not in 1970 to 9999.
pub fn parse_moment(text: &str) -> Result<Moment, MomentError> {
    use chrono::Datelike as _;

    let text = text.trim();
    let moment = match DateTime::parse_from_rfc3339(text) {
        Ok(moment) => moment.to_utc(),
        Err(_) => ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S%.f"]
            .iter()
            .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
            .ok_or(MomentError)?
            .and_utc(),
    };
    if YEARS.contains(&moment.year()) { Ok(truncate_to_microseconds(moment)) } else { Err(MomentError) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_accepted_format_gives_the_same_time() {
        let expected = parse_moment("2026-03-01T14:30:00Z");
        assert!(expected.is_ok());
        for text in ["2026-03-01T14:30", " 2026-03-01T14:30:00 ", "2026-03-01T15:30:00+01:00"] {
            assert_eq!(parse_moment(text), expected, "{text}");
        }
    }

    #[test]
    fn other_formats_and_years_are_refused() {
        for text in [
            "",
            "tomorrow",
            "2026-03-01",
            "2026-13-01T00:00",
            "-2026-01-01T00:00",
            "+12026-01-01T00:00",
            "0001-01-01T00:00",
        ] {
            assert_eq!(parse_moment(text), Err(MomentError), "{text}");
        }
    }
}
