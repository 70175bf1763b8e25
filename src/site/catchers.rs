//! The error catchers: one page for every status that no handler renders itself.

use rocket::{Request, catch, catchers, fairing::AdHoc, http::Status, uri};
use serde::Serialize;

use super::pages::{
    Pages,
    answer::{Answer, RefusalText},
    refused_form::refused_form_page,
};
use crate::{
    domain::next_path::NextPath,
    gate::{Changes, Login, Notice, Passive, RefusedForm, login_of, return_page},
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

/// Redirects visitors, and logins that have ended, to the login page, which says why a login ended and then leads on
/// to the page that was requested.
#[catch(401)]
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
#[catch(428)]
fn confirm_first(request: &Request<'_>) -> Answer {
    let next = return_page(request);
    Answer::see_other(uri!(super::entry::confirm::show(next = next.as_ref().map(NextPath::as_str))))
}

/// Shows a refused form again, or the page of 403.
#[catch(403)]
async fn forbidden(request: &Request<'_>) -> Answer {
    match RefusedForm::of(request) {
        Some(form) => refused_form_page(form, request).await,
        None => error_page(Status::Forbidden, request).await,
    }
}

#[catch(default)]
async fn other(status: Status, request: &Request<'_>) -> Answer {
    error_page(status, request).await
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

/// Registers the catchers.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("Error pages", |rocket| async {
        rocket.register("/", catchers![log_in_first, confirm_first, forbidden, other])
    })
}
