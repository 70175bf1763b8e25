//! Turns every error status under `/api` into a problem.

use std::sync::{Mutex, PoisonError};

use rocket::{Request, catch, catchers, fairing::AdHoc, http::Status};

use super::{
    BASE,
    problem::{Code, Problem},
};
use crate::gate::{ApiLogin, JwtError, api_login_of, fits};

/// The problem that a data guard found, kept in the request's local cache for the catcher.
#[derive(Debug, Default)]
pub(super) struct FoundProblem(Mutex<Option<Problem>>);

impl FoundProblem {
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

#[catch(401)]
async fn unauthorized(request: &Request<'_>) -> Problem {
    match api_login_of(request).await {
        ApiLogin::Invalid => Problem::token(JwtError::Invalid),
        ApiLogin::Expired => Problem::token(JwtError::Expired),
        ApiLogin::Ended(ended) => Problem::ended(ended),
        ApiLogin::Nobody | ApiLogin::Live { .. } | ApiLogin::Unavailable => Problem::new(
            Code::NotAuthenticated,
            "Send `Authorization: Token …` or `Authorization: Bearer …`. The API does not accept cookies.",
        ),
    }
}

#[catch(default)]
fn default_problem(status: Status, request: &Request<'_>) -> Problem {
    if let Some(problem) = FoundProblem::of(request).take() {
        return problem;
    }
    match status.code {
        403 => Problem::new(Code::Forbidden, "The role of this account does not allow this."),
        404 | 405 => match allowed(request) {
            methods if methods.is_empty() => Problem::new(Code::NotFound, "There is nothing at this address."),
            methods => {
                Problem::new(Code::MethodNotAllowed, format!("This address supports {methods}.")).allowing(methods)
            }
        },
        413 => Problem::new(Code::TooLarge, "A body can have at most 32 KiB."),
        503 => Problem::new(Code::Unavailable, "The database does not respond. Try again later."),
        code if code < 500 => Problem::new(Code::BadRequest, "The request is malformed."),
        _ => Problem::broken(),
    }
}

/// The methods that an address supports, comma-separated.
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
    AdHoc::on_ignite("API problems", |rocket| async { rocket.register(BASE, catchers![unauthorized, default_problem]) })
}
