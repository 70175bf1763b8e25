//! The responses of handlers, and how the error of a use case becomes one. The status of an error is chosen only here.

use std::time::Duration;

use rocket::{
    Request, Response,
    http::{Header, Status, uri::Reference},
    response::{Redirect, Responder, Result},
};
use serde::Serialize;

use super::{Pages, form::FormView};
use crate::{
    accounts::AccountsError,
    domain::{moment::Moment, next_path::NextPath},
    gate::{Changes, EndedLogin, Notice, Root},
    site::{
        addresses::login_page,
        rendering::{self, wording::in_text},
    },
    store::{StoreError, users::NameClash},
};

/// The response of a handler.
#[derive(Debug)]
pub enum Answer {
    /// A page.
    Page(Status, rendering::Page),
    /// A page with status 429 or 503, and `Retry-After`.
    Wait(Status, rendering::Page, Duration),
    /// A 303 redirect to one of Curfew's own pages.
    SeeOther(Reference<'static>),
    /// A 303 redirect to any page of the host.
    GoOn(NextPath),
    /// A plain 401 without a redirect, for scripts.
    LogInFirst,
    /// The error page of a status.
    Status(Status),
    /// The error page of a status, with this text instead of its own.
    Refused(Status, String),
}

/// The text of [`Answer::Refused`], in the request's local cache, for the error page.
#[derive(Debug, Default)]
pub(in crate::site) struct RefusalText(pub(in crate::site) Option<String>);

impl Answer {
    /// Redirects with 303 to one of Curfew's own pages, such as `uri!("/account")`, wherever these pages are.
    #[must_use]
    pub fn see_other(to: impl Into<Reference<'static>>) -> Self {
        Self::SeeOther(to.into())
    }

    /// Redirects to `next` if it is a path on this host, or else to the own page `otherwise`.
    #[must_use]
    pub fn see_next(next: Option<&str>, otherwise: impl Into<Reference<'static>>) -> Self {
        next.and_then(NextPath::parse).map_or_else(|| Self::see_other(otherwise), Self::GoOn)
    }

    fn with_status(self, status: Status) -> Self {
        match self {
            Self::Page(_, page) => Self::Page(status, page),
            other => other,
        }
    }

    fn with_retry_after(self, status: Status, retry_after: Duration) -> Self {
        match self {
            Self::Page(_, page) => Self::Wait(status, page, retry_after),
            other => other,
        }
    }
}

impl<'r> Responder<'r, 'static> for Answer {
    fn respond_to(self, request: &'r Request<'_>) -> Result<'static> {
        match self {
            Self::Page(status, page) => (status, page).respond_to(request),
            Self::Wait(status, page, wait) => Response::build_from((status, page).respond_to(request)?)
                .header(Header::new("Retry-After", wait.as_secs().saturating_add(1).to_string()))
                .ok(),
            Self::SeeOther(own) => {
                let root = Root::of(request).map_or("", Root::seen);
                Redirect::to(format!("{root}{own}")).respond_to(request)
            }
            Self::GoOn(next) => Redirect::to(next.as_str().to_owned()).respond_to(request),
            Self::LogInFirst => {
                Response::build_from((Status::Unauthorized, "You are not logged in.\n").respond_to(request)?)
                    // A 401 must name a scheme (RFC 9110, section 15.5.2). For this one, browsers open no prompt.
                    .header(Header::new("WWW-Authenticate", "Cookie"))
                    .ok()
            }
            Self::Status(status) => Err(status),
            Self::Refused(status, text) => {
                request.local_cache(|| RefusalText(Some(text)));
                Err(status)
            }
        }
    }
}

/// The page of a form, to show it again with the errors.
pub struct FormPage<'a, 'r> {
    /// The pages of the request.
    pub pages: &'a Pages<'r>,
    /// Records the end of a login that ended in the meantime.
    pub changes: Changes<'r>,
    /// The template.
    pub template: &'static str,
    /// The field of the user's current password.
    pub password_field: &'static str,
}

