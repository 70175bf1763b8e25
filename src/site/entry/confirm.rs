//! The recent-password check: asks for the password again before sensitive actions.

use rocket::{FromForm, Route, State, get, post, routes, uri};
use serde::Serialize;

use crate::{
    accounts::Accounts,
    domain::{next_path::NextPath, people::password::Password},
    gate::{Changes, Notice, SignedIn, Submission},
    site::pages::{
        Pages,
        answer::{Answer, FormPage},
        form::FormView,
    },
};

#[derive(Debug, FromForm)]
struct ConfirmForm<'r> {
    #[field(default = "")]
    password: &'r str,
}

#[derive(Debug, Serialize)]
struct ConfirmView {
    form: FormView,
    /// The address that the form posts to, with `next`.
    action: String,
    valid_for_seconds: u64,
}

impl ConfirmView {
    fn new(accounts: &Accounts, next: Option<&str>, form: FormView) -> Self {
        let next = next.and_then(NextPath::parse);
        let action = uri!(show(next = next.as_ref().map(NextPath::as_str))).to_string();
        Self { form, action, valid_for_seconds: accounts.settings().proof_of_presence.as_secs() }
    }
}

#[get("/confirm?<next>")]
pub(super) fn show(
    _signed_in: SignedIn<'_>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    next: Option<&str>,
) -> Answer {
    pages.show_form("confirm", &ConfirmView::new(accounts, next, FormView::default()))
}

#[post("/confirm?<next>", data = "<submission>")]
async fn confirm(
    signed_in: SignedIn<'_>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    next: Option<&str>,
    submission: Submission<ConfirmForm<'_>>,
) -> Answer {
    let form_page = FormPage { pages: &pages, changes, template: "confirm", password_field: "password" };
    let view = |form| ConfirmView::new(accounts, next, form);
    let mut form = FormView::default();
    let password = form.read_secret("password", Password::parse(submission.0.password.to_owned()));
    let Some(password) = password else { return form_page.show(form, view) };
    match accounts.prove_presence(&signed_in.actor(), &password).await {
        Ok(renewed) => {
            changes.continue_session(renewed);
            changes.leave_notice(Notice::done("Password confirmed. You can continue."));
            let is_staff = signed_in.login.role().is_staff();
            Answer::see_next(next, if is_staff { uri!("/admin") } else { uri!("/account") })
        }
        Err(error) => form_page.refuse(error, form, view),
    }
}

/// The routes of the page.
pub fn routes() -> Vec<Route> {
    routes![show, confirm]
}
