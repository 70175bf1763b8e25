//! How far an act on many has come, and what came of it.

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
    store::bulk::acts::BulkRecord,
};

/// A short act is done before its page is shown.
const WAITED_FOR: Duration = Duration::from_secs(3);
/// An act of which nothing was heard for so long has been interrupted: its server has stopped.
const SILENT_FOR: chrono::TimeDelta = chrono::TimeDelta::seconds(60);

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

/// Where an act is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Stage {
    /// It goes on.
    Running,
    /// It has come to its end.
    Done,
    /// It could not go on.
    Failed,
    /// Its server has stopped.
    Interrupted,
}

impl ProgressView {
    fn of(act: BulkRecord, now: Moment) -> Self {
        let state = match (&act.failure, act.ended_at) {
            (Some(_), _) => Stage::Failed,
            (None, Some(_)) => Stage::Done,
            (None, None) if now - act.updated_at > SILENT_FOR => Stage::Interrupted,
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

/// Carries an act out beside the request, and waits a while for its end.
pub(super) async fn carry_out(run: BulkRun) {
    let carried_out = tokio::spawn(async move {
        if let Err(error) = run.run().await {
            log::warn!("an act on many users could not be carried to its end: {error}");
        }
    });
    // What takes longer goes on, and its page tells how far it has come.
    let _ = timeout(WAITED_FOR, carried_out).await;
}

#[get("/admin/bulk/<id>")]
pub(super) async fn show(
    _staff: Staff<'_>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    id: &str,
) -> Answer {
    // A text that cannot be an act's name must not reach the database, where Postgres would refuse a NUL in it.
    let Some(id) = SessionId::parse(id) else { return Answer::Status(Status::NotFound) };
    match accounts.find_bulk_record(&id).await {
        Ok(Some(act)) => {
            let now = accounts.store().clock().estimate();
            pages.show("admin/bulk_progress", &ProgressView::of(act, now))
        }
        Ok(None) => Answer::Status(Status::NotFound),
        Err(error) => refuse(changes, error),
    }
}
