//! Showing a page: what every page has around its own content.

use std::convert::Infallible;

use rocket::{
    Orbit, Request, Rocket,
    http::Status,
    request::{FromRequest, Outcome},
};
use rocket_dyn_templates::Template;
use serde::Serialize;

use super::answer::Answer;
use crate::{
    gate::{Changes, Csrf, Login, Notice, login_of},
    settings::Settings,
};

/// What a template is given: the same for every page, and the page's own.
#[derive(Debug, Serialize)]
struct Context<'a, V> {
    shell: Shell<'a>,
    view: &'a V,
}

/// What every page has around its content.
#[derive(Debug, Serialize)]
struct Shell<'a> {
    site_name: &'a str,
    path: &'a str,
    user: Option<ShellUser<'a>>,
    csrf_token: Option<String>,
    registration_open: bool,
    notice: Option<&'a Notice>,
}

#[derive(Debug, Serialize)]
struct ShellUser<'a> {
    username: &'a str,
    is_staff: bool,
    is_superuser: bool,
    /// When the login began, which tells two logins of one browser apart.
    login_us: i64,
    /// When this was read: a script's own clock may be wrong.
    now_ms: i64,
}

/// Shows pages to whoever is asking.
#[derive(Debug)]
pub struct Pages<'r> {
    settings: Option<&'r Settings>,
    path: String,
    login: &'r Login,
    csrf: Csrf<'r>,
    changes: Changes<'r>,
    notice: Option<Notice>,
}

impl<'r> Pages<'r> {
    /// The pages of a request.
    pub async fn of(request: &'r Request<'_>) -> Self {
        Self {
            settings: request.rocket().state::<crate::accounts::Accounts>().map(crate::accounts::Accounts::settings),
            path: request.uri().path().to_string(),
            login: login_of(request).await,
            csrf: Csrf::of(request).await,
            changes: Changes::of(request),
            notice: Notice::left_for(request),
        }
    }

    /// A page without a form for visitors: showing it to them needs no cookie.
    #[must_use]
    pub fn show(&self, template: &'static str, view: &impl Serialize) -> Answer {
        self.render(Status::Ok, template, view, self.csrf.token_of_session())
    }

    /// A page with a form.
    #[must_use]
    pub fn show_form(&self, template: &'static str, view: &impl Serialize) -> Answer {
        self.show_form_again(Status::Ok, template, view)
    }

    /// A page with a form that was not taken as it is.
    #[must_use]
    pub fn show_form_again(&self, status: Status, template: &'static str, view: &impl Serialize) -> Answer {
        self.render(status, template, view, Some(self.csrf.token()))
    }

    /// A page that says why there is no other.
    #[must_use]
    pub fn show_error(&self, status: Status, view: &impl Serialize) -> Answer {
        self.render(status, "error", view, self.csrf.token_of_session())
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
        // A login that ended with this very request is the news.
        let notice = ended.as_ref().or(self.notice.as_ref());
        Answer::Page(status, Template::render(template, Context { shell: self.shell(csrf_token, notice), view }))
    }

    /// Whether the page around the content is the same for every visitor: nobody is logged in, and
    /// there is nothing to tell.
    pub(super) const fn is_for_any_visitor(&self) -> bool {
        matches!(self.login, Login::Nobody) && self.notice.is_none()
    }

    /// The text of a page without a form, for [`Self::is_for_any_visitor`].
    pub(super) fn render_for_any_visitor(
        &self,
        rocket: &Rocket<Orbit>,
        template: &'static str,
        view: &impl Serialize,
    ) -> Option<String> {
        Template::show(rocket, template, Context { shell: self.shell(None, None), view })
    }

    fn shell<'a>(&'a self, csrf_token: Option<String>, notice: Option<&'a Notice>) -> Shell<'a> {
        let user = match self.login {
            Login::Live(login) => Some(ShellUser {
                username: &login.account.username,
                is_staff: login.role().is_staff(),
                is_superuser: login.role().is_superuser(),
                login_us: login.login_date.timestamp_micros(),
                now_ms: login.now.timestamp_millis(),
            }),
            _ => None,
        };
        Shell {
            site_name: self.settings.map_or("", |settings| &settings.site_name),
            path: &self.path,
            user,
            csrf_token,
            registration_open: self.settings.is_some_and(|settings| settings.registration_is_open),
            notice,
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Pages<'r> {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        Outcome::Success(Self::of(request).await)
    }
}
