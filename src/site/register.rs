//! Making an account.

use rocket::{FromForm, State, fairing::AdHoc, get, http::Status, post, routes, uri};
use serde::Serialize;

use super::{
    answer::{Again, Answer},
    form::FormView,
    pages::Pages,
};
use crate::{
    accounts::{Accounts, Registration},
    domain::{
        email::Email,
        password::{NewPassword, OwnNames},
        username::Username,
    },
    gate::{Changes, ClientOf, Notice, SignedIn, Submission, Visitor},
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
}

/// Reads what every form that makes an account has in it.
pub(super) fn read_registration(form: &mut FormView, site_name: &str, typed: [&str; 4]) -> Option<Registration> {
    let [username, email, password, again] = typed;
    let names = OwnNames { username, email, site_name };
    let username = form.read("username", username, Username::parse);
    let email = form.read("email", email, Email::parse);
    let password = read_new_password(form, names, password, again);
    Some(Registration { username: username?, email: email?, password: password? })
}

/// Reads a new password and its repetition.
pub(super) fn read_new_password(
    form: &mut FormView,
    names: OwnNames<'_>,
    password: &str,
    again: &str,
) -> Option<NewPassword> {
    let read = form.read_secret("password", NewPassword::parse(password.to_owned(), names));
    if read.is_some() && password != again {
        form.set_error("password_again", "This is another password than the one above.");
        return None;
    }
    read
}

#[get("/register")]
fn show(_visitor: Visitor, accounts: &State<Accounts>, pages: Pages<'_>) -> Answer {
    if accounts.settings().registration_is_open {
        pages.show_form("register", &RegisterView { form: FormView::default() })
    } else {
        Answer::Status(Status::Forbidden)
    }
}

#[get("/register", rank = 2)]
fn show_signed_in(_signed_in: SignedIn<'_>) -> Answer {
    Answer::see_other(uri!(super::account::overview::show))
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
    if !accounts.settings().registration_is_open {
        return Answer::Status(Status::Forbidden);
    }
    let typed = submission.0;
    let again = Again { pages: &pages, changes, template: "register", password_field: "password" };
    let view = |form| RegisterView { form };
    let mut form = FormView::default();
    let fields = [typed.username, typed.email, typed.password, typed.password_again];
    let Some(registration) = read_registration(&mut form, &accounts.settings().site_name, fields) else {
        return again.show(form, view);
    };
    match accounts.register(&client.0, &registration).await {
        Ok(started) => {
            changes.start_session(started);
            changes.leave_notice(Notice::done(format!(
                "Welcome, {}. Your account is ready.",
                registration.username.as_str()
            )));
            Answer::see_other(uri!(super::account::overview::show))
        }
        Err(error) => again.refuse(error, form, view),
    }
}

#[post("/register", rank = 2)]
fn register_signed_in(_signed_in: SignedIn<'_>) -> Answer {
    Answer::see_other(uri!(super::account::overview::show))
}

/// Mounts the registration.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("Registration", |rocket| async {
        rocket.mount("/", routes![show, show_signed_in, register, register_signed_in])
    })
}
