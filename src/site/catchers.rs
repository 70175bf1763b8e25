//! The page of every status that is no page of its own.

use rocket::{Request, catch, catchers, fairing::AdHoc, http::Status, uri};
use serde::Serialize;

use super::pages::{
    Pages,
    answer::{Answer, RefusalWords},
    refused_form::refused_form_page,
};
use crate::{
    domain::next_path::NextPath,
    gate::{Changes, Login, Notice, Passive, RefusedFormKind, login_of, was_going},
};

/// What the error page shows.
#[derive(Debug, Serialize)]
struct ErrorView<'a> {
    status: u16,
    title: &'static str,
    text: &'a str,
    retry_after: Option<u64>,
    home_link: bool,
}

/// A page that needs a login, asked by a visitor or with a login that has ended: to the login,
/// which says why, and then on to where they were going.
#[catch(401)]
async fn log_in_first(request: &Request<'_>) -> Answer {
    if Passive::is(request) {
        return Answer::LogInFirst;
    }
    if let Login::Ended(ended) = login_of(request).await {
        Changes::of(request).leave_notice(Notice::ended(ended));
    }
    let next = was_going(request);
    Answer::see_other(uri!(super::entry::login::show(next = next.as_ref().map(NextPath::as_str))))
}

/// Grave work of staff who have not proven their password lately: to that, and then on to where they
/// were. What they sent has not been done.
#[catch(428)]
fn confirm_first(request: &Request<'_>) -> Answer {
    let next = was_going(request);
    Answer::see_other(uri!(super::entry::confirm::show(next = next.as_ref().map(NextPath::as_str))))
}

/// Somebody who may not, or a form that was not taken.
#[catch(403)]
async fn refuse(request: &Request<'_>) -> Answer {
    match RefusedFormKind::of(request) {
        Some(form) => refused_form_page(form, request).await,
        None => error_page(Status::Forbidden, request).await,
    }
}

#[catch(default)]
async fn say_why(status: Status, request: &Request<'_>) -> Answer {
    error_page(status, request).await
}

/// The page of a status.
pub(super) async fn error_page(status: Status, request: &Request<'_>) -> Answer {
    let (title, text) = words(status);
    let RefusalWords(of_this_request) = request.local_cache(RefusalWords::default);
    let view = ErrorView {
        status: status.code,
        title,
        text: of_this_request.as_deref().unwrap_or(text),
        retry_after: None,
        home_link: status != Status::ServiceUnavailable,
    };
    Pages::of(request).await.show_error(status, &view)
}

fn words(status: Status) -> (&'static str, &'static str) {
    match status.code {
        400 => (
            "This cannot be read",
            "The address or the form has something in it that this page does not know. Check it and try again.",
        ),
        403 => (
            "This is not open to you",
            "This page is for others. If you should see it, ask somebody of this site\u{2019}s staff.",
        ),
        404 => ("There is nothing here", "The address may be mistyped, or what was here is gone."),
        405 => ("This cannot be done here", "The page is there, but not for this kind of request."),
        408 => ("This took too long", "The form did not arrive in time. Please send it again."),
        413 => ("This is too much", "A form may hold at most 32 KiB. Shorten it and try again."),
        415 => ("This is of another kind", "A form is sent as a browser sends it (application/x-www-form-urlencoded)."),
        422 => ("This cannot be taken as it is", "Something in the form is wrong. Go back, check it and try again."),
        429 => ("Too many tries", "Wait a while and try again."),
        503 => {
            ("The database does not answer", "You stay logged in, and nothing is lost. Please try again in a moment.")
        }
        code if code < 500 => ("This cannot be answered", "The request is one that this site does not understand."),
        _ => ("Something went wrong here", "It is not your fault. It has been noted; please try again later."),
    }
}

/// Catches every status.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("Error pages", |rocket| async {
        rocket.register("/", catchers![log_in_first, confirm_first, refuse, say_why])
    })
}
