//! The charts of the overview: logins, failed logins and live sessions, over a day and over two weeks.
//!
//! Each chart is an SVG of bars. A table below shows the same numbers, for users who cannot see the bars.

use std::collections::BTreeMap;

use chrono::{DurationRound as _, TimeDelta};
use serde::Serialize;

use crate::{
    accounts::{self, Accounts, Hours},
    domain::moment::Moment,
    store::logins::by_hour::LoginsOfHour,
};

/// The height of the highest bar, in SVG units.
const HEIGHT: i64 = 100;
/// The width of a bar.
const WIDTH: i64 = 8;
/// The distance from the start of one bar to the next.
const STEP: i64 = 10;
/// Keeps a small count visible.
const MIN_HEIGHT: i64 = 3;

/// A span of time up to now, in equal steps.
struct Span {
    title: &'static str,
    unit: &'static str,
    by: &'static str,
    step: TimeDelta,
    steps: i32,
    format: &'static str,
}

const SPANS: [Span; 2] = [
    Span {
        title: "Last 24 hours",
        unit: "Hour",
        by: "per hour",
        step: TimeDelta::hours(1),
        steps: 24,
        format: "%H:%M UTC",
    },
    Span {
        title: "Last 14 days",
        unit: "Day",
        by: "per day (UTC)",
        step: TimeDelta::days(1),
        steps: 14,
        format: "%-d %B",
    },
];

/// The charts and the table of one span.
#[derive(Debug, Serialize)]
pub(super) struct SpanView {
    title: &'static str,
    unit: &'static str,
    /// Whether the steps are hours, which scripts show in the browser's zone. Days are always UTC.
    is_hourly: bool,
    width: i64,
    height: i64,
    charts: Vec<ChartView>,
    rows: Vec<RowView>,
}

#[derive(Debug, Serialize)]
struct ChartView {
    kind: &'static str,
    name: &'static str,
    figure: i64,
    figure_unit: &'static str,
    label: String,
    bars: Vec<BarView>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct BarView {
    x: i64,
    y: i64,
    width: i64,
    height: i64,
    label: String,
}

/// A row of the table. `live` is `None` while no server ran to count the sessions.
#[derive(Debug, Serialize)]
struct RowView {
    at: Moment,
    label: String,
    logins: i64,
    failed: i64,
    live: Option<i64>,
}

/// Reads the charts. `live_now` is the current number of live sessions.
pub(super) async fn read(accounts: &Accounts, now: Moment, live_now: i64) -> accounts::Result<Vec<SpanView>> {
    let spans = SPANS.map(|span| (span.moments(now), span));
    let bounds = || spans.iter().flat_map(|(moments, _)| moments);
    let from = bounds().copied().fold(now, Moment::min);
    // The current hour is included. Both spans end with it, because the current day has no later counts.
    let Hours { logins: hours, live_sessions: samples } = accounts.read_hours(from, now).await?;
    let view = |(moments, span): &(Vec<Moment>, Span)| {
        let in_step = |of: fn(&LoginsOfHour) -> i64| {
            let step =
                |step: &[Moment]| hours.iter().filter(|at| step[0] <= at.hour && at.hour < step[1]).map(of).sum();
            moments.windows(2).map(step).collect::<Vec<i64>>()
        };
        let live = live_sessions(moments, &samples, live_now);
        span.view(moments, &in_step(|hour| hour.logins), &in_step(|hour| hour.failed_logins), (&live, live_now))
    };
    Ok(spans.iter().map(view).collect())
}

/// The highest count within each step. The current step includes the current count.
fn live_sessions(moments: &[Moment], samples: &[(Moment, i64)], live_now: i64) -> Vec<Option<i64>> {
    let mut highest: BTreeMap<usize, i64> = BTreeMap::from([(moments.len() - 2, live_now)]);
    for (hour, live) in samples {
        let after = moments.partition_point(|moment| moment <= hour);
        if let Some(step) = after.checked_sub(1).filter(|step| step + 1 < moments.len()) {
            highest.entry(step).and_modify(|known| *known = (*live).max(*known)).or_insert(*live);
        }
    }
    (0..moments.len() - 1).map(|step| highest.get(&step).copied()).collect()
}

impl Span {
    /// The start of each step, and the end of the current one.
    fn moments(&self, now: Moment) -> Vec<Moment> {
        let current = now.duration_trunc(self.step).unwrap_or(now);
        (1 - self.steps..=1).map(|number| current + self.step * number).collect()
    }

