//! Creates the first superuser. The setup code proves that the visitor can read the server's terminal.

use rocket::{FromForm, Route, State, get, http::Status, post, routes, uri};
use serde::Serialize;

use crate::{
    accounts::{Accounts, SETUP_CODE_CHARACTERS},
    domain::people::text::is_forbidden,
    gate::{Anyone, Changes, ClientOf, Notice, Submission},
    site::pages::{
        Pages,
        answer::{Answer, FormPage, refuse},
        form::FormView,
        shared_fields::read_registration,
    },
};

#[derive(Debug, FromForm)]
struct SetupForm<'r> {
    #[field(default = "")]
    setup_code: &'r str,
    #[field(default = "")]
    username: &'r str,
    #[field(default = "")]
    email: &'r str,
    #[field(default = "")]
    password: &'r str,
    #[field(default = "")]
    password_again: &'r str,
}

#[derive(Debug, Serialize)]
struct SetupView {
    form: FormView,
    password_min_length: usize,
}

impl SetupView {
    fn new(accounts: &Accounts, form: FormView) -> Self {
        Self { form, password_min_length: accounts.settings().password_min_length }
    }
}

fn read_code(typed: &str) -> Result<String, &'static str> {
    let code = typed.trim();
    if code.is_empty() {
        Err("Enter the setup code that the server printed when it started.")
    } else if code.chars().count() > SETUP_CODE_CHARACTERS || code.chars().any(is_forbidden) {
        Err("This is not a setup code. Copy it exactly as the server printed it.")
    } else {
        Ok(code.to_owned())
    }
}

#[get("/setup")]
pub(super) async fn show(
    _anyone: Anyone<'_>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
) -> Answer {
    match accounts.needs_setup().await {
        Ok(true) => pages.show_form("setup", &SetupView::new(accounts, FormView::default())),
        Ok(false) => Answer::Status(Status::NotFound),
        Err(error) => refuse(changes, error),
    }
}

#[post("/setup", data = "<submission>")]
async fn set_up(
    _anyone: Anyone<'_>,
    client: ClientOf,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    submission: Submission<SetupForm<'_>>,
) -> Answer {
    match accounts.needs_setup().await {
        Ok(true) => {}
        Ok(false) => return Answer::Status(Status::NotFound),
        Err(error) => return refuse(changes, error),
    }
    let typed = submission.0;
    let form_page = FormPage { pages: &pages, changes, template: "setup", password_field: "password" };
    let view = |form| SetupView::new(accounts, form);
    let mut form = FormView::default();
    let code = form.read_secret("setup_code", read_code(typed.setup_code));
    let fields = [typed.username, typed.email, typed.password, typed.password_again];
    let registration = read_registration(&mut form, accounts.settings(), fields);
    let (Some(code), Some(registration)) = (code, registration) else { return form_page.show(form, view) };
    match accounts.set_up(&client.0, &code, &registration).await {
        Ok(started) => {
            changes.start_session(started);
            changes.leave_notice(Notice::done("The site is set up. You are its first superuser."));
            Answer::see_other(uri!("/admin"))
        }
        Err(error) => form_page.refuse(error, form, view),
    }
}

/// The routes of the setup.
pub fn routes() -> Vec<Route> {
    routes![show, set_up]
}
