//! The charts of the overview: logins, failed logins and live sessions, over a day and over two weeks.
//!
//! Each chart is an SVG of bars over an axis. Logins and failed logins share one scale. A table below shows the same
//! numbers, for users who cannot see the bars. Days are days of UTC; with scripts, `local-charts.js` counts the hours
//! again by the days of the browser's time zone, in the same way as here.

use std::collections::BTreeMap;

use chrono::{DurationRound as _, TimeDelta};
use serde::Serialize;

use super::bars::{BarView, HEIGHT, STEP, bar, top_of};
use crate::{
    accounts::{self, Accounts, Hours},
    domain::moment::Moment,
    store::logins::by_hour::{HOUR, LoginsOfHour},
};

/// How far back the hours for scripts begin: the days of a time zone begin up to a day earlier than those of UTC, and one
/// of them may have 25 hours.
const HOURS_FOR_DAYS: i32 = 14 * 24 + 1;

/// A span of time up to now, in equal steps.
struct Span {
    title: &'static str,
    unit: &'static str,
    by: &'static str,
    step: TimeDelta,
    steps: i32,
    /// How many steps lie between two ticks of the axis.
    tick: usize,
    format: &'static str,
    tick_format: &'static str,
}

const SPANS: [Span; 2] = [
    Span {
        title: "Last 24 hours",
        unit: "Hour",
        by: "per hour",
        step: TimeDelta::hours(1),
        steps: 24,
        tick: 6,
        format: "%H:%M UTC",
        tick_format: "%H:%M",
    },
    Span {
        title: "Last 14 days",
        unit: "Day",
        by: "per day (UTC)",
        step: TimeDelta::days(1),
        steps: 14,
        tick: 2,
        format: "%-d %B",
        tick_format: "%-d %b",
    },
];

/// The charts and the table of one span.
#[derive(Debug, Serialize)]
pub(super) struct SpanView {
    title: &'static str,
    unit: &'static str,
    /// Whether the steps are hours, which scripts show in the browser's zone.
    is_hourly: bool,
    width: i64,
    height: i64,
    charts: Vec<ChartView>,
    ticks: Vec<TickView>,
    rows: Vec<RowView>,
    /// Whether a step has no count of live sessions.
    has_gaps: bool,
    /// The hours of the days, for scripts.
    hours: Option<HoursView>,
}

#[derive(Debug, Serialize)]
struct ChartView {
    kind: &'static str,
    name: &'static str,
    figure: i64,
    figure_unit: &'static str,
    label: String,
    /// The number at the top of the axis; half of it is a whole number.
    top: i64,
    bars: Vec<BarView>,
}