    fn view(
        &self,
        moments: &[Moment],
        logins: &[i64],
        failed: &[i64],
        (live, live_now): (&[Option<i64>], i64),
    ) -> SpanView {
        let labels: Vec<String> =
            moments[..moments.len() - 1].iter().map(|moment| moment.format(self.format).to_string()).collect();
        let counted: Vec<i64> = live.iter().map(|live| live.unwrap_or_default()).collect();
        let total = |counts: &[i64]| (counts.iter().sum(), "total");
        SpanView {
            title: self.title,
            unit: self.unit,
            is_hourly: self.step < TimeDelta::days(1),
            width: STEP * i64::from(self.steps),
            height: HEIGHT,
            charts: vec![
                self.chart(("logins", "Logins"), total(logins), &labels, logins),
                self.chart(("failed", "Failed logins"), total(failed), &labels, failed),
                self.chart(("live", "Live sessions"), (live_now, "now"), &labels, &counted),
            ],
            rows: labels
                .iter()
                .zip(moments)
                .zip(logins.iter().zip(failed))
                .zip(live)
                .map(|(((label, at), (logins, failed)), live)| RowView {
                    at: *at,
                    label: label.clone(),
                    logins: *logins,
                    failed: *failed,
                    live: *live,
                })
                .collect(),
        }
    }

    fn chart(
        &self,
        (kind, name): (&'static str, &'static str),
        (figure, figure_unit): (i64, &'static str),
        labels: &[String],
        counts: &[i64],
    ) -> ChartView {
        let peak = counts.iter().copied().max().unwrap_or_default();
        let at_peak = labels.iter().zip(counts).find(|(_, count)| **count == peak).map_or("", |(label, _)| label);
        let most = if peak > 0 { format!(", peak {peak} ({at_peak})") } else { String::new() };
        ChartView {
            kind,
            name,
            figure,
            figure_unit,
            label: format!("{name} {}: {figure} {figure_unit}{most}", self.by),
            bars: labels
                .iter()
                .zip(counts)
                .zip(0..)
                .map(|((label, count), step)| bar(label, *count, peak, step))
                .collect(),
        }
    }
}

fn bar(label: &str, count: i64, peak: i64, step: i64) -> BarView {
    let height = if count > 0 { (count.saturating_mul(HEIGHT) / peak.max(1)).max(MIN_HEIGHT) } else { 0 };
    let x = step * STEP + (STEP - WIDTH) / 2;
    BarView { x, y: HEIGHT - height, width: WIDTH, height, label: format!("{label}: {count}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_bar_fills_the_chart_and_no_bar_disappears() {
        let heights = |counts: [i64; 3]| counts.map(|count| bar("", count, 1_000_000, 0).height);
        assert_eq!(heights([1_000_000, 500_000, 1]), [HEIGHT, HEIGHT / 2, MIN_HEIGHT]);
        assert_eq!(bar("", 0, 0, 3), bar("", 0, 9, 3));
        assert_eq!((bar("", 5, 5, 3).x, bar("", 5, 5, 3).y), (31, 0));
    }

    #[test]
    fn a_span_ends_with_the_current_step() {
        let now = Moment::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::minutes(845);
        let texts = |span: &Span| {
            let moments = span.moments(now);
            assert_eq!(moments.len(), 1 + usize::try_from(span.steps).unwrap_or_default());
            [moments[0], moments[moments.len() - 2]].map(|moment| moment.format("%d %H:%M").to_string())
        };
        assert_eq!(texts(&SPANS[0]), ["03 15:00", "04 14:00"]);
        assert_eq!(texts(&SPANS[1]), ["21 00:00", "04 00:00"]);
    }

    #[test]
    fn a_step_shows_its_highest_sample_or_none_if_there_is_no_sample() {
        let moments = SPANS[1].moments(Moment::UNIX_EPOCH + TimeDelta::days(100));
        let at = |day: usize, hours| moments[day] + TimeDelta::hours(hours);
        let samples = vec![(at(0, 0), 3), (at(0, 23), 5), (at(2, 1), 7), (at(13, 0), 9)];
        let live = live_sessions(&moments, &samples, 2);
        assert_eq!(live[..3], [Some(5), None, Some(7)]);
        assert_eq!(live[13], Some(9), "an earlier sample of today counts too");
    }
}
