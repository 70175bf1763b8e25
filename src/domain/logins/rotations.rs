//! When a JWT family's refresh tokens were spent, as far back as the grace period.

use chrono::TimeDelta;

use crate::domain::moment::Moment;

/// How long a spent refresh token is still answered with its successor.
const GRACE_PERIOD: TimeDelta = TimeDelta::seconds(10);
/// The maximum number of rotations to keep. A program that rotates more often within the grace period loses the grace
/// of its oldest tokens.
const MAX_ROTATIONS: usize = 100;

/// The latest rotations of a JWT family, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rotations(Vec<Moment>);

impl Rotations {
    /// Parses what [`Rotations::to_text`] wrote, and ignores anything else.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let parse = |word: &str| word.parse().ok().and_then(Moment::from_timestamp_micros);
        Self(text.split_whitespace().filter_map(parse).collect())
    }

    /// Formats as microseconds since 1970, separated by spaces.
    #[must_use]
    pub fn to_text(&self) -> String {
        let words: Vec<_> = self.0.iter().map(|at| at.timestamp_micros().to_string()).collect();
        words.join(" ")
    }

    /// Adds a rotation at the current time, and drops those past the grace period.
    #[must_use]
    pub fn and(&self, now: Moment) -> Self {
        let recent = self.0.iter().copied().filter(|at| is_within_grace(*at, now)).chain([now]).collect::<Vec<_>>();
        Self(recent[recent.len().saturating_sub(MAX_ROTATIONS)..].to_vec())
    }

    /// Whether the token that was spent `rotations_ago` (1 is the latest) is still in its grace period.
    #[must_use]
    pub fn is_in_grace(&self, rotations_ago: i64, now: Moment) -> bool {
        let spent = usize::try_from(rotations_ago).ok().and_then(|ago| self.0.len().checked_sub(ago));
        spent.and_then(|index| self.0.get(index)).is_some_and(|at| is_within_grace(*at, now))
    }
}

fn is_within_grace(at: Moment, now: Moment) -> bool {
    // The absolute difference, because the clock may have stepped back since.
    (now - at).abs() < GRACE_PERIOD
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(second: i64) -> Moment {
        Moment::UNIX_EPOCH + TimeDelta::seconds(second)
    }

    #[test]
    fn the_grace_period_is_a_time_and_not_a_number_of_rotations() {
        let rotations = Rotations::default().and(second(0)).and(second(4)).and(second(8));
        for (ago, now, is_answered) in
            [(1, 8, true), (2, 8, true), (3, 8, true), (3, 10, false), (2, 13, true), (2, 14, false), (1, 18, false)]
        {
            assert_eq!(rotations.is_in_grace(ago, second(now)), is_answered, "{ago} ago at {now}");
        }
        for ago in [i64::MIN, -1, 0, 4, i64::MAX] {
            assert!(!rotations.is_in_grace(ago, second(8)), "{ago}");
        }
    }

    #[test]
    fn rotations_are_bounded_and_parse_back() {
        let mut rotations = Rotations::default();
        for _ in 0..=MAX_ROTATIONS {
            rotations = rotations.and(second(1));
        }
        assert_eq!(rotations.0.len(), MAX_ROTATIONS);
        assert_eq!(Rotations::parse(&rotations.to_text()), rotations);
        assert_eq!(rotations.and(second(100)).0, [second(100)]);
        assert_eq!(
            Rotations::parse("x 1 99999999999999999999"),
            Rotations(vec![Moment::UNIX_EPOCH + TimeDelta::microseconds(1)])
        );
    }
}
