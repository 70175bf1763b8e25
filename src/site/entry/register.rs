//! Registration.

use rocket::{FromForm, Route, State, get, http::Status, post, routes, uri};
use serde::Serialize;

use crate::{
    accounts::Accounts,
    gate::{Changes, ClientOf, Notice, SignedIn, Submission, Visitor},
    site::{
        addresses::login_page,
        pages::{
            Pages,
            answer::{Answer, FormPage},
            form::FormView,
            shared_fields::read_registration,
        },
    },
};

#[derive(Debug, FromForm)]
struct RegisterForm<'r> {
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
struct RegisterView {
    form: FormView,
    password_min_length: usize,
}

impl RegisterView {
    fn new(accounts: &Accounts, form: FormView) -> Self {
        Self { form, password_min_length: accounts.settings().password_min_length }
    }
}

#[get("/register")]
fn show(_visitor: Visitor, accounts: &State<Accounts>, pages: Pages<'_>) -> Answer {
    if accounts.settings().registration_is_open() {
        pages.show_form("register", &RegisterView::new(accounts, FormView::default()))
    } else {
        Answer::Status(Status::Forbidden)
    }
}

#[get("/register", rank = 2)]
fn show_signed_in(_signed_in: SignedIn<'_>) -> Answer {
    Answer::see_other(uri!(crate::site::account::overview::show))
}

#[post("/register", data = "<submission>")]
async fn register(
    _visitor: Visitor,
    client: ClientOf,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    submission: Submission<RegisterForm<'_>>,
) -> Answer {
    if !accounts.settings().registration_is_open() {
        return Answer::Status(Status::Forbidden);
    }
    let typed = submission.0;
    let form_page = FormPage { pages: &pages, changes, template: "register", password_field: "password" };
    let view = |form| RegisterView::new(accounts, form);
    let mut form = FormView::default();
    let fields = [typed.username, typed.email, typed.password, typed.password_again];
    let Some(registration) = read_registration(&mut form, accounts.settings(), fields) else {
        return form_page.show(form, view);
    };
    match accounts.register(&client.0, &registration).await {
        Ok(None) => {
            changes.leave_notice(Notice::done(format!(
                "Almost done, {}. Open the link in the letter that was sent to {}, and then log in.",
                registration.username.as_str(),
                registration.email.as_str()
            )));
            Answer::see_other(login_page())
        }
        Ok(Some(started)) => {
            changes.start_session(started);
            changes.leave_notice(Notice::done(format!(
                "Welcome, {}. Your account is ready. To verify your email, open the link in the letter that was sent \
                 to {}.",
                registration.username.as_str(),
                registration.email.as_str()
            )));
            Answer::see_other(uri!(crate::site::account::overview::show))
        }
        Err(error) => form_page.refuse(error, form, view),
    }
}

#[post("/register", rank = 2)]
fn register_signed_in(_signed_in: SignedIn<'_>) -> Answer {
    Answer::see_other(uri!(crate::site::account::overview::show))
}

/// The routes of the registration.
pub fn routes() -> Vec<Route> {
    routes![show, show_signed_in, register, register_signed_in]
}
