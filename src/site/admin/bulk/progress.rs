//! The progress and the result of a bulk action.

use std::time::Duration;

use rocket::{
    State, get,
    http::Status,
    tokio::{self, time::timeout},
};
use serde::Serialize;

use crate::{
    accounts::{Accounts, BulkRun},
    domain::{logins::session_secret::SessionId, moment::Moment},
    gate::{Changes, Staff},
    site::pages::{
        Pages,
        answer::{Answer, refuse},
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
        Self {
            state,
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
pub(super) async fn run_in_background(run: BulkRun) {
    let task = tokio::spawn(async move {
        if let Err(error) = run.run().await {
            log::warn!("a bulk action stopped with an error: {error}");
        }
    });
    let _ = timeout(MAX_WAIT, task).await;
}

#[get("/admin/bulk/<id>")]
pub(super) async fn show(
    _staff: Staff<'_>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    id: &str,
) -> Answer {
    // Only a valid id may reach the database: Postgres refuses a text with a NUL.
    let Some(id) = SessionId::parse(id) else { return Answer::Status(Status::NotFound) };
    match accounts.find_bulk_record(&id).await {
        Ok(Some(act)) => {
            let now = accounts.estimated_now();
            pages.show("admin/bulk_progress", &ProgressView::of(act, now))
        }
        Ok(None) => Answer::Status(Status::NotFound),
        Err(error) => refuse(changes, error),
    }
}
