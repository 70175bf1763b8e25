//! Renders pages: collects the context that every page needs around its own content.

pub(super) mod answer;
pub(super) mod csv_file;
pub(super) mod form;
pub(super) mod refused_form;
pub(super) mod session_view;
pub(super) mod shared_fields;
pub(super) mod token_view;

use std::{borrow::Cow, convert::Infallible};

use chrono::TimeDelta;
use rocket::{
    Ignite, Request, Rocket, Sentinel,
    http::Status,
    request::{FromRequest, Outcome},
};
use serde::Serialize;

use self::answer::Answer;
use super::{
    addresses::ADDRESSES,
    rendering::{
        Page, Templates,
        shell::{EndView, Shell, ShellUser},
    },
};
use crate::{
    domain::next_path::NextPath,
    gate::{Changes, Csrf, Login, Notice, Passive, Root, ScheduledEnd, is_without_curfew, login_of},
    settings::Settings,
};

/// How long before a scheduled force logout its users see a banner. `login-ends.js` has the same value.
const ENDS_SOON: TimeDelta = TimeDelta::minutes(5);

/// Renders pages for the user or visitor of a request.
#[derive(Debug)]
pub struct Pages<'r> {
    templates: Option<&'r Templates>,
    settings: Option<&'r Settings>,
    /// The own path. Empty for a page of the host.
    path: &'r str,
    /// The path that browsers show.
    address: Cow<'r, str>,
    /// Whether the route has a fixed path.
    is_only_path: bool,
    login: &'r Login,
    csrf: Csrf<'r>,
    changes: Changes<'r>,
    notice: Option<Notice>,
}

impl<'r> Pages<'r> {
    /// Collects the context of a request.
    pub async fn of(request: &'r Request<'_>) -> Self {
        let on_server = request.uri().path().as_str();
        let root = Root::of(request);
        // A page of the host has no own path.
        let path = root.and_then(|root| root.own_path(on_server)).unwrap_or_default();
        // Scripts put the address into links. `//example.org` would lead off the site.
        let is_shown = NextPath::parse(on_server).is_some() && !ADDRESSES.is_secret(path);
        let (path, shown) = if is_shown { (path, on_server) } else { ("/", "/") };
        let login = login_of(request).await;
        Self {
            templates: request.rocket().state(),
            settings: request.rocket().state::<crate::accounts::Accounts>().map(crate::accounts::Accounts::settings),
            path,
            address: root.map_or(shown.into(), |root| root.shown(shown)),
            is_only_path: request.route().is_some_and(|route| route.uri.path() == on_server),
            login,
            csrf: Csrf::of(request).await,
            changes: Changes::of(request),
            notice: Notice::from_cookie(request).filter(|notice| notice.is_for(path, login) && !Passive::is(request)),
        }
    }

    /// Renders a page that has no form for visitors, so it sets no CSRF cookie for them.
    #[must_use]
    pub fn show(&self, template: &'static str, view: &impl Serialize) -> Answer {
        self.render(Status::Ok, template, view, self.csrf.session_token())
    }

    /// Renders a page with a form.
    #[must_use]
    pub fn show_form(&self, template: &'static str, view: &impl Serialize) -> Answer {
        self.show_form_again(Status::Ok, template, view)
    }

    /// Renders a page with a form, with another status than 200.
    #[must_use]
    pub fn show_form_again(&self, status: Status, template: &'static str, view: &impl Serialize) -> Answer {
        self.render(status, template, view, Some(self.csrf.token()))
    }

    /// Renders the error page.
    #[must_use]
    pub fn show_error(&self, status: Status, view: &impl Serialize) -> Answer {
        self.show_at(status, "error", view)
    }

    /// Renders a page that has no form for visitors, with a status.
    #[must_use]
    pub fn show_at(&self, status: Status, template: &'static str, view: &impl Serialize) -> Answer {
        self.render(status, template, view, self.csrf.session_token())
    }

    fn render(
        &self,
        status: Status,
        template: &'static str,
        view: &impl Serialize,
        csrf_token: Option<String>,
    ) -> Answer {
        if self.notice.is_some() {
            self.changes.clear_notice();
        }
        let ended = match self.login {
            Login::Ended(ended) => Some(Notice::ended(ended)),
            _ => None,
        };
        // The end of the login in this request is more important than an older notice.
        let notice = ended.as_ref().or(self.notice.as_ref());
        match self.page(status, template, view, csrf_token.as_deref(), notice) {
            Some(page) => Answer::Page(status, page),
            None => Answer::Status(Status::InternalServerError),
        }
    }

    /// Whether the page would be the same for every visitor: nobody is logged in and there is no notice.
    pub(super) const fn is_for_any_visitor(&self) -> bool {
        matches!(self.login, Login::Nobody) && self.notice.is_none()
    }

    /// Renders a page without a form, for [`Self::is_for_any_visitor`].
    pub(super) fn page_for_any_visitor(&self, template: &'static str, view: &impl Serialize) -> Option<Page> {
        self.page(Status::Ok, template, view, None, None)
    }

    fn page(
        &self,
        status: Status,
        template: &'static str,
        view: &impl Serialize,
        csrf_token: Option<&str>,
        notice: Option<&Notice>,
    ) -> Option<Page> {
        let shell = self.shell(status, csrf_token, notice);
        let page = self.templates?.render(template, (&shell, self.is_only_path), view);
        page.inspect_err(|error| log_causes(template, error)).ok()
    }

    fn shell<'a>(&'a self, status: Status, csrf_token: Option<&'a str>, notice: Option<&'a Notice>) -> Shell<'a> {
        let user = match self.login {
            Login::Live(login) => Some(ShellUser {
                username: &login.account.username,
                is_staff: login.role().is_staff(),
                is_superuser: login.role().is_superuser(),
                login_us: login.login_date.timestamp_micros(),
                now_ms: login.now.timestamp_millis(),
                ends: login.scheduled.as_ref().filter(|end| end.at - login.now <= ENDS_SOON).map(end_view),
            }),
            _ => None,
        };
        Shell {
            site_name: self.settings.map_or("", |settings| &settings.site_name),
            path: self.path,
            address: &self.address,
            is_error: status.code >= 400,
            user,
            csrf_token,
            registration_open: self.settings.is_some_and(Settings::registration_is_open),
            notice,
        }
    }
}

fn end_view(end: &ScheduledEnd) -> EndView<'_> {
    EndView { at: end.at, user_reason: end.user_reason.as_deref() }
}

/// Tera's first message names the template, and its last cause names the problem.
fn log_causes(template: &str, error: &dyn std::error::Error) {
    log::error!("the template {template} cannot be rendered: {error}");
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.for_each(|cause| log::error!("{cause}"));
}

impl Sentinel for Pages<'_> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        is_without_curfew(rocket)
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Pages<'r> {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        Outcome::Success(Self::of(request).await)
    }
}
