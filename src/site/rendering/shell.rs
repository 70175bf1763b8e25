//! The shell: the context that every page needs around its own content, and the part of it that many requests share.

use serde::Serialize;

use crate::{domain::moment::Moment, gate::Notice};

/// The context of every page around its content.
#[derive(Debug, Clone, Serialize)]
pub struct Shell<'a> {
    /// The name of the site.
    pub site_name: &'a str,
    /// Curfew's own path of the page, such as `/account`, wherever its pages are. Empty for a page of the host.
    pub path: &'a str,
    /// The path that browsers show.
    pub address: &'a str,
    /// Whether the status is 400 or above. The title then starts with "Error".
    pub is_error: bool,
    /// The logged-in user.
    pub user: Option<ShellUser<'a>>,
    /// The CSRF token for the page's forms.
    pub csrf_token: Option<&'a str>,
    /// Whether visitors can register.
    pub registration_open: bool,
    /// The notice at the top of the page.
    pub notice: Option<&'a Notice>,
}

/// The logged-in user.
#[derive(Debug, Clone, Serialize)]
pub struct ShellUser<'a> {
    /// The username.
    pub username: &'a str,
    /// Whether the user is staff.
    pub is_staff: bool,
    /// Whether the user is a superuser.
    pub is_superuser: bool,
    /// The login date in microseconds since the Unix epoch. It distinguishes two logins of one browser.
    pub login_us: i64,
    /// The server's time in milliseconds since the Unix epoch, because a browser's clock may be wrong.
    pub now_ms: i64,
    /// The scheduled end of the login, once it is close.
    pub ends: Option<EndView<'a>>,
}

/// A scheduled end of a login, for browsers without scripts. With scripts, the event stream reports it.
#[derive(Debug, Clone, Serialize)]
pub struct EndView<'a> {
    /// The time of the end.
    pub at: Moment,
    /// The reason for the user.
    pub user_reason: Option<&'a str>,
}

/// The part of a shell that many requests share: everything that the head, the navigation and the footer depend on. It
/// must contain nothing personal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::site) struct SharedShell {
    site_name: String,
    address: String,
    is_error: bool,
    /// `is_staff` and `is_superuser`, if somebody is logged in.
    role: Option<(bool, bool)>,
    has_csrf_token: bool,
    registration_open: bool,
}

impl SharedShell {
    /// Extracts the shared part. Returns `None` if the shell shows a message that is meant for one person.
    pub(in crate::site) fn of(shell: &Shell<'_>) -> Option<Self> {
        if shell.notice.is_some() || shell.user.as_ref().is_some_and(|user| user.ends.is_some()) {
            return None;
        }
        Some(Self {
            site_name: shell.site_name.to_owned(),
            address: shell.address.to_owned(),
            is_error: shell.is_error,
            role: shell.user.as_ref().map(|user| (user.is_staff, user.is_superuser)),
            has_csrf_token: shell.csrf_token.is_some(),
            registration_open: shell.registration_open,
        })
    }
}