/// A tick of the axis, at the start of a step.
#[derive(Debug, Serialize)]
struct TickView {
    at: Moment,
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

/// The counts of each hour, separated by spaces. `-` is an hour that was not counted.
#[derive(Debug, Serialize)]
struct HoursView {
    from: Moment,
    logins: String,
    failed: String,
    live: String,
}

/// Reads the charts. `live_now` is the current number of live sessions.
pub(super) async fn read(accounts: &Accounts, now: Moment, live_now: i64) -> accounts::Result<Vec<SpanView>> {
    let spans = SPANS.map(|span| (span.moments(now), span));
    let from = now.duration_trunc(HOUR).unwrap_or(now) - HOUR * HOURS_FOR_DAYS;
    // The current hour is included. Both spans end with it, because the current day has no later counts.
    let Hours { logins: hours, live_sessions: samples } = accounts.read_hours(from, now).await?;
    let view = |(moments, span): &(Vec<Moment>, Span)| {
        let in_step = |of: fn(&LoginsOfHour) -> i64| {
            let step =
                |step: &[Moment]| hours.iter().filter(|at| step[0] <= at.hour && at.hour < step[1]).map(of).sum();
            moments.windows(2).map(step).collect::<Vec<i64>>()
        };
        let live = live_sessions(moments, &samples, live_now);
        let view =
            span.view(moments, &in_step(|hour| hour.logins), &in_step(|hour| hour.failed_logins), (&live, live_now));
        SpanView { hours: (!view.is_hourly).then(|| hours_view(from, &hours, &samples)), ..view }
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

fn hours_view(from: Moment, logins: &[LoginsOfHour], samples: &[(Moment, i64)]) -> HoursView {
    let logins: BTreeMap<Moment, &LoginsOfHour> = logins.iter().map(|hour| (hour.hour, hour)).collect();
    let samples: BTreeMap<Moment, i64> = samples.iter().copied().collect();
    let listed = |count: &dyn Fn(Moment) -> Option<i64>| {
        let counts = (0..=HOURS_FOR_DAYS).map(|number| count(from + HOUR * number));
        let counts = counts.map(|count| count.map_or_else(|| "-".to_owned(), |count| count.to_string()));
        counts.collect::<Vec<_>>().join(" ")
    };
    HoursView {
        from,
        logins: listed(&|hour| Some(logins.get(&hour).map_or(0, |counts| counts.logins))),
        failed: listed(&|hour| Some(logins.get(&hour).map_or(0, |counts| counts.failed_logins))),
        live: listed(&|hour| samples.get(&hour).copied()),
    }
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
        let starts = &moments[..moments.len() - 1];
        let labels: Vec<String> = starts.iter().map(|moment| moment.format(self.format).to_string()).collect();
        let counted = |counts: &[i64]| counts.iter().copied().map(Some).collect::<Vec<_>>();
        let total = |counts: &[i64]| (counts.iter().sum(), "total");
        let top_of_logins = top_of(logins.iter().chain(failed).copied().max().unwrap_or_default());
        let top_of_live = top_of(live.iter().flatten().copied().max().unwrap_or_default());
        let rows = starts.iter().zip(&labels).zip(logins.iter().zip(failed).zip(live));
        SpanView {
            title: self.title,
            unit: self.unit,
            is_hourly: self.step < TimeDelta::days(1),
            width: STEP * i64::from(self.steps),
            height: HEIGHT,
            charts: vec![
                self.chart(("logins", "Logins"), total(logins), (&labels, top_of_logins), &counted(logins)),
                self.chart(("failed", "Failed logins"), total(failed), (&labels, top_of_logins), &counted(failed)),
                self.chart(("live", "Live sessions"), (live_now, "now"), (&labels, top_of_live), live),
            ],
            ticks: starts
                .iter()
                .step_by(self.tick)
                .map(|at| TickView { at: *at, label: at.format(self.tick_format).to_string() })
                .collect(),
            rows: rows
                .map(|((at, label), ((logins, failed), live))| RowView {
                    at: *at,
                    label: label.clone(),
                    logins: *logins,
                    failed: *failed,
                    live: *live,
                })
                .collect(),
            has_gaps: live.iter().any(Option::is_none),
            hours: None,
        }
    }

    fn chart(
        &self,
        (kind, name): (&'static str, &'static str),
        (figure, figure_unit): (i64, &'static str),
        (labels, top): (&[String], i64),
        counts: &[Option<i64>],
    ) -> ChartView {
        let peak = counts.iter().flatten().copied().max().unwrap_or_default();
        let at_peak = labels.iter().zip(counts).find(|(_, count)| **count == Some(peak)).map_or("", |(label, _)| label);
        let most = if peak > 0 { format!(", peak {peak} ({at_peak})") } else { String::new() };
        ChartView {
            kind,
            name,
            figure,
            figure_unit,
            label: format!("{name} {}: {figure} {figure_unit}{most}", self.by),
            top,
            bars: labels
                .iter()
                .zip(counts)
                .zip(0..)
                .map(|((label, count), step)| bar(label, *count, top, step))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn logins_and_failed_logins_have_one_scale_and_an_axis_with_ticks() {
        let moments = SPANS[0].moments(Moment::UNIX_EPOCH + TimeDelta::days(100));
        let (mut logins, mut failed) = ([0; 24], [0; 24]);
        (logins[3], failed[5]) = (50, 400);
        let live: Vec<Option<i64>> = (0..24).map(|hour| (hour > 2).then_some(7)).collect();
        let view = SPANS[0].view(&moments, &logins, &failed, (&live, 7));
        assert_eq!(view.charts.iter().map(|chart| chart.top).collect::<Vec<_>>(), [400, 400, 10]);
        assert!(view.has_gaps);
        let ticks: Vec<&str> = view.ticks.iter().map(|tick| tick.label.as_str()).collect();
        assert_eq!(ticks, ["01:00", "07:00", "13:00", "19:00"]);
        assert_eq!(view.ticks[1].at, moments[6]);
    }

    #[test]
    fn the_hours_for_scripts_cover_the_days_of_every_zone() {
        let from = Moment::UNIX_EPOCH;
        let logins = [LoginsOfHour { hour: from + HOUR, logins: 3, failed_logins: 4 }];
        let view = hours_view(from, &logins, &[(from + HOUR * 2, 5)]);
        assert!(view.logins.starts_with("0 3 0 ") && view.failed.starts_with("0 4 0 "));
        assert!(view.live.starts_with("- - 5 - "), "{}", view.live);
        assert_eq!(view.live.split(' ').count(), 14 * 24 + 2, "up to the current hour");
    }
}
