//! The problem of every request under `/api` that no handler has answered.

use std::sync::{Mutex, PoisonError};

use rocket::{Request, catch, catchers, fairing::AdHoc, http::Status};

use super::{
    BASE,
    problem::{Code, Problem},
};
use crate::gate::{ApiLogin, JwtError, api_login_of, fits};

/// The problem that a guard has found, for the catcher.
#[derive(Debug, Default)]
pub(super) struct TheProblem(Mutex<Option<Problem>>);

impl TheProblem {
    pub(super) fn of<'r>(request: &'r Request<'_>) -> &'r Self {
        request.local_cache(Self::default)
    }

    pub(super) fn set(&self, problem: Problem) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(problem);
    }

    fn take(&self) -> Option<Problem> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Why no program was let in.
#[catch(401)]
async fn say_why_not_let_in(request: &Request<'_>) -> Problem {
    match api_login_of(request).await {
        ApiLogin::Invalid => Problem::token(JwtError::Invalid),
        ApiLogin::Expired => Problem::token(JwtError::Expired),
        ApiLogin::Ended(ended) => Problem::ended(ended),
        ApiLogin::Nobody | ApiLogin::Live { .. } | ApiLogin::Unknown => Problem::new(
            Code::NotAuthenticated,
            "Send `Authorization: Token …` or `Authorization: Bearer …`. A cookie is no login here.",
        ),
    }
}

#[catch(default)]
fn say_why(status: Status, request: &Request<'_>) -> Problem {
    if let Some(problem) = TheProblem::of(request).take() {
        return problem;
    }
    match status.code {
        403 => Problem::new(Code::Forbidden, "The role of this account does not reach so far."),
        404 | 405 => match allowed(request) {
            methods if methods.is_empty() => Problem::new(Code::NotFound, "There is nothing at this address."),
            methods => Problem::new(Code::MethodNotAllowed, format!("At this address: {methods}.")).allowing(methods),
        },
        413 => Problem::new(Code::TooLarge, "A body has at most 32 KiB."),
        503 => Problem::new(Code::Unavailable, "The database does not answer. Try again in a moment."),
        code if code < 500 => Problem::new(Code::BadRequest, "This request cannot be read."),
        _ => Problem::broken(),
    }
}

/// The methods that there are at an address, parted by commas.
fn allowed(request: &Request<'_>) -> String {
    let path = request.uri().path();
    let mut methods: Vec<&str> = request
        .rocket()
        .routes()
        .filter(|route| route.uri.path().starts_with(BASE) && fits(route, path.as_str()))
        .flat_map(
            |route| if route.method.as_str() == "GET" { vec!["GET", "HEAD"] } else { vec![route.method.as_str()] },
        )
        .collect();
    methods.sort_unstable();
    methods.dedup();
    methods.join(", ")
}

/// Catches every status under `/api`.
pub(super) fn stage() -> AdHoc {
    AdHoc::on_ignite("API problems", |rocket| async { rocket.register(BASE, catchers![say_why_not_let_in, say_why]) })
}
