//! Prints accounts, as text or JSON.

use chrono::SecondsFormat;
use serde::Serialize;

use super::{Result, say, say_json};
use crate::{
    accounts::LoginCounts,
    domain::moment::Moment,
    store::{site::Site, users::User},
};

/// An account as `--json` prints it.
#[derive(Debug, Serialize)]
pub(super) struct UserJson<'a> {
    id: i64,
    username: &'a str,
    email: &'a str,
    role: &'static str,
    is_active: bool,
    is_staff: bool,
    is_superuser: bool,
    date_joined: String,
    last_login: Option<String>,
    last_seen: Option<String>,
    force_logout_date: Option<String>,
    force_logout_cause: Option<&'static str>,
    force_logout_scheduled: Option<String>,
    deactivated_until: Option<String>,
}

impl<'a> UserJson<'a> {
    pub(super) fn of(user: &'a User, now: Moment) -> Result<Self> {
        let text = |moment: Option<Moment>| moment.map(rfc3339);
        Ok(Self {
            id: user.id,
            username: &user.username,
            email: &user.email,
            role: user.role().code(),
            is_active: user.is_active_at(now),
            is_staff: user.role().is_staff(),
            is_superuser: user.role().is_superuser(),
            date_joined: rfc3339(user.date_joined),
            last_login: text(user.last_login),
            last_seen: text(user.last_seen),
            force_logout_date: text(user.force_logout_date),
            force_logout_cause: user.force_logout_cause()?.map(crate::domain::reason::EndReason::code),
            force_logout_scheduled: text(user.force_logout_scheduled),
            deactivated_until: text(user.deactivated_until),
        })
    }

    /// Prints it as one line.
    pub(super) fn say(&self) -> Result<()> {
        say_json(&serde_json::json!(self).to_string())
    }
}

/// Formats a timestamp as RFC 3339, in UTC with microseconds.
pub(super) fn rfc3339(moment: Moment) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Prints an account as one line of a list.
pub(super) fn say_line(user: &User, now: Moment) -> Result<()> {
    let status = if user.is_active_at(now) { "active" } else { "inactive" };
    say(&format!("{}  {}  {}  {status}", user.username, user.email, user.role()))
}

/// Prints everything about an account, one value per line.
pub(super) fn say_details(user: &User, site: &Site, now: Moment, live: LoginCounts) -> Result<()> {
    let moment = |moment: Option<Moment>, none: &str| moment.map_or_else(|| none.to_owned(), rfc3339);
    let status = match (user.is_active_at(now), user.deactivated_until) {
        (true, _) => "active".to_owned(),
        (false, Some(until)) => format!("inactive until {}", rfc3339(until)),
        (false, None) => "inactive".to_owned(),
    };
    for (label, value) in [
        ("username", user.username.clone()),
        ("email", user.email.clone()),
        ("role", user.role().to_string()),
        ("status", status),
        ("joined", rfc3339(user.date_joined)),
        ("last login", moment(user.last_login, "never")),
        ("last seen", moment(user.last_seen, "never")),
        ("force logout", moment(user.force_logout_date, "never")),
        ("cause", user.force_logout_cause()?.map_or_else(|| "none".to_owned(), |cause| cause.to_string())),
        ("everyone out", moment(site.force_logout_date, "never")),
        ("scheduled", moment(user.force_logout_scheduled, "nothing")),
        ("live sessions", live.sessions.to_string()),
        ("live tokens", live.tokens.to_string()),
    ] {
        say(&format!("{label:<14} {value}"))?;
    }
    Ok(())
}
