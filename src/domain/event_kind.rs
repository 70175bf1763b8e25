//! The kinds of events. Their codes are stored, so a code must never change.

/// A kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// Somebody logged in.
    Login,
    /// A login failed.
    LoginFailed,
    /// A visitor or user exceeded a rate limit.
    Throttled,
    /// Strangers have reached the limit of wrong passwords for an account.
    UnderAttack,
    /// Somebody logged out.
    Logout,
    /// Sessions ended, other than by logging out or by a change of the whole account.
    SessionEnded,
    /// A token was created.
    TokenCreated,
    /// A token ended, other than by a change of the whole account.
    TokenEnded,
    /// Somebody registered.
    Registered,
    /// The first superuser was created.
    SetUp,
    /// An account was created from the command line.
    UserCreated,
    /// The email was changed.
    ProfileChanged,
    /// The user wants another email, which counts once its letter is confirmed.
    EmailChangeRequested,
    /// The user proved that the email is theirs.
    EmailVerified,
    /// Staff, or the operator at the command line, let the user choose a new password.
    ResetLink,
    /// The owner took the account back with the link in a letter.
    NotMe,
    /// The password was changed.
    PasswordChanged,
    /// The user passed a recent-password check.
    PasswordConfirmed,
    /// The role was changed.
    RoleChanged,
    /// Staff ended all logins of an account, or of everyone.
    ForceLogout,
    /// A force logout was scheduled.
    ForceLogoutScheduled,
    /// A scheduled force logout was cancelled.
    ForceLogoutCancelled,
    /// A scheduled force logout came due.
    ForceLogoutDue,
    /// The account was deactivated.
    Deactivated,
    /// The account was activated.
    Activated,
    /// A bulk action began. Each of its users has an event of their own.
    BulkAction,
    /// The account was deleted.
    Deleted,
    /// A superuser added a template for reasons.
    ReasonTemplateAdded,
    /// A superuser deleted a template for reasons.
    ReasonTemplateDeleted,
    /// Old events were deleted from the command line.
    EventsPurged,
    /// An action was refused.
    Refused,
    /// A form failed the CSRF checks.
    FormRefused,
    /// A session cookie was forged, or is an old copy.
    CookieForged,
    /// A token was forged, or is unknown.
    TokenForged,
    /// Somebody exported events.
    Exported,
    /// A node links no event any more, because the chain of events was cut or changed, or a key is missing.
    ChainStopped,
    /// An operator continued the chain of events under another secret key.
    ChainContinued,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 37] = [
        Self::Login,
        Self::LoginFailed,
        Self::Throttled,
        Self::UnderAttack,
        Self::Logout,
        Self::SessionEnded,
        Self::TokenCreated,
        Self::TokenEnded,
        Self::Registered,
        Self::SetUp,
        Self::UserCreated,
        Self::ProfileChanged,
        Self::EmailChangeRequested,
        Self::EmailVerified,
        Self::ResetLink,
        Self::NotMe,
        Self::PasswordChanged,
        Self::PasswordConfirmed,
        Self::RoleChanged,
        Self::ForceLogout,
        Self::ForceLogoutScheduled,
        Self::ForceLogoutCancelled,
        Self::ForceLogoutDue,
        Self::Deactivated,
        Self::Activated,
        Self::BulkAction,
        Self::Deleted,
        Self::ReasonTemplateAdded,
        Self::ReasonTemplateDeleted,
        Self::EventsPurged,
        Self::Refused,
        Self::FormRefused,
        Self::CookieForged,
        Self::TokenForged,
        Self::Exported,
        Self::ChainStopped,
        Self::ChainContinued,
    ];

    /// The stored code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::LoginFailed => "login-failed",
            Self::Throttled => "throttled",
            Self::UnderAttack => "under-attack",
            Self::Logout => "logout",
            Self::SessionEnded => "session-ended",
            Self::TokenCreated => "token-created",
            Self::TokenEnded => "token-ended",
            Self::Registered => "registered",
            Self::SetUp => "set-up",
            Self::UserCreated => "user-created",
            Self::ProfileChanged => "profile-changed",
            Self::EmailChangeRequested => "email-change-requested",
            Self::EmailVerified => "email-verified",
            Self::ResetLink => "reset-link",
            Self::NotMe => "not-me",
            Self::PasswordChanged => "password-changed",
            Self::PasswordConfirmed => "password-confirmed",
            Self::RoleChanged => "role-changed",
            Self::ForceLogout => "force-logout",
            Self::ForceLogoutScheduled => "force-logout-scheduled",
            Self::ForceLogoutCancelled => "force-logout-cancelled",
            Self::ForceLogoutDue => "force-logout-due",
            Self::Deactivated => "deactivated",
            Self::Activated => "activated",
            Self::BulkAction => "bulk-action",
            Self::Deleted => "deleted",
            Self::ReasonTemplateAdded => "reason-template-added",
            Self::ReasonTemplateDeleted => "reason-template-deleted",
            Self::EventsPurged => "events-purged",
            Self::Refused => "refused",
            Self::FormRefused => "form-refused",
            Self::CookieForged => "cookie-forged",
            Self::TokenForged => "token-forged",
            Self::Exported => "exported",
            Self::ChainStopped => "chain-stopped",
            Self::ChainContinued => "chain-continued",
        }
    }

    /// Whether such events record attempts that failed. Strangers can cause them.
    #[must_use]
    pub const fn is_attempt(self) -> bool {
        matches!(
            self,
            Self::LoginFailed
                | Self::Throttled
                | Self::Refused
                | Self::FormRefused
                | Self::CookieForged
                | Self::TokenForged
        )
    }

    /// The kind with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}
