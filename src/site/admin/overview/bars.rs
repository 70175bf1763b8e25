//! The bars of a chart and the scale of its axis.

use serde::Serialize;

/// The height of the chart, in SVG units.
pub(super) const HEIGHT: i64 = 100;
/// The width of a bar.
const WIDTH: i64 = 8;
/// The distance from the start of one bar to the next.
pub(super) const STEP: i64 = 10;
/// Keeps a small count visible.
const MIN_HEIGHT: i64 = 3;
/// The first digits of the number at the top of an axis. Half of it is a whole number.
const TOPS: [i64; 4] = [2, 4, 6, 10];

/// One step of a chart.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct BarView {
    x: i64,
    y: i64,
    width: i64,
    height: i64,
    label: String,
    /// Whether there is a count. A step without one is hatched.
    is_counted: bool,
}

/// The bar of a count, below the number at the top of the axis.
pub(super) fn bar(label: &str, count: Option<i64>, top: i64, step: i64) -> BarView {
    let height = match count.unwrap_or_default() {
        0 => 0,
        count => (count.saturating_mul(HEIGHT) / top.max(1)).max(MIN_HEIGHT),
    };
    let x = step * STEP + (STEP - WIDTH) / 2;
    let label = count.map_or_else(|| format!("{label}: not counted"), |count| format!("{label}: {count}"));
    BarView { x, y: HEIGHT - height, width: WIDTH, height, label, is_counted: count.is_some() }
}

/// The number at the top of the axis: the next round one.
pub(super) fn top_of(peak: i64) -> i64 {
    let mut unit: i64 = 1;
    loop {
        if let Some(top) = TOPS.into_iter().map(|top| unit.saturating_mul(top)).find(|top| *top >= peak) {
            return top;
        }
        unit = unit.saturating_mul(10);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_at_the_top_fills_the_chart_and_no_bar_disappears() {
        let heights = |counts: [i64; 3]| counts.map(|count| bar("", Some(count), 1_000_000, 0).height);
        assert_eq!(heights([1_000_000, 500_000, 1]), [HEIGHT, HEIGHT / 2, MIN_HEIGHT]);
        assert_eq!(bar("", Some(0), 2, 3), bar("", Some(0), 10, 3));
        assert_eq!((bar("", Some(4), 4, 3).x, bar("", Some(4), 4, 3).y), (31, 0));
        assert_eq!(
            (bar("10:00", None, 4, 0).label.as_str(), bar("", None, 4, 0).is_counted),
            ("10:00: not counted", false)
        );
    }

    #[test]
    fn an_axis_ends_with_a_round_number() {
        for (peak, top) in [(0, 2), (2, 2), (3, 4), (7, 10), (11, 20), (61, 100), (101, 200), (999_999, 1_000_000)] {
            assert_eq!(top_of(peak), top, "{peak}");
        }
        assert_eq!(top_of(i64::MAX), i64::MAX);
    }
}
