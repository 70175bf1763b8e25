//! The staff overview: counts, charts, schedules and recent events.

mod bars;
mod charts;

use std::time::Duration;

use rocket::{Route, State, get, routes};
use serde::Serialize;

use self::charts::SpanView;
use super::events::view::{EventView, list_since};
use crate::{
    accounts::{self, Accounts, LateLetters, Overview},
    domain::{
        event_kind::EventKind,
        moment::{Moment, moment_before},
    },
    gate::{Changes, Staff},
    site::pages::{
        Pages,
        answer::{Answer, refuse},
    },
    store::{lists::overview, site},
};

/// How far back logins are counted: the same for staff in every time zone.
const DAY: Duration = Duration::from_hours(24);
/// The number of events and schedules shown.
const NEWEST: i64 = 15;

#[derive(Debug, Serialize)]
struct OverviewView {
    counts: CountsView,
    /// Letters that give a reason to look.
    letters: Option<LettersView>,
    spans: Vec<SpanView>,
    everyone: EveryoneView,
    scheduled: Vec<ScheduledView>,
    /// Whether there are more schedules than shown.
    scheduled_more: bool,
    events: Vec<EventView>,
}

#[derive(Debug, Serialize)]
struct CountsView {
    users: i64,
    users_estimated: bool,
    staff: i64,
    inactive: i64,
    live_sessions: i64,
    live_sessions_estimated: bool,
    logins_in_a_day: i64,
    logins_href: String,
    failed_in_a_day: i64,
    failed_href: String,
}

#[derive(Debug, Serialize)]
struct LettersView {
    waiting: i64,
    waiting_is_minimum: bool,
    since: Option<Moment>,
    failed: i64,
}

impl LettersView {
    fn of(late: LateLetters) -> Option<Self> {
        let LateLetters { waiting, waiting_is_minimum, since, failed } = late;
        (waiting > 0 || failed > 0).then_some(Self { waiting, waiting_is_minimum, since, failed })
    }
}

#[derive(Debug, Serialize)]
struct EveryoneView {
    force_logout_date: Option<Moment>,
    scheduled: Option<Moment>,
    user_reason: Option<String>,
}

/// A scheduled force logout of one user, or of everyone if there is no id.
#[derive(Debug, Serialize)]
struct ScheduledView {
    id: Option<i64>,
    username: Option<String>,
    at: Moment,
    user_reason: Option<String>,
}

async fn read(accounts: &Accounts) -> accounts::Result<OverviewView> {
    let late = accounts.read_late_letters(DAY).await?;
    let Overview { now, site, counts, mut scheduled, events } = accounts.read_overview(DAY, NEWEST).await?;
    let spans = charts::read(accounts, now, counts.live_sessions).await?;
    let shown = usize::try_from(NEWEST).unwrap_or_default();
    let scheduled_more = scheduled.len() > shown;
    scheduled.truncate(shown);
    Ok(OverviewView {
        counts: CountsView {
            users: counts.users,
            users_estimated: counts.users_estimated,
            staff: counts.staff,
            inactive: counts.inactive,
            live_sessions: counts.live_sessions,
            live_sessions_estimated: counts.live_sessions_estimated,
            logins_in_a_day: counts.logins,
            logins_href: list_since(EventKind::Login, moment_before(now, DAY)),
            failed_in_a_day: counts.failed_logins,
            failed_href: list_since(EventKind::LoginFailed, moment_before(now, DAY)),
        },
        letters: LettersView::of(late),
        spans,
        scheduled_more,
        scheduled: scheduled_in_order(&site, scheduled),
        everyone: EveryoneView {
            force_logout_date: site.force_logout_date,
            scheduled: site.force_logout_scheduled,
            user_reason: if site.force_logout_scheduled.is_some() {
                site.force_logout_scheduled_user_reason
            } else {
                site.force_logout_user_reason
            },
        },
        events: events.into_iter().map(EventView::from).collect(),
    })
}

/// Merges everyone's schedule with those of single users, by time.
fn scheduled_in_order(site: &site::Site, of_users: Vec<overview::Scheduled>) -> Vec<ScheduledView> {
    let of_everyone = site.force_logout_scheduled.map(|at| ScheduledView {
        id: None,
        username: None,
        at,
        user_reason: site.force_logout_scheduled_user_reason.clone(),
    });
    let of_users = of_users.into_iter().map(|entry| ScheduledView {
        id: Some(entry.id),
        username: Some(entry.username),
        at: entry.at,
        user_reason: entry.user_reason,
    });
    let mut all: Vec<_> = of_everyone.into_iter().chain(of_users).collect();
    all.sort_by_key(|entry| entry.at);
    all
}

#[get("/admin")]
pub async fn show(_staff: Staff<'_>, accounts: &State<Accounts>, pages: Pages<'_>, changes: Changes<'_>) -> Answer {
    match read(accounts).await {
        Ok(view) => pages.show("admin/overview", &view),
        Err(error) => refuse(changes, error),
    }
}

/// The routes of the page.
pub fn routes() -> Vec<Route> {
    routes![show]
}
