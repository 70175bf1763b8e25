//! The names of the kinds of events, as staff see them, and the tones in which lists show them.

use crate::domain::event_kind::EventKind;

/// The label of a kind.
pub(super) const fn label(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Login => "Logged in",
        EventKind::LoginFailed => "Failed to log in",
        EventKind::Throttled => "Too many attempts",
        EventKind::UnderAttack => "Under attack: password guessing",
        EventKind::Logout => "Logged out",
        EventKind::SessionEnded => "Session ended",
        EventKind::TokenCreated => "Token created",
        EventKind::TokenEnded => "Token ended",
        EventKind::Registered => "Registered",
        EventKind::SetUp => "Site set up",
        EventKind::UserCreated => "Account created",
        EventKind::ProfileChanged => "Email changed",
        EventKind::EmailChangeRequested => "Email change requested",
        EventKind::EmailVerified => "Email verified",
        EventKind::ResetLink => "Reset link created",
        EventKind::NotMe => "\u{201c}This wasn\u{2019}t me\u{201d}",
        EventKind::PasswordChanged => "Password changed",
        EventKind::PasswordConfirmed => "Password confirmed",
        EventKind::RoleChanged => "Role changed",
        EventKind::ForceLogout => "Force logout",
        EventKind::ForceLogoutScheduled => "Force logout scheduled",
        EventKind::ForceLogoutCancelled => "Scheduled force logout cancelled",
        EventKind::ForceLogoutDue => "Scheduled force logout came due",
        EventKind::Deactivated => "Deactivated",
        EventKind::Activated => "Activated",
        EventKind::BulkAction => "Bulk action",
        EventKind::Deleted => "Account deleted",
        EventKind::ReasonTemplateAdded => "Reason template added",
        EventKind::ReasonTemplateDeleted => "Reason template deleted",
        EventKind::EventsPurged => "Old events deleted",
        EventKind::Refused => "Refused",
        EventKind::FormRefused => "Form refused",
        EventKind::CookieForged => "Forged or outdated cookie",
        EventKind::TokenForged => "Forged or unknown token",
        EventKind::Exported => "Events exported",
        EventKind::ChainStopped => "Chain of events broken",
        EventKind::ChainContinued => "Chain of events continued",
    }
}

/// The label of a stored code. A code from a later version is shown unchanged.
pub(super) fn label_of(code: &str) -> &str {
    EventKind::from_code(code).map_or(code, |kind| label(kind))
}

/// The tone of a stored code: a colour and an icon of the page. The label next to it says what happened.
pub(super) fn tone_of(code: &str) -> &'static str {
    match EventKind::from_code(code) {
        Some(EventKind::Login | EventKind::Registered | EventKind::SetUp | EventKind::PasswordConfirmed) => "in",
        Some(EventKind::Logout | EventKind::SessionEnded | EventKind::TokenEnded) => "out",
        Some(
            EventKind::LoginFailed
            | EventKind::Throttled
            | EventKind::UnderAttack
            | EventKind::Refused
            | EventKind::FormRefused
            | EventKind::CookieForged
            | EventKind::TokenForged
            | EventKind::ChainStopped,
        ) => "attempt",
        Some(
            EventKind::ForceLogout
            | EventKind::ForceLogoutScheduled
            | EventKind::ForceLogoutCancelled
            | EventKind::ForceLogoutDue
            | EventKind::Deactivated
            | EventKind::Activated
            | EventKind::BulkAction
            | EventKind::Deleted,
        ) => "staff",
        Some(
            EventKind::TokenCreated
            | EventKind::UserCreated
            | EventKind::ProfileChanged
            | EventKind::EmailChangeRequested
            | EventKind::EmailVerified
            | EventKind::ResetLink
            | EventKind::NotMe
            | EventKind::PasswordChanged
            | EventKind::RoleChanged
            | EventKind::ChainContinued
            | EventKind::ReasonTemplateAdded
            | EventKind::ReasonTemplateDeleted
            | EventKind::EventsPurged
            | EventKind::Exported,
        )
        | None => "change",
    }
}
