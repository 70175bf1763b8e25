//! A session in a list, for its user and for staff.

use serde::Serialize;

use crate::{
    accounts::ListedLogin,
    domain::{
        address_key::Network,
        logins::{
            kind::LoginClass,
            public_id::PublicId,
            user_agent::{Device, DeviceKind},
        },
        moment::Moment,
        reason::EndReason,
    },
};

/// One row of a list of sessions.
#[derive(Debug, Serialize)]
pub struct SessionView {
    id: String,
    login_date: Moment,
    last_seen: Moment,
    address: String,
    /// Whether the logins from this address can be searched.
    is_ip: bool,
    browser: Option<String>,
    system: Option<String>,
    /// The icon of the device.
    device: &'static str,
    user_agent: String,
    is_live: bool,
    is_mine: bool,
    ended_at: Option<Moment>,
    ended_by: Option<String>,
    reason: Option<&'static str>,
    reason_text: Option<&'static str>,
    staff_reason: Option<String>,
}

impl SessionView {
    /// Converts a session. `mine` is the session of the request.
    #[must_use]
    pub fn of(listed: ListedLogin, mine: &PublicId) -> Self {
        let last_seen = listed.seen();
        let ListedLogin { row, kind, ended, .. } = listed;
        let device = Device::parse(&row.user_agent);
        let device_kind = if kind.class() == LoginClass::Tokens { DeviceKind::Program } else { device.kind() };
        let Device { browser, system } = device;
        Self {
            is_live: ended.is_none(),
            is_mine: row.id == mine.as_str(),
            login_date: row.opened_at,
            last_seen,
            is_ip: Network::parse(&row.address).is_ok(),
            address: row.address,
            browser,
            system,
            device: device_kind.code(),
            user_agent: row.user_agent,
            ended_at: row.ended_at,
            ended_by: row.ended_by.filter(|by| !by.is_empty()),
            reason: ended.map(EndReason::code),
            reason_text: ended.map(EndReason::label),
            staff_reason: row.staff_reason,
            id: row.id,
        }
    }

    /// Whether this is the session of the request.
    #[must_use]
    pub const fn is_mine(&self) -> bool {
        self.is_mine
    }
}
