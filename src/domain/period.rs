//! A period of whole days, in UTC.

use chrono::{NaiveDate, NaiveTime, TimeDelta};

use super::moment::{MICROSECOND, Moment};

/// Whole days, each end of which may be open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Period {
    /// The first moment that belongs to it.
    pub from: Option<Moment>,
    /// The last one.
    pub to: Option<Moment>,
}

/// Why a typed day was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Write the day like 2026-03-01.")]
pub struct DayError;

impl Period {
    /// Reads the first and the last day, which both belong to it; an empty one is an open end.
    ///
    /// # Errors
    /// When one is no day of the years 1970 to 9999, written `YYYY-MM-DD`.
    pub fn parse(from: &str, to: &str) -> Result<Self, DayError> {
        let day = TimeDelta::days(1);
        let to = parse_day(to)?.map(|begin| begin + (day - MICROSECOND));
        Ok(Self { from: parse_day(from)?, to })
    }
}

fn parse_day(text: &str) -> Result<Option<Moment>, DayError> {
    use chrono::Datelike as _;

    if text.is_empty() {
        return Ok(None);
    }
    // chrono would also take a sign, blanks and numbers without their zeros.
    let is_written_so = text.len() == 10
        && text.bytes().enumerate().all(|(at, b)| if matches!(at, 4 | 7) { b == b'-' } else { b.is_ascii_digit() });
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|day| is_written_so && day.year() >= 1970);
    day.map(|day| Some(day.and_time(NaiveTime::MIN).and_utc())).ok_or(DayError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_days_belong_to_it_whole() {
        let period = Period::parse("2026-02-28", "2026-02-28");
        let texts =
            period.map(|period| [period.from, period.to].map(|moment| moment.map(|moment| moment.to_rfc3339())));
        let expected = ["2026-02-28T00:00:00+00:00", "2026-02-28T23:59:59.999999+00:00"];
        assert_eq!(texts, Ok(expected.map(|text| Some(text.to_owned()))));
        assert_eq!(Period::parse("", ""), Ok(Period::default()));
        assert!(Period::parse("9999-12-31", "9999-12-31").is_ok());
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "2026-02-30",
            "2026-2-3",
            "2026-13-01",
            "1969-12-31",
            "0000-01-01",
            "26-01-01",
            "+2026-01-1",
            "2026-01-01T00:00",
            " 2026-01-01",
            "2026/01/01",
            "today",
            "-",
        ] {
            assert_eq!(Period::parse(text, ""), Err(DayError), "{text}");
            assert_eq!(Period::parse("", text), Err(DayError), "{text}");
        }
    }
}
