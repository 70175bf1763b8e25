//! When the refresh tokens of a family were spent, as far back as the grace reaches.

use chrono::TimeDelta;

use crate::domain::moment::Moment;

/// How long a spent refresh token is answered with its successor.
const GRACE: TimeDelta = TimeDelta::seconds(10);
/// How many are kept at most: a program that exchanges more than this within the grace gets none for the oldest.
const KEPT: usize = 100;

/// The latest exchanges of a family, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rotations(Vec<Moment>);

impl Rotations {
    /// Reads what [`Rotations::to_text`] wrote; anything else is no exchange.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let read = |word: &str| word.parse().ok().and_then(Moment::from_timestamp_micros);
        Self(text.split_whitespace().filter_map(read).collect())
    }

    /// Microseconds since 1970, separated by spaces.
    #[must_use]
    pub fn to_text(&self) -> String {
        let words: Vec<_> = self.0.iter().map(|at| at.timestamp_micros().to_string()).collect();
        words.join(" ")
    }

    /// One more exchange; those past the grace are forgotten.
    #[must_use]
    pub fn and(&self, now: Moment) -> Self {
        let recent = self.0.iter().copied().filter(|at| is_within_grace(*at, now)).chain([now]).collect::<Vec<_>>();
        Self(recent[recent.len().saturating_sub(KEPT)..].to_vec())
    }

    /// Whether the token that was spent so many exchanges ago, 1 for the latest, is still answered.
    #[must_use]
    pub fn is_in_grace(&self, exchanges_ago: i64, now: Moment) -> bool {
        let spent = usize::try_from(exchanges_ago).ok().and_then(|ago| self.0.len().checked_sub(ago));
        spent.and_then(|index| self.0.get(index)).is_some_and(|at| is_within_grace(*at, now))
    }
}

/// Also where the clock has stepped back since.
fn is_within_grace(at: Moment, now: Moment) -> bool {
    (now - at).abs() < GRACE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(second: i64) -> Moment {
        Moment::UNIX_EPOCH + TimeDelta::seconds(second)
    }

    #[test]
    fn the_grace_counts_time_and_not_exchanges() {
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
    fn what_is_kept_is_bounded_and_read_as_it_was_written() {
        let mut rotations = Rotations::default();
        for _ in 0..=KEPT {
            rotations = rotations.and(second(1));
        }
        assert_eq!(rotations.0.len(), KEPT);
        assert_eq!(Rotations::parse(&rotations.to_text()), rotations);
        assert_eq!(rotations.and(second(100)).0, [second(100)]);
        assert_eq!(
            Rotations::parse("x 1 99999999999999999999"),
            Rotations(vec![Moment::UNIX_EPOCH + TimeDelta::microseconds(1)])
        );
    }
}
