//! Turns every error status of the API into a problem.

use std::sync::{Mutex, PoisonError};

use rocket::{Catcher, Request, catch, catchers, http::Status, response::Responder as _};

use super::{
    BASE,
    problem::{Code, Problem},
};
use crate::gate::{ApiLogin, ErrorAnswer, JwtError, Root, api_login_of, fits, names_one_host, own_path};

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

/// Answers an error status.
pub(crate) fn answer_error<'r>(status: Status, request: &'r Request<'_>) -> ErrorAnswer<'r> {
    Box::pin(async move { problem_of(status, request).await.respond_to(request) })
}

async fn problem_of(status: Status, request: &Request<'_>) -> Problem {
    if status == Status::Unauthorized { unauthorized(request).await } else { other_problem(status, request) }
}

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

fn other_problem(status: Status, request: &Request<'_>) -> Problem {
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
    let (Some(root), Some(path)) = (Root::of(request), own_path(request)) else { return String::new() };
    let mut methods: Vec<&str> = request
        .rocket()
        .routes()
        .filter(|route| {
            root.own_path(route.uri.path()).is_some_and(|pattern| pattern.starts_with(BASE) && fits(pattern, path))
        })
        .flat_map(
            |route| if route.method.as_str() == "GET" { vec!["GET", "HEAD"] } else { vec![route.method.as_str()] },
        )
        .collect();
    methods.sort_unstable();
    methods.dedup();
    methods.join(", ")
}

#[catch(default)]
async fn problem(status: Status, request: &Request<'_>) -> Problem {
    // No route has refused a request that a proxy could read differently.
    let status = if names_one_host(request) { status } else { Status::BadRequest };
    problem_of(status, request).await
}

/// The catchers, for addresses of the API that do not exist.
pub(crate) fn catchers() -> Vec<Catcher> {
    catchers![problem]
}
