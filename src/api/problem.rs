//! What the API answers when it does not do what was asked (RFC 9457), and how a use case's error becomes
//! that. Only here is a status chosen.

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

/// The stable word that programs go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Something in the request cannot be read, or may not be so.
    BadRequest,
    /// Nobody's name, or not their password.
    BadCredentials,
    /// There is no token.
    NotAuthenticated,
    /// The token is none of ours, or not for this.
    TokenInvalid,
    /// The token was good, and its time is over.
    TokenExpired,
    /// The token was good, and its login has ended.
    SessionEnded,
    /// The account may not do this.
    Forbidden,
    /// There is something else to do at this address.
    MethodNotAllowed,
    /// The body is larger than it may be.
    TooLarge,
    /// The body is no JSON.
    UnsupportedMediaType,
    /// There is nothing at this address.
    NotFound,
    /// It cannot be done as things are.
    Conflict,
    /// There were too many tries.
    TooManyRequests,
    /// The database does not answer, or something is broken here.
    Unavailable,
}

/// A problem, as its program is told.
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
    /// A problem of that code, in a sentence.
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

    /// The login has ended, for that reason.
    pub(super) fn ended(ended: &EndedLogin) -> Self {
        let (code, detail) = match ended.reason {
            EndReason::Expired => (Code::TokenExpired, "This token has expired."),
            reason => (Code::SessionEnded, reason.sentence()),
        };
        Self::new(code, detail).because(ended.reason, ended.user_reason.clone())
    }

    /// The token is no good.
    pub(super) fn token(error: JwtError) -> Self {
        match error {
            JwtError::Invalid => Self::new(Code::TokenInvalid, "This is no token of this site, or not for this."),
            JwtError::Expired => Self::ended(&EndedLogin { reason: EndReason::Expired, user_reason: None }),
        }
    }

    /// What was wrong with which fields.
    pub(super) fn fields(errors: BTreeMap<&'static str, String>) -> Self {
        Self::new(Code::BadRequest, "Something in the body may not be so; see `errors`.").with(|details| {
            details.errors = errors;
        })
    }

    /// Something is broken here.
    pub(super) fn broken() -> Self {
        let words = "Something went wrong here. It has been noted; try again later.";
        Self::new(Code::Unavailable, words).with(|details| {
            (details.status, details.title) = (500, "Internal Server Error");
        })
    }

    /// What can be asked there instead.
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
        let words = error.to_string();
        match error {
            AccountsError::Ended { reason, user_reason } => Self::ended(&EndedLogin { reason, user_reason }),
            AccountsError::BadCredentials | AccountsError::WrongPassword => Self::new(Code::BadCredentials, words),
            AccountsError::Inactive { user_reason, until } => {
                let until = until.map(|at| format!(" It can be used again from {}.", at.to_rfc3339()));
                Self::new(Code::Forbidden, format!("{words}{}", until.unwrap_or_default()))
                    .because(EndReason::Deactivated, user_reason)
            }
            AccountsError::TooManyTries { retry_after } => {
                Self::new(Code::TooManyRequests, words).with(|details| details.retry_after = Some(retry_after))
            }
            AccountsError::SessionsFull { .. }
            | AccountsError::TokensFull { .. }
            | AccountsError::LastSuperuser
            | AccountsError::OwnAccount
            | AccountsError::AlreadySetUp
            | AccountsError::NameTaken(_)
            | AccountsError::NothingScheduled => Self::new(Code::Conflict, words),
            AccountsError::Forbidden | AccountsError::RegistrationClosed => Self::new(Code::Forbidden, words),
            AccountsError::NoSuchUser | AccountsError::NoSuchSession | AccountsError::NoSuchToken => {
                Self::new(Code::NotFound, words)
            }
            AccountsError::UntilIsPast | AccountsError::WrongSetupCode => Self::new(Code::BadRequest, words),
            AccountsError::Store(StoreError::Unavailable(_) | StoreError::Unwritable) => {
                log::error!("{words}");
                Self::new(Code::Unavailable, "The database does not answer. Try again in a moment.")
            }
            AccountsError::Store(_) | AccountsError::Hashing(_) => {
                log::error!("{words}");
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
            // RFC 6750, section 3; the other scheme has no standard of its own.
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
