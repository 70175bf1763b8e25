//! The routes of the site's own pages.
//!
//! An own page answers its own errors, so that a host may keep its catchers. It also refuses what a proxy and Rocket
//! could read differently (see [`names_one_host`]).

use std::{future::Future, pin::Pin};

use rocket::{
    Build, Data, Request, Response, Rocket, Route,
    http::Status,
    route::{Handler, Outcome},
};

use super::{Root, transport::names_one_host};

/// How the names of own routes begin.
const PREFIX: &str = "curfew ";
/// The rank of own routes that a host may replace, such as the start page.
const REPLACEABLE: isize = 100;

/// The answer to an error on an own page.
pub(crate) type ErrorAnswer<'r> = Pin<Box<dyn Future<Output = Result<Response<'r>, Status>> + Send + 'r>>;

/// Answers an error on an own page.
pub(crate) type AnswerError = for<'r> fn(Status, &'r Request<'_>) -> ErrorAnswer<'r>;

/// Makes routes answer their own errors. `malformed` is the status if a parameter of the path is of the wrong type.
pub(crate) fn own(routes: Vec<Route>, answer: AnswerError, malformed: Status) -> Vec<Route> {
    let own = move |mut route: Route| {
        route.name = Some(format!("{PREFIX}{}", route.name.unwrap_or_default()).into());
        route.handler = Box::new(Own { handler: route.handler, answer, malformed });
        route
    };
    routes.into_iter().map(own).collect()
}

/// Whether the response belongs to an own page, or to an address among them that does not exist.
pub(crate) fn is_own(request: &Request<'_>) -> bool {
    match request.route() {
        Some(route) => is_own_route(route),
        None => Root::of(request)
            .is_some_and(|root| root.is_apart() && root.own_path(request.uri().path().as_str()).is_some()),
    }
}

fn is_own_route(route: &Route) -> bool {
    route.name.as_ref().is_some_and(|name| name.starts_with(PREFIX))
}

/// Whether an own route answers this path, by any method.
pub(super) fn is_path_of_own(request: &Request<'_>) -> bool {
    let path = request.uri().path().as_str();
    request.rocket().routes().any(|route| is_own_route(route) && super::fits(route.uri.path(), path))
}

/// Finds a route of the program at the address of an own page. Rocket might take either, without a word.
pub(crate) fn find_clash(rocket: &Rocket<Build>) -> Option<&Route> {
    let (own, others): (Vec<&Route>, Vec<&Route>) = rocket.routes().partition(|route| is_own_route(route));
    let is_at = |other: &Route, own: &Route| own.method == other.method && own.uri.path() == other.uri.path();
    others.into_iter().find(|other| own.iter().any(|own| own.rank < REPLACEABLE && is_at(other, own)))
}

#[derive(Clone)]
struct Own {
    handler: Box<dyn Handler>,
    answer: AnswerError,
    malformed: Status,
}

#[rocket::async_trait]
impl Handler for Own {
    async fn handle<'r>(&self, request: &'r Request<'_>, data: Data<'r>) -> Outcome<'r> {
        let status = if names_one_host(request) {
            match self.handler.handle(request, data).await {
                Outcome::Error(status) => status,
                // No other route is meant by it.
                Outcome::Forward((_, Status::UnprocessableEntity)) => self.malformed,
                outcome => return outcome,
            }
        } else {
            Status::BadRequest
        };
        match (self.answer)(status, request).await {
            Ok(response) => Outcome::Success(response),
            Err(status) => Outcome::Error(status),
        }
    }
}
