//! An event as staff see it.

use serde::Serialize;

use super::labels::label_of;
use crate::{
    domain::{logins::user_agent::Device, moment::Moment},
    store::events::EventRow,
};

#[derive(Debug, Serialize)]
pub(in crate::site) struct EventView {
    at: Moment,
    label: String,
    kind: String,
    actor: Option<String>,
    actor_id: Option<i64>,
    subject: Option<String>,
    subject_id: Option<i64>,
    reason: Option<String>,
    staff_reason: Option<String>,
    user_reason: Option<String>,
    address: Option<String>,
    browser: Option<String>,
    system: Option<String>,
    user_agent: Option<String>,
    detail: Option<String>,
    times: i64,
}

impl From<EventRow> for EventView {
    fn from(row: EventRow) -> Self {
        let Device { browser, system } = row.user_agent.as_deref().map(Device::parse).unwrap_or_default();
        Self {
            browser,
            system,
            at: row.at,
            label: label_of(&row.kind).to_owned(),
            kind: row.kind,
            actor: row.actor,
            actor_id: row.actor_account,
            subject: row.subject,
            subject_id: row.subject_account,
            reason: row.reason,
            staff_reason: row.staff_reason,
            user_reason: row.user_reason,
            address: row.address,
            user_agent: row.user_agent,
            detail: row.detail,
            times: row.times,
        }
    }
}
