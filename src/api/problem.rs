//! Error responses as problem details (RFC 9457).
//!
//! The status of every error is chosen here and nowhere else.

use std::{collections::BTreeMap, fmt::Display, time::Duration};

use rocket::{
    Request, Response,
    http::{ContentType, Header, Status},
    response::{Responder, Result},
    serde::json::Json,
};
use serde::Serialize;

use crate::{
    accounts::AccountsError,
    domain::reason::EndReason,
    gate::{EndedLogin, JwtError},
    store::StoreError,
};

/// A problem's stable code, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The request is malformed or has an invalid value.
    BadRequest,
    /// The name is unknown, or the password is wrong.
    BadCredentials,
    /// The request has no token.
    NotAuthenticated,
    /// The token is forged or unknown, or not for this use.
    TokenInvalid,
    /// The token has expired.
    TokenExpired,
    /// The token's login has ended.
    SessionEnded,
    /// The account may not do this.
    Forbidden,
    /// The address does not support the method.
    MethodNotAllowed,
    /// The body is too large.
    TooLarge,
    /// The body's content type is not JSON.
    UnsupportedMediaType,
    /// The address, or what it names, does not exist.
    NotFound,
    /// The request conflicts with the current state.
    Conflict,
    /// The client has failed too often and must wait.
    TooManyRequests,
    /// The database does not respond, the server is busy, or it failed.
    Unavailable,
}

/// A problem, sent as a response.
#[derive(Debug, Clone)]
pub struct Problem(Box<Details>);

#[derive(Debug, Clone, Serialize)]
struct Details {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    code: Code,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_reason: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    errors: BTreeMap<&'static str, String>,
    #[serde(skip)]
    retry_after: Option<Duration>,
    #[serde(skip)]
    allow: Option<String>,
}

impl Problem {
    /// A problem with this code. `detail` is a sentence for people.
    pub(super) fn new(code: Code, detail: impl Display) -> Self {
        let (status, title) = status_of(code);
        Self(Box::new(Details {
            kind: "about:blank",
            title,
            status: status.code,
            code,
            detail: detail.to_string(),
            reason: None,
            user_reason: None,
            errors: BTreeMap::new(),
            retry_after: None,
            allow: None,
        }))
    }

    /// The problem of a login that has ended.
    pub(super) fn ended(ended: &EndedLogin) -> Self {
        let (code, detail) = match ended.reason {
            EndReason::Expired => (Code::TokenExpired, "This token has expired."),
            reason => (Code::SessionEnded, reason.sentence()),
        };
        Self::new(code, detail).because(ended.reason, ended.user_reason.clone())
    }

    /// The problem of a JWT that is not accepted.
    pub(super) fn token(error: JwtError) -> Self {
        match error {
            JwtError::Invalid => {
                Self::new(Code::TokenInvalid, "This token was not issued by this site, or not for this use.")
            }
            JwtError::Expired => Self::ended(&EndedLogin { reason: EndReason::Expired, user_reason: None }),
        }
    }

    /// The problem of invalid fields, each with its error.
    pub(super) fn fields(errors: BTreeMap<&'static str, String>) -> Self {
        Self::new(Code::BadRequest, "Some fields are invalid; see `errors`.").with(|details| {
            details.errors = errors;
        })
    }

    /// The problem of a server failure.
    pub(super) fn broken() -> Self {
        let text = "Something went wrong on the server. The error has been logged; try again later.";
        Self::new(Code::Unavailable, text).with(|details| {
            (details.status, details.title) = (500, "Internal Server Error");
        })
    }

    /// Adds the methods that the address supports.
    pub(super) fn allowing(self, methods: String) -> Self {
        self.with(|details| details.allow = Some(methods))
    }

    fn because(self, reason: EndReason, user_reason: Option<String>) -> Self {
        self.with(|details| (details.reason, details.user_reason) = (Some(reason.code()), user_reason))
    }

    fn with(mut self, change: impl FnOnce(&mut Details)) -> Self {
        change(&mut self.0);
        self
    }

    pub(super) fn status(&self) -> Status {
        Status::new(self.0.status)
    }
}

