//! Parses the codes in a login's row.

use crate::{
    domain::{logins::kind::LoginKind, moment::Moment, reason::EndReason},
    store::{Result, StoreError},
};

pub(in crate::store) fn parse_kind(code: &str) -> Result<LoginKind> {
    LoginKind::from_code(code).ok_or_else(|| StoreError::Unreadable(format!("unknown kind of login {code:?}")))
}

pub(in crate::store) fn ended(ended_at: Option<Moment>, reason: Option<&str>) -> Result<Option<EndReason>> {
    match (ended_at, reason) {
        (None, None) => Ok(None),
        // A manual UPDATE that sets only the date still ends the login.
        (_, reason) => reason.map_or(Ok(EndReason::ForcedOut), parse_reason).map(Some),
    }
}

pub(in crate::store) fn parse_reason(code: &str) -> Result<EndReason> {
    EndReason::from_code(code)
        .ok_or_else(|| StoreError::Unreadable(format!("{code:?} is not a reason why a login ended")))
}
