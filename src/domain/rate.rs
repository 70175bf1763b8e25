//! A rate, such as `10 per 15 minutes`.

use std::{fmt, str::FromStr, time::Duration};

/// How often something may happen per period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many times it may happen in one period.
    pub count: u32,
    /// The length of the period.
    pub period: Duration,
}

impl Rate {
    /// Multiplies the count. The period stays the same.
    #[must_use]
    pub const fn times(self, factor: u32) -> Self {
        Self { count: self.count.saturating_mul(factor), period: self.period }
    }
}

/// The text is not a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateError;

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (count, period) = text.split_once(" per ").ok_or(RateError)?;
        let count = count.trim().parse().map_err(|_| RateError)?;
        let period = humantime::parse_duration(period.trim()).map_err(|_| RateError)?;
        if (1..=100_000).contains(&count) && period >= Duration::from_secs(1) {
            Ok(Self { count, period })
        } else {
            Err(RateError)
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} per {}", self.count, humantime::format_duration(self.period))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_count_per_period() {
        assert_eq!("10 per 15 minutes".parse(), Ok(Rate { count: 10, period: Duration::from_mins(15) }));
        for text in ["", "10", "0 per 1 s", "10 per", "10 per 0 s", "-1 per 1 s", "10 per 1 banana", "1000000 per 1 s"]
        {
            assert_eq!(text.parse::<Rate>(), Err(RateError), "{text}");
        }
    }
}