/// The status of a code, with its title (RFC 9110, section 15).
fn status_of(code: Code) -> (Status, &'static str) {
    let (status, title) = match code {
        Code::BadRequest => (400, "Bad Request"),
        Code::BadCredentials
        | Code::NotAuthenticated
        | Code::TokenInvalid
        | Code::TokenExpired
        | Code::SessionEnded => (401, "Unauthorized"),
        Code::Forbidden => (403, "Forbidden"),
        Code::NotFound => (404, "Not Found"),
        Code::MethodNotAllowed => (405, "Method Not Allowed"),
        Code::Conflict => (409, "Conflict"),
        Code::TooLarge => (413, "Content Too Large"),
        Code::UnsupportedMediaType => (415, "Unsupported Media Type"),
        Code::TooManyRequests => (429, "Too Many Requests"),
        Code::Unavailable => (503, "Service Unavailable"),
    };
    (Status::new(status), title)
}

impl From<AccountsError> for Problem {
    fn from(error: AccountsError) -> Self {
        let text = error.to_string();
        match error {
            AccountsError::Ended { reason, user_reason } => Self::ended(&EndedLogin { reason, user_reason }),
            AccountsError::BadCredentials | AccountsError::WrongPassword => Self::new(Code::BadCredentials, text),
            AccountsError::Inactive { user_reason, until } => {
                let until = until.map(|at| format!(" It becomes active again at {}.", at.to_rfc3339()));
                Self::new(Code::Forbidden, format!("{text}{}", until.unwrap_or_default()))
                    .because(EndReason::Deactivated, user_reason)
            }
            AccountsError::TooManyAttempts { retry_after } => {
                Self::new(Code::TooManyRequests, text).with(|details| details.retry_after = Some(retry_after))
            }
            AccountsError::Busy { retry_after } => {
                Self::new(Code::Unavailable, text).with(|details| details.retry_after = Some(retry_after))
            }
            AccountsError::SessionsFull { .. }
            | AccountsError::TokensFull { .. }
            | AccountsError::LastSuperuser
            | AccountsError::OwnAccount
            | AccountsError::AlreadySetUp
            | AccountsError::NameTaken(_)
            | AccountsError::NameReserved
            | AccountsError::EmailDistrusted
            | AccountsError::TitleTaken
            | AccountsError::TemplatesFull
            | AccountsError::NothingScheduled => Self::new(Code::Conflict, text),
            AccountsError::Forbidden | AccountsError::RegistrationClosed | AccountsError::Unverified => {
                Self::new(Code::Forbidden, text)
            }
            AccountsError::NoSuchUser
            | AccountsError::NoSuchSession
            | AccountsError::NoSuchToken
            | AccountsError::NoSuchTemplate
            | AccountsError::BadLink => Self::new(Code::NotFound, text),
            AccountsError::UntilIsPast | AccountsError::WrongSetupCode | AccountsError::BadPassword(_) => {
                Self::new(Code::BadRequest, text)
            }
            AccountsError::Store(StoreError::Unavailable(_) | StoreError::Unwritable) => {
                log::error!("{text}");
                Self::new(Code::Unavailable, "The database does not respond. Try again later.")
            }
            AccountsError::Store(_) | AccountsError::Hashing(_) => {
                log::error!("{text}");
                Self::broken()
            }
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        AccountsError::from(error).into()
    }
}

impl<'r> Responder<'r, 'static> for Problem {
    fn respond_to(self, request: &'r Request<'_>) -> Result<'static> {
        let status = self.status();
        let Details { code, retry_after, allow, .. } = &*self.0;
        let (code, retry_after, allow) = (*code, *retry_after, allow.clone());
        let mut response = Response::build_from(Json(self.0).respond_to(request)?);
        response.status(status).header(ContentType::new("application", "problem+json"));
        if status == Status::Unauthorized {
            // `Bearer` by RFC 6750, section 3. No standard defines `Token`.
            let error = if matches!(code, Code::TokenInvalid | Code::TokenExpired | Code::SessionEnded) {
                ", error=\"invalid_token\""
            } else {
                ""
            };
            let challenge = format!("Bearer realm=\"api\"{error}, Token realm=\"api\"");
            response.header(Header::new("WWW-Authenticate", challenge));
        }
        if let Some(wait) = retry_after {
            response.header(Header::new("Retry-After", wait.as_secs().saturating_add(1).to_string()));
        }
        if let Some(allow) = allow {
            response.header(Header::new("Allow", allow));
        }
        response.ok()
    }
}
