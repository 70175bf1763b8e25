//! An event as staff see it.

use chrono::SecondsFormat;
use rocket::uri;
use serde::Serialize;

use super::{
    labels::{label_of, tone_of},
    query::Sent,
};
use crate::{
    domain::{address_key::AddressKey, event_kind::EventKind, logins::user_agent::Device, moment::Moment},
    store::events::EventRow,
};

/// The address of the list of events of a kind since a time.
pub(in crate::site) fn list_since(kind: EventKind, since: Moment) -> String {
    let since = since.to_rfc3339_opts(SecondsFormat::Secs, true);
    uri!(super::show(Sent { kind: Some(kind.code()), from: Some(&since), ..Sent::default() })).to_string()
}

#[derive(Debug, Serialize)]
pub(in crate::site) struct EventView {
    id: i64,
    at: Moment,
    label: String,
    kind: String,
    tone: &'static str,
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
    /// The lists of events of this kind and about this user, whose account may be deleted.
    kind_href: String,
    subject_href: Option<String>,
    /// The list of events from this address.
    address_href: Option<String>,
    /// The list of events of this browser.
    browser_href: Option<String>,
    detail: Option<String>,
    times: i64,
    /// The bulk action that it is part of, or that it records as a whole.
    bulk: Option<String>,
}

impl From<EventRow> for EventView {
    fn from(row: EventRow) -> Self {
        let Device { browser, system } = row.user_agent.as_deref().map(Device::parse).unwrap_or_default();
        let address_key = row.address.as_deref().map(AddressKey::of).unwrap_or_default();
        let href = |sent: Sent<'_>| uri!(super::show(sent)).to_string();
        Self {
            address_href: row
                .address
                .as_deref()
                .filter(|_| address_key.is_an_address())
                .map(|address| href(Sent { address: Some(address), ..Sent::default() })),
            browser_href: browser.as_deref().map(|browser| href(Sent { browser: Some(browser), ..Sent::default() })),
            kind_href: href(Sent { kind: Some(&row.kind), ..Sent::default() }),
            subject_href: row.subject_id.map(|id| href(Sent { user: Some(&id.to_string()), ..Sent::default() })),
            browser,
            system,
            id: row.id,
            at: row.at,
            label: label_of(&row.kind).to_owned(),
            tone: tone_of(&row.kind),
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
            bulk: row.bulk_id,
        }
    }
}
