//! What can happen: each kind of event with the word that is stored and the words that are shown.

/// The kinds of events, each with the word that is stored and the words that are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// Somebody logged in.
    Login,
    /// Somebody tried to.
    LoginFailed,
    /// Somebody tried too often.
    Throttled,
    /// Somebody logged out.
    Logout,
    /// A session ended by itself.
    SessionEnded,
    /// A token was made for a program.
    TokenCreated,
    /// A token ended by itself.
    TokenEnded,
    /// Somebody made an account.
    Registered,
    /// The first superuser was made.
    SetUp,
    /// An account was made from the command line.
    UserCreated,
    /// The email was changed.
    ProfileChanged,
    /// The password was changed.
    PasswordChanged,
    /// The password was confirmed, for grave work.
    PasswordConfirmed,
    /// The role was changed.
    RoleChanged,
    /// Logins were ended by staff.
    ForceLogout,
    /// The same is planned.
    ForceLogoutScheduled,
    /// The plan was called off.
    ForceLogoutCancelled,
    /// What was planned came due.
    ForceLogoutDue,
    /// The account was deactivated.
    Deactivated,
    /// The account was activated.
    Activated,
    /// The account was deleted.
    Deleted,
    /// Old events were deleted from the command line.
    EventsPurged,
    /// An act was refused.
    Refused,
}

impl EventKind {
    /// Every kind there is.
    pub const ALL: [Self; 23] = [
        Self::Login,
        Self::LoginFailed,
        Self::Throttled,
        Self::Logout,
        Self::SessionEnded,
        Self::TokenCreated,
        Self::TokenEnded,
        Self::Registered,
        Self::SetUp,
        Self::UserCreated,
        Self::ProfileChanged,
        Self::PasswordChanged,
        Self::PasswordConfirmed,
        Self::RoleChanged,
        Self::ForceLogout,
        Self::ForceLogoutScheduled,
        Self::ForceLogoutCancelled,
        Self::ForceLogoutDue,
        Self::Deactivated,
        Self::Activated,
        Self::Deleted,
        Self::EventsPurged,
        Self::Refused,
    ];

    /// The stored word.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::LoginFailed => "login-failed",
            Self::Throttled => "throttled",
            Self::Logout => "logout",
            Self::SessionEnded => "session-ended",
            Self::TokenCreated => "token-created",
            Self::TokenEnded => "token-ended",
            Self::Registered => "registered",
            Self::SetUp => "set-up",
            Self::UserCreated => "user-created",
            Self::ProfileChanged => "profile-changed",
            Self::PasswordChanged => "password-changed",
            Self::PasswordConfirmed => "password-confirmed",
            Self::RoleChanged => "role-changed",
            Self::ForceLogout => "force-logout",
            Self::ForceLogoutScheduled => "force-logout-scheduled",
            Self::ForceLogoutCancelled => "force-logout-cancelled",
            Self::ForceLogoutDue => "force-logout-due",
            Self::Deactivated => "deactivated",
            Self::Activated => "activated",
            Self::Deleted => "deleted",
            Self::EventsPurged => "events-purged",
            Self::Refused => "refused",
        }
    }

    /// The words that staff read.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Login => "Logged in",
            Self::LoginFailed => "Failed to log in",
            Self::Throttled => "Tried too often",
            Self::Logout => "Logged out",
            Self::SessionEnded => "Session ended",
            Self::TokenCreated => "Token created",
            Self::TokenEnded => "Token ended",
            Self::Registered => "Registered",
            Self::SetUp => "Set up the site",
            Self::UserCreated => "Account created",
            Self::ProfileChanged => "Email changed",
            Self::PasswordChanged => "Password changed",
            Self::PasswordConfirmed => "Password confirmed",
            Self::RoleChanged => "Role changed",
            Self::ForceLogout => "Force logout",
            Self::ForceLogoutScheduled => "Force logout scheduled",
            Self::ForceLogoutCancelled => "Scheduled force logout called off",
            Self::ForceLogoutDue => "Scheduled force logout came due",
            Self::Deactivated => "Deactivated",
            Self::Activated => "Activated",
            Self::Deleted => "Account deleted",
            Self::EventsPurged => "Old events deleted",
            Self::Refused => "Refused",
        }
    }

    /// The kind of that word.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The words for a stored kind; one of a later version shows as it is.
    #[must_use]
    pub fn label_of(code: &str) -> &str {
        Self::of_code(code).map_or(code, |kind| kind.label())
    }
}
