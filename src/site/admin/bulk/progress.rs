//! The progress and the result of a bulk action.

use std::time::Duration;

use rocket::{
    State, get,
    http::Status,
    tokio::{self, time::timeout},
    uri,
};
use serde::Serialize;

use super::view::UserView;
use crate::{
    accounts::{self, Accounts, BulkRun, MOST_COUNTED},
    domain::{
        bulk::BulkAction,
        lists::users_query::{LAST_PAGE, PageNumber},
        logins::public_id::PublicId,
        moment::Moment,
    },
    gate::{Changes, Staff},
    site::{
        admin::{receipt::view::ReceiptView, search::no_repeated_field::NoRepeatedField},
        pages::{
            Pages,
            answer::{Answer, refuse},
        },
    },
    store::bulk::records::BulkRecord,
};

/// How long the request waits for the action, so that a short one is done before its page is shown.
const MAX_WAIT: Duration = Duration::from_secs(3);
/// An action without an update for this long was interrupted, because its server stopped.
const INTERRUPTED_AFTER: chrono::TimeDelta = chrono::TimeDelta::seconds(60);

#[derive(Debug, Serialize)]
struct ProgressView {
    action: String,
    actor: String,
    actor_id: Option<i64>,
    state: Stage,
    promised_users: i64,
    promised_sessions: i64,
    promised_tokens: i64,
    skipped: i64,
    users_done: i64,
    sessions_ended: i64,
    tokens_ended: i64,
    started_at: Moment,
    ended_at: Option<Moment>,
    failure: Option<String>,
    /// Whether the outcome is not what was promised.
    differs: bool,
    force_logout_at: Option<Moment>,
    deactivated_until: Option<Moment>,
    staff_reason: Option<String>,
    user_reason: Option<String>,
    receipt: Option<ReceiptView>,
    address: String,
    list: String,
    inverse: Option<&'static str>,
    users: Vec<UserView>,
    page: u32,
    previous: Option<String>,
    next: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Stage {
    Running,
    Done,
    /// It stopped with an error.
    Failed,
    /// Its server stopped.
    Interrupted,
}

impl ProgressView {
    fn of(act: BulkRecord, now: Moment) -> Self {
        let state = match (&act.failure, act.ended_at) {
            (Some(_), _) => Stage::Failed,
            (None, Some(_)) => Stage::Done,
            (None, None) if now - act.updated_at > INTERRUPTED_AFTER => Stage::Interrupted,
            (None, None) => Stage::Running,
        };
        let is_scheduled = act.force_logout_at.is_some_and(|at| at > now);
        let inverse = BulkAction::parse(&act.action).ok().and_then(|action| action.inverse(is_scheduled));
        let address = uri!(show(id = act.id.as_str(), page = None::<&str>)).to_string();
        Self {
            state,
            inverse: inverse.filter(|_| state != Stage::Running && act.users_done > 0).map(BulkAction::code),
            differs: differs(&act),
            address,
            list: act.id,
            force_logout_at: act.force_logout_at,
            deactivated_until: act.deactivated_until,
            staff_reason: act.staff_reason,
            user_reason: act.user_reason,
            receipt: None,
            users: Vec::new(),
            page: 1,
            previous: None,
            next: None,
            action: act.action,
            actor: act.actor,
            actor_id: act.actor_id,
            promised_users: act.promised_users,
            promised_sessions: act.promised_sessions,
            promised_tokens: act.promised_tokens,
            skipped: act.skipped,
            users_done: act.users_done,
            sessions_ended: act.sessions_ended,
            tokens_ended: act.tokens_ended,
            started_at: act.started_at,
            ended_at: act.ended_at,
            failure: act.failure,
        }
    }
}

/// Runs a bulk action in a separate task and waits up to [`MAX_WAIT`]. A longer action continues in the background.
pub(in crate::site::admin) async fn run_in_background(run: BulkRun) {
    let task = tokio::spawn(async move {
        if let Err(error) = run.run().await {
            log::warn!("a bulk action stopped with an error: {error}");
        }
    });
    let _ = timeout(MAX_WAIT, task).await;
}

/// Whether the outcome is not what was promised. Only as many logins were promised as are counted.
fn differs(act: &BulkRecord) -> bool {
    let promised = act.promised_sessions + act.promised_tokens;
    let is_more = promised.unsigned_abs() > MOST_COUNTED;
    let logins = if is_more {
        (act.sessions_ended + act.tokens_ended).unsigned_abs() <= MOST_COUNTED
    } else {
        (act.promised_sessions, act.promised_tokens) != (act.sessions_ended, act.tokens_ended)
    };
    // A schedule ends no logins yet.
    let is_schedule = act.force_logout_at.is_some_and(|at| at > act.started_at);
    act.users_done != act.promised_users || logins && !is_schedule
}

#[get("/admin/bulk/<id>?<page>")]
pub(in crate::site) async fn show(
    _staff: Staff<'_>,
    _once: NoRepeatedField,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    id: &str,
    page: Option<&str>,
) -> Answer {
    // Only a valid id may reach the database: Postgres refuses a text with a NUL.
    let Some(id) = PublicId::parse(id) else { return Answer::Status(Status::NotFound) };
    let page = PageNumber::parse(page.unwrap_or_default()).ok().filter(|page| !page.is_beyond_last());
    let Some(page) = page else { return Answer::Status(Status::BadRequest) };
    match read(accounts, &id, page).await {
        Ok(Some(view)) => pages.show_form("admin/bulk_progress", &view),
        Ok(None) => Answer::Status(Status::NotFound),
        Err(error) => refuse(changes, error),
    }
}

async fn read(accounts: &Accounts, id: &PublicId, page: PageNumber) -> accounts::Result<Option<ProgressView>> {
    let Some(act) = accounts.find_bulk_record(id).await? else { return Ok(None) };
    let receipt = match act.event_id {
        Some(event_id) => accounts.find_receipt_of_event(event_id).await?.and_then(ReceiptView::of),
        None => None,
    };
    let (users, has_more) = accounts.list_bulk_users(id, page).await?;
    let number = page.get();
    let href = |page: u32| {
        let page = (page > 1).then(|| page.to_string());
        uri!(show(id = id.as_str(), page = page.as_deref())).to_string()
    };
    Ok(Some(ProgressView {
        receipt,
        users: users.into_iter().map(UserView::from).collect(),
        page: number,
        previous: (number > 1).then(|| href(number - 1)),
        next: (has_more && number < LAST_PAGE).then(|| href(number + 1)),
        ..ProgressView::of(act, accounts.estimated_now())
    }))
}
