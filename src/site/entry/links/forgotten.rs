//! Asks for a letter with a reset link, or for another letter with a verification link.
//!
//! The answer is the same, after the same time, whether the address is known or not.

use rocket::{FromForm, Route, State, get, http::Status, post, routes, uri};
use serde::Serialize;

use crate::{
    accounts::Accounts,
    domain::people::{email::Email, text::without_joiners},
    gate::{Anyone, Changes, ClientOf, Submission},
    site::pages::{
        Pages,
        answer::{Answer, refuse},
        form::FormView,
    },
};

#[derive(Debug, FromForm)]
struct AddressForm<'r> {
    #[field(default = "")]
    email: &'r str,
}

#[derive(Debug, Default, Serialize)]
struct AskView {
    form: FormView,
    /// Whether a letter has just been asked for.
    sent: bool,
}

const FORGOTTEN: &str = "links/forgotten";
const VERIFY_AGAIN: &str = "links/verify_again";

fn ask(pages: &Pages<'_>, template: &'static str, sent: bool) -> Answer {
    pages.show_form(template, &AskView { form: FormView::default(), sent })
}

#[get("/password/forgot?<sent>")]
fn show_forgotten(_anyone: Anyone<'_>, pages: Pages<'_>, sent: Option<&str>) -> Answer {
    ask(&pages, FORGOTTEN, sent.is_some())
}

#[get("/email/verify?<sent>")]
fn show_verify_again(_anyone: Anyone<'_>, pages: Pages<'_>, sent: Option<&str>) -> Answer {
    ask(&pages, VERIFY_AGAIN, sent.is_some())
}

fn read(typed: &str) -> Result<Email, FormView> {
    let mut form = FormView::default();
    form.read("email", &without_joiners(typed), Email::parse).ok_or(form)
}

fn ask_again(pages: &Pages<'_>, template: &'static str, form: FormView) -> Answer {
    pages.show_form_again(Status::UnprocessableEntity, template, &AskView { form, sent: false })
}

#[post("/password/forgot", data = "<submission>")]
async fn forgotten(
    _anyone: Anyone<'_>,
    client: ClientOf,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    submission: Submission<AddressForm<'_>>,
) -> Answer {
    let email = match read(submission.0.email) {
        Ok(email) => email,
        Err(form) => return ask_again(&pages, FORGOTTEN, form),
    };
    match accounts.request_reset(&client.0, &email).await {
        Ok(()) => Answer::see_other(uri!("/password/forgot?sent")),
        Err(error) => refuse(changes, error),
    }
}

#[post("/email/verify", data = "<submission>")]
async fn verify_again(
    _anyone: Anyone<'_>,
    client: ClientOf,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    submission: Submission<AddressForm<'_>>,
) -> Answer {
    let email = match read(submission.0.email) {
        Ok(email) => email,
        Err(form) => return ask_again(&pages, VERIFY_AGAIN, form),
    };
    match accounts.request_verification(&client.0, &email).await {
        Ok(()) => Answer::see_other(uri!("/email/verify?sent")),
        Err(error) => refuse(changes, error),
    }
}

/// The routes of the pages.
pub fn routes() -> Vec<Route> {
    routes![show_forgotten, forgotten, show_verify_again, verify_again]
}
