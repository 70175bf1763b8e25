//! The error catchers: one page for every status that no handler renders itself.

use rocket::{
    Catcher, Request, Response, catch, catchers,
    fairing::{Fairing, Info, Kind},
    http::{Header, Status},
    response::Responder as _,
    uri,
};
use serde::Serialize;

use super::pages::{
    Pages,
    answer::{Answer, RefusalText},
    refused_form::refused_form_page,
};
use crate::{
    api,
    domain::next_path::NextPath,
    gate::{
        Changes, ErrorAnswer, GuardedAs, Login, Notice, Passive, RefusedForm, is_own, login_of, names_one_host,
        return_page,
    },
};

/// The context of the error page.
#[derive(Debug, Serialize)]
struct ErrorView<'a> {
    status: u16,
    title: &'static str,
    text: &'a str,
    retry_after: Option<u64>,
    home_link: bool,
}

/// Answers an error status.
pub(super) fn answer_error<'r>(status: Status, request: &'r Request<'_>) -> ErrorAnswer<'r> {
    Box::pin(async move { page_of(status, request).await.respond_to(request) })
}

async fn page_of(status: Status, request: &Request<'_>) -> Answer {
    match status.code {
        401 => log_in_first(request).await,
        428 => confirm_first(request),
        403 => match RefusedForm::of(request) {
            Some(form) => refused_form_page(form, request).await,
            None => error_page(status, request).await,
        },
        _ => error_page(status, request).await,
    }
}

/// Redirects visitors, and logins that have ended, to the login page, which says why a login ended and then leads on
/// to the page that was requested.
async fn log_in_first(request: &Request<'_>) -> Answer {
    if let Login::Ended(ended) = login_of(request).await {
        Changes::of(request).leave_notice(Notice::ended(ended));
    }
    if Passive::is(request) {
        return Answer::LogInFirst;
    }
    let next = return_page(request);
    Answer::see_other(uri!(super::entry::login::show(next = next.as_ref().map(NextPath::as_str))))
}

/// Redirects staff whose last password check is too old to `/confirm`, and then back. The posted action was not carried
/// out.
fn confirm_first(request: &Request<'_>) -> Answer {
    let next = return_page(request);
    Answer::see_other(uri!(super::entry::confirm::show(next = next.as_ref().map(NextPath::as_str))))
}

/// Renders the error page of a status.
pub(super) async fn error_page(status: Status, request: &Request<'_>) -> Answer {
    let (title, text) = title_and_text(status);
    let RefusalText(own_text) = request.local_cache(RefusalText::default);
    let view = ErrorView {
        status: status.code,
        title,
        text: own_text.as_deref().unwrap_or(text),
        retry_after: None,
        home_link: status != Status::ServiceUnavailable,
    };
    Pages::of(request).await.show_error(status, &view)
}

fn title_and_text(status: Status) -> (&'static str, &'static str) {
    match status.code {
        400 => ("Bad request", "The address or the form contains a value that is not valid. Check it and try again."),
        403 => ("Access denied", "You do not have access to this page. If you need it, ask this site\u{2019}s staff."),
        404 => ("Page not found", "The address may be mistyped, or the page no longer exists."),
        405 => ("Method not allowed", "This page does not accept this kind of request."),
        408 => ("Request timed out", "The form did not arrive in time. Send it again."),
        413 => ("Form too large", "A form can hold at most 32 KiB. Shorten it and try again."),
        415 => ("Unsupported content type", "Send the form as application/x-www-form-urlencoded."),
        422 => ("Invalid form", "Something in the form is not valid. Go back, check it and try again."),
        429 => ("Too many attempts", "Wait a while and try again."),
        503 => (
            "Service unavailable",
            "The database does not respond. You stay logged in, and nothing is lost. Try again in a minute.",
        ),
        code if code < 500 => ("Request not supported", "This site does not support this kind of request."),
        _ => ("Something went wrong", "This is not your fault. The error has been logged. Try again later."),
    }
}

#[catch(default)]
async fn page(status: Status, request: &Request<'_>) -> Answer {
    // No route has refused a request that a proxy could read differently.
    let status = if names_one_host(request) { status } else { Status::BadRequest };
    page_of(status, request).await
}

/// The statuses that guards answer with.
const OF_GUARDS: [u16; 4] = [401, 403, 428, 503];

/// The catchers. A program with a catcher of its own for everything gets those of the guards' statuses, except where it
/// has its own too: Rocket allows one catcher for a status.
pub(super) fn catchers(is_taken: impl Fn(Option<u16>) -> bool) -> Vec<Catcher> {
    if !is_taken(None) {
        return catchers![page];
    }
    let free = OF_GUARDS.into_iter().filter(|code| !is_taken(Some(*code)));
    free.map(|code| Catcher::new(code, answer_guard)).collect()
}

/// Answers a status of a guard: programs that are refused get a problem, people a page.
fn answer_guard<'r>(status: Status, request: &'r Request<'_>) -> ErrorAnswer<'r> {
    match Changes::of(request).guarded_as() {
        Some(GuardedAs::RefusedProgram) => api::answer_error(status, request),
        _ => answer_error(status, request),
    }
}

/// Leads people from a host's page to the login, or to the question for their password, when a guard refuses them.
/// Programs that are refused get a problem. A host's own catcher of the status is left alone.
pub(super) struct LeadToLogin;

#[rocket::async_trait]
impl Fairing for LeadToLogin {
    fn info(&self) -> Info {
        Info { name: "Redirects to the login", kind: Kind::Response }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let status = response.status();
        if is_own(request) || is_caught(status, request) {
            return;
        }
        let is_of_guard = match Changes::of(request).guarded_as() {
            Some(GuardedAs::RefusedPage) => matches!(status.code, 401 | 428),
            Some(GuardedAs::RefusedProgram) => matches!(status.code, 401 | 403),
            _ => false,
        };
        if is_of_guard && let Ok(answer) = answer_guard(status, request).await {
            let refused = std::mem::replace(response, answer);
            // Other fairings may have added headers, such as those of CORS.
            for header in refused.headers().iter().filter(|header| *header.name() != "Content-Type") {
                if !response.headers().contains(header.name().as_str()) {
                    response.adjoin_header(Header::new(header.name().to_string(), header.value().to_owned()));
                }
            }
        }
    }
}

/// Whether the program catches just this status at this address.
fn is_caught(status: Status, request: &Request<'_>) -> bool {
    let path = request.uri().path().as_str();
    let covers = |base: &str| {
        path.strip_prefix(base.trim_end_matches('/')).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    request.rocket().catchers().any(|catcher| catcher.code == Some(status.code) && covers(catcher.base.path().as_str()))
}
