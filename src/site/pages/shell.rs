//! The shell: the context that every page needs around its own content, and the part of it that many requests share.

use serde::Serialize;
use serde_json::{Value, json};

use crate::{domain::moment::Moment, gate::Notice};

/// The context of every page around its content.
#[derive(Debug, Clone, Serialize)]
pub struct Shell<'a> {
    /// The name of the site.
    pub site_name: &'a str,
    /// The path of the request.
    pub path: &'a str,
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

/// The part of a shell that many requests share. It must contain nothing personal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::site) struct Kind<S> {
    site_name: S,
    path: Option<S>,
    role: Option<(bool, bool)>,
    registration_open: bool,
    has_notice: bool,
}

impl<'a> Kind<&'a str> {
    /// Extracts the shared part. The path belongs to it only if the route has few paths.
    pub(in crate::site) fn of(shell: &Shell<'a>, is_path_one_of_few: bool) -> Self {
        Self {
            site_name: shell.site_name,
            path: is_path_one_of_few.then_some(shell.path),
            role: shell.user.as_ref().map(|user| (user.is_staff, user.is_superuser)),
            registration_open: shell.registration_open,
            has_notice: shell.notice.is_some(),
        }
    }

    pub(in crate::site) fn to_owned(&self) -> Kind<String> {
        Kind {
            site_name: self.site_name.to_owned(),
            path: self.path.map(str::to_owned),
            role: self.role,
            registration_open: self.registration_open,
            has_notice: self.has_notice,
        }
    }

    /// The template context of the shared part, in the shape of the full context.
    pub(in crate::site) fn values(&self) -> Value {
        let user =
            self.role.map(|(is_staff, is_superuser)| json!({ "is_staff": is_staff, "is_superuser": is_superuser }));
        let mut shell = json!({
            "site_name": self.site_name,
            "registration_open": self.registration_open,
            "user": user,
        });
        if let Some(path) = self.path {
            shell["path"] = path.into();
        }
        if !self.has_notice {
            shell["notice"] = Value::Null;
        }
        json!({ "shell": shell })
    }
}

impl PartialEq<Kind<&str>> for Kind<String> {
    fn eq(&self, other: &Kind<&str>) -> bool {
        let Self { site_name, path, role, registration_open, has_notice } = self;
        let own = (site_name.as_str(), path.as_deref(), *role, *registration_open, *has_notice);
        own == (other.site_name, other.path, other.role, other.registration_open, other.has_notice)
    }
}
