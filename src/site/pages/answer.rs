//! What a handler answers, and how a use case's error becomes one. Only here is a status chosen.

use std::time::Duration;

use rocket::{
    Request, Response,
    http::{Header, Status, uri::Reference},
    response::{Redirect, Responder, Result},
};
use serde::Serialize;

use super::{Pages, form::FormView, wording::in_text};
use crate::{
    accounts::AccountsError,
    domain::{moment::Moment, next_path::NextPath},
    gate::{Changes, EndedLogin, Notice},
    site::rendering,
    store::{StoreError, users::NameClash},
};

/// What a handler answers.
#[derive(Debug)]
pub enum Answer {
    /// A page.
    Page(Status, rendering::Page),
    /// A page that says to wait.
    Wait(rendering::Page, Duration),
    /// Another address, to be got.
    SeeOther(Redirect),
    /// For a script of a visitor: there is nobody to whom it would belong.
    LogInFirst,
    /// The page of that status.
    Status(Status),
    /// The page of that status, with these words on it.
    Refused(Status, String),
}

/// What the page of a status says instead of what it says to everybody.
#[derive(Debug, Default)]
pub(in crate::site) struct RefusalWords(pub(in crate::site) Option<String>);

impl Answer {
    /// To another address, after something was done.
    #[must_use]
    pub fn see_other(to: impl TryInto<rocket::http::uri::Reference<'static>>) -> Self {
        Self::SeeOther(Redirect::to(to))
    }

    /// To where somebody was going, if that is a path of this site, or else there.
    #[must_use]
    pub fn see_next(next: Option<&str>, otherwise: impl Into<Reference<'static>>) -> Self {
        let next =
            next.and_then(NextPath::parse).and_then(|next| Reference::parse_owned(next.as_str().to_owned()).ok());
        Self::see_other(next.unwrap_or_else(|| otherwise.into()))
    }

    fn at(self, status: Status) -> Self {
        match self {
            Self::Page(_, page) => Self::Page(status, page),
            other => other,
        }
    }

    fn waiting(self, retry_after: Duration) -> Self {
        match self {
            Self::Page(_, page) => Self::Wait(page, retry_after),
            other => other,
        }
    }
}

impl<'r> Responder<'r, 'static> for Answer {
    fn respond_to(self, request: &'r Request<'_>) -> Result<'static> {
        match self {
            Self::Page(status, page) => (status, page).respond_to(request),
            Self::Wait(page, wait) => Response::build_from((Status::TooManyRequests, page).respond_to(request)?)
                .header(Header::new("Retry-After", wait.as_secs().saturating_add(1).to_string()))
                .ok(),
            Self::SeeOther(redirect) => redirect.respond_to(request),
            Self::LogInFirst => {
                Response::build_from((Status::Unauthorized, "Nobody is logged in here.\n").respond_to(request)?)
                    // A 401 must name a scheme (RFC 9110, section 15.5.2); no browser asks for a password by this one.
                    .header(Header::new("WWW-Authenticate", "Cookie"))
                    .ok()
            }
            Self::Status(status) => Err(status),
            Self::Refused(status, words) => {
                request.local_cache(|| RefusalWords(Some(words)));
                Err(status)
            }
        }
    }
}

/// A form's page, to show it again with what was wrong.
pub struct Again<'a, 'r> {
    /// The pages of the request.
    pub pages: &'a Pages<'r>,
    /// Where a login that ended meanwhile is noted.
    pub changes: Changes<'r>,
    /// The template.
    pub template: &'static str,
    /// The field of a password that proves who acts.
    pub password_field: &'static str,
}

impl Again<'_, '_> {
    /// The form once more, with the errors beside its fields.
    pub fn show<V: Serialize>(&self, form: FormView, view: impl FnOnce(FormView) -> V) -> Answer {
        self.pages.show_form_again(Status::UnprocessableEntity, self.template, &view(form))
    }

    /// What a use case's refusal becomes.
    pub fn refuse<V: Serialize>(
        &self,
        error: AccountsError,
        mut form: FormView,
        view: impl FnOnce(FormView) -> V,
    ) -> Answer {
        let words = error.to_string();
        match error {
            AccountsError::TooManyTries { retry_after } => {
                form.set_error("form", words);
                return self.show(form, view).waiting(retry_after);
            }
            AccountsError::SessionsFull { .. } | AccountsError::TokensFull { .. } => {
                form.set_error("form", words);
                return self.show(form, view).at(Status::Conflict);
            }
            AccountsError::NameTaken(NameClash::Username) => form.set_error("username", words),
            AccountsError::NameTaken(NameClash::Email) => form.set_error("email", words),
            AccountsError::WrongPassword => form.set_error(self.password_field, words),
            AccountsError::WrongSetupCode => form.set_error("setup_code", words),
            AccountsError::UntilIsPast => form.set_error("until", words),
            AccountsError::Inactive { user_reason, until } => {
                form.set_error("form", inactive(&words, user_reason, until));
            }
            AccountsError::BadCredentials
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

/// What a refusal becomes where no form could take it.
pub fn refuse(changes: Changes<'_>, error: AccountsError) -> Answer {
    match error {
        AccountsError::Ended { reason, user_reason } => {
            changes.end_session_now();
            changes.leave_notice(Notice::ended(&EndedLogin { reason, user_reason }));
            Answer::see_other(rocket::uri!(crate::site::entry::login::show(next = None::<&str>)))
        }
        AccountsError::RegistrationClosed
        | AccountsError::Forbidden
        | AccountsError::LastSuperuser
        | AccountsError::OwnAccount => Answer::Refused(Status::Forbidden, error.to_string()),
        AccountsError::AlreadySetUp
        | AccountsError::NoSuchUser
        | AccountsError::NoSuchSession
        | AccountsError::NoSuchToken => Answer::Status(Status::NotFound),
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
