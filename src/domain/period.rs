//! A period of whole days, in UTC or, if its bounds are given as timestamps, in another time zone.

use chrono::{NaiveDate, NaiveTime, TimeDelta};

use super::moment::{MICROSECOND, Moment, parse_moment};

/// A period of whole days. Either end may be open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Period {
    /// The first microsecond of the period.
    pub from: Option<Moment>,
    /// The last microsecond of the period, inclusive.
    pub to: Option<Moment>,
}

/// The text is not a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayError;

impl Period {
    /// Parses the first and the last day, both inclusive. An empty text leaves that end open.
    ///
    /// A day in another time zone is given by a timestamp: `from` is the start of the first day, `to` the end of the
    /// last day, exclusive.
    ///
    /// # Errors
    /// Returns an error if a text is neither `YYYY-MM-DD` nor a timestamp, or its year is not in 1970 to 9999.
    pub fn parse(from: &str, to: &str) -> Result<Self, DayError> {
        let end = match parse_moment(to) {
            Ok(end) => Some(end),
            Err(_) => parse_day(to)?.map(|start| start + TimeDelta::days(1)),
        };
        let from = match parse_moment(from) {
            Ok(start) => Some(start),
            Err(_) => parse_day(from)?,
        };
        Ok(Self { from, to: end.map(|end| end - MICROSECOND) })
    }

    /// Parses the first and the last day or timestamp, both inclusive. An empty text leaves that end open.
    ///
    /// # Errors
    /// Returns an error if a text is neither `YYYY-MM-DD` nor a timestamp, or its year is not in 1970 to 9999.
    pub fn parse_inclusive(from: &str, to: &str) -> Result<Self, DayError> {
        let to = parse_moment(to).map_or_else(|_| Ok(Self::parse("", to)?.to), |last| Ok(Some(last)))?;
        Ok(Self { to, ..Self::parse(from, "")? })
    }

    /// Whether the period has this time: what the SQL of a filter is tested against.
    #[cfg(any(test, feature = "internals"))]
    #[must_use]
    pub fn contains(&self, at: Moment) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at <= to)
    }
}

fn parse_day(text: &str) -> Result<Option<Moment>, DayError> {
    use chrono::Datelike as _;

    if text.is_empty() {
        return Ok(None);
    }
    // chrono would also accept a sign, blanks and numbers without leading zeros.
    let has_format = text.len() == 10
        && text.bytes().enumerate().all(|(at, b)| if matches!(at, 4 | 7) { b == b'-' } else { b.is_ascii_digit() });
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|day| has_format && day.year() >= 1970);
    day.map(|day| Some(day.and_time(NaiveTime::MIN).and_utc())).ok_or(DayError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_includes_its_first_and_last_day() {
        let period = Period::parse("2026-02-28", "2026-02-28");
        let texts =
            period.map(|period| [period.from, period.to].map(|moment| moment.map(|moment| moment.to_rfc3339())));
        let expected = ["2026-02-28T00:00:00+00:00", "2026-02-28T23:59:59.999999+00:00"];
        assert_eq!(texts, Ok(expected.map(|text| Some(text.to_owned()))));
        assert_eq!(Period::parse("", ""), Ok(Period::default()));
        assert!(Period::parse("9999-12-31", "9999-12-31").is_ok());
    }

    #[test]
    fn a_day_in_another_time_zone_is_given_by_its_bounds() {
        let in_kathmandu = Period::parse("2026-02-27T18:15", "2026-02-28T18:15:00Z");
        let texts = in_kathmandu.map(|period| [period.from, period.to].map(|at| at.map(|at| at.to_rfc3339())));
        let expected = ["2026-02-27T18:15:00+00:00", "2026-02-28T18:14:59.999999+00:00"];
        assert_eq!(texts, Ok(expected.map(|text| Some(text.to_owned()))));
    }

    #[test]
    fn an_inclusive_period_ends_with_its_last_day_or_time() {
        let to = |text| Period::parse_inclusive("", text).map(|period| period.to.map(|to| to.to_rfc3339()));
        assert_eq!(to("2026-02-28"), Ok(Some("2026-02-28T23:59:59.999999+00:00".to_owned())));
        assert_eq!(to("2026-02-28T18:15:00Z"), Ok(Some("2026-02-28T18:15:00+00:00".to_owned())));
        assert_eq!(to("2026-02-28T18:15:00.250"), Ok(Some("2026-02-28T18:15:00.250+00:00".to_owned())));
        let period = Period::parse_inclusive("2026-02-28", "2026-02-28").expect("a period");
        let has = |text| period.contains(parse_moment(text).expect("a time"));
        assert_eq!(["2026-02-28T00:00:00Z", "2026-02-28T23:59:59.999999Z"].map(has), [true; 2]);
        assert_eq!(["2026-02-27T23:59:59.999999Z", "2026-03-01T00:00:00Z"].map(has), [false; 2]);
    }

    #[test]
    fn other_formats_and_years_are_refused() {
        for text in [
            "2026-02-30",
            "2026-2-3",
            "2026-13-01",
            "1969-12-31",
            "0000-01-01",
            "26-01-01",
            "+2026-01-1",
            " 2026-01-01",
            "2026/01/01",
            "today",
            "-",
        ] {
            assert_eq!(Period::parse(text, ""), Err(DayError), "{text}");
            assert_eq!(Period::parse("", text), Err(DayError), "{text}");
            assert_eq!(Period::parse_inclusive(text, ""), Err(DayError), "{text}");
            assert_eq!(Period::parse_inclusive("", text), Err(DayError), "{text}");
        }
    }
}
