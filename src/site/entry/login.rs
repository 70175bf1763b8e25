//! The login form.

use rocket::{FromForm, Route, State, get, post, routes, uri};
use serde::Serialize;

use crate::{
    accounts::{Accounts, AccountsError, Credentials},
    domain::{
        next_path::NextPath,
        people::{login_name::LoginName, password::Password},
    },
    gate::{Changes, KnownClient, SignedIn, Submission, Visitor},
    site::pages::{
        Pages,
        answer::{Answer, FormPage},
        form::FormView,
    },
};

#[derive(Debug, FromForm)]
struct LoginForm<'r> {
    #[field(default = "")]
    username: &'r str,
    #[field(default = "")]
    password: &'r str,
    #[field(default = "")]
    remember: &'r str,
    #[field(default = "")]
    next: &'r str,
}

#[derive(Debug, Serialize)]
struct LoginView {
    form: FormView,
    /// Whether the email must be verified first.
    must_verify: bool,
}

impl LoginForm<'_> {
    fn read(&self, form: &mut FormView) -> Option<Credentials> {
        form.set_value("next", NextPath::parse(self.next).as_ref().map_or("", NextPath::as_str));
        let remember = !matches!(self.remember, "" | "off" | "false" | "0");
        if remember {
            form.set_value("remember", "on");
        }
        let name = form.read("username", self.username, LoginName::parse);
        let password = form.read_secret("password", Password::parse(self.password.to_owned()));
        Some(Credentials { name: name?, password: password?, remember })
    }
}

#[get("/login?<next>")]
pub(super) fn show(_visitor: Visitor, pages: Pages<'_>, next: Option<&str>) -> Answer {
    let mut form = FormView::default();
    form.set_value("next", next.and_then(NextPath::parse).as_ref().map_or("", NextPath::as_str));
    pages.show_form("login", &LoginView { form, must_verify: false })
}

#[get("/login", rank = 2)]
fn show_signed_in(_signed_in: SignedIn<'_>) -> Answer {
    Answer::see_other(uri!(crate::site::account::overview::show))
}

#[post("/login", data = "<submission>")]
async fn log_in(
    _visitor: Visitor,
    client: KnownClient,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    submission: Submission<LoginForm<'_>>,
) -> Answer {
    let typed = submission.0;
    let form_page = FormPage { pages: &pages, changes, template: "login", password_field: "password" };
    let view = |form| LoginView { form, must_verify: false };
    let mut form = FormView::default();
    let Some(credentials) = typed.read(&mut form) else { return form_page.show(form, view) };
    match accounts.log_in(&client.0, &credentials).await {
        Ok(started) => {
            changes.start_session(started);
            Answer::see_next(Some(typed.next), uri!(crate::site::account::overview::show))
        }
        Err(error) => {
            let must_verify = matches!(error, AccountsError::Unverified);
            form_page.refuse(error, form, |form| LoginView { form, must_verify })
        }
    }
}

#[post("/login", rank = 2)]
fn log_in_signed_in(_signed_in: SignedIn<'_>) -> Answer {
    Answer::see_other(uri!(crate::site::account::overview::show))
}

/// The routes of the login.
pub fn routes() -> Vec<Route> {
    routes![show, show_signed_in, log_in, log_in_signed_in]
}