impl FormPage<'_, '_> {
    /// Shows the form again with status 422, each error next to its field.
    pub fn show<V: Serialize>(&self, form: FormView, view: impl FnOnce(FormView) -> V) -> Answer {
        self.pages.show_form_again(Status::UnprocessableEntity, self.template, &view(form))
    }

    /// Shows the form again with the error of a use case, or falls back to [`refuse`] if no field fits.
    pub fn refuse<V: Serialize>(
        &self,
        error: AccountsError,
        mut form: FormView,
        view: impl FnOnce(FormView) -> V,
    ) -> Answer {
        let words = error.to_string();
        match error {
            AccountsError::TooManyAttempts { retry_after } => {
                form.set_error("form", words);
                return self.show(form, view).with_retry_after(Status::TooManyRequests, retry_after);
            }
            AccountsError::Busy { retry_after } => {
                form.set_error("form", words);
                return self.show(form, view).with_retry_after(Status::ServiceUnavailable, retry_after);
            }
            AccountsError::SessionsFull { .. } | AccountsError::TokensFull { .. } | AccountsError::TemplatesFull => {
                form.set_error("form", words);
                return self.show(form, view).with_status(Status::Conflict);
            }
            AccountsError::NameTaken(NameClash::Username | NameClash::LookAlike) | AccountsError::NameReserved => {
                form.set_error("username", words);
            }
            AccountsError::NameTaken(NameClash::Email) => form.set_error("email", words),
            AccountsError::BadPassword(_) => form.set_error("password", words),
            AccountsError::WrongPassword => form.set_error(self.password_field, words),
            AccountsError::WrongSetupCode => form.set_error("setup_code", words),
            AccountsError::TitleTaken => form.set_error("title", words),
            AccountsError::UntilIsPast => form.set_error("until", words),
            AccountsError::Inactive { user_reason, until } => {
                form.set_error("form", inactive(&words, user_reason, until));
            }
            AccountsError::BadCredentials
            | AccountsError::Unverified
            | AccountsError::LastSuperuser
            | AccountsError::OwnAccount
            | AccountsError::NothingScheduled => {
                form.set_error("form", words);
            }
            other => return refuse(self.changes, other),
        }
        self.show(form, view)
    }
}

/// Turns the error of a use case into a response where no form can show it.
pub fn refuse(changes: Changes<'_>, error: AccountsError) -> Answer {
    match error {
        AccountsError::Ended { reason, user_reason } => {
            changes.end_session_now();
            changes.leave_notice(Notice::ended(&EndedLogin { reason, user_reason }));
            Answer::see_other(login_page())
        }
        AccountsError::RegistrationClosed
        | AccountsError::Forbidden
        | AccountsError::LastSuperuser
        | AccountsError::OwnAccount => Answer::Refused(Status::Forbidden, error.to_string()),
        AccountsError::Busy { .. } => Answer::Refused(Status::ServiceUnavailable, error.to_string()),
        AccountsError::BadLink => Answer::Status(Status::Gone),
        AccountsError::AlreadySetUp
        | AccountsError::NoSuchUser
        | AccountsError::NoSuchSession
        | AccountsError::NoSuchToken
        | AccountsError::NoSuchTemplate => Answer::Status(Status::NotFound),
        AccountsError::Store(StoreError::Unavailable(_) | StoreError::Unwritable) => {
            log::error!("{error}");
            Answer::Status(Status::ServiceUnavailable)
        }
        other => {
            log::error!("{other}");
            Answer::Status(Status::InternalServerError)
        }
    }
}

fn inactive(words: &str, user_reason: Option<String>, until: Option<Moment>) -> String {
    let until = until.map(|until| format!("It can be used again from {}.", in_text(until)));
    let reason = user_reason.map(|reason| format!("Reason given: {reason}"));
    [Some(words.to_owned()), until, reason].into_iter().flatten().collect::<Vec<_>>().join(" ")
}
