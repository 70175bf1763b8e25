//! What every page has around its own content, and which of it is the same for many requests.

use serde::Serialize;
use serde_json::{Value, json};

use crate::{domain::moment::Moment, gate::Notice};

/// What every page has around its content.
#[derive(Debug, Clone, Serialize)]
pub struct Shell<'a> {
    /// What the site is called.
    pub site_name: &'a str,
    /// Where the page is.
    pub path: &'a str,
    /// Whether it says that something went wrong, which its title says first.
    pub is_error: bool,
    /// Whoever is logged in.
    pub user: Option<ShellUser<'a>>,
    /// For the forms of the page.
    pub csrf_token: Option<&'a str>,
    /// Whether visitors can make an account.
    pub registration_open: bool,
    /// What there is to tell first.
    pub notice: Option<&'a Notice>,
}

/// Whoever is logged in.
#[derive(Debug, Clone, Serialize)]
pub struct ShellUser<'a> {
    /// Their name.
    pub username: &'a str,
    /// Whether they see the pages of staff.
    pub is_staff: bool,
    /// Whether they see the pages of superusers.
    pub is_superuser: bool,
    /// When the login began, in microseconds, which tells two logins of one browser apart.
    pub login_us: i64,
    /// When this was read, in milliseconds: a script's own clock may be wrong.
    pub now_ms: i64,
    /// The scheduled end of the login, in its last minutes.
    pub ends: Option<EndView<'a>>,
}

/// A scheduled end of a login, for a browser that runs no scripts; to the others it is told.
#[derive(Debug, Clone, Serialize)]
pub struct EndView<'a> {
    /// When.
    pub at: Moment,
    /// Why, in the words that staff left.
    pub user_reason: Option<&'a str>,
}

/// The part of a shell that many requests have in common. Nothing in it is anybody's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::site) struct Kind<S> {
    site_name: S,
    path: Option<S>,
    role: Option<(bool, bool)>,
    registration_open: bool,
    has_notice: bool,
}

impl<'a> Kind<&'a str> {
    /// That of a shell; its path is one of it if there are few of its sort.
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

    /// What a template is given of it, at the place where it is given all.
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
