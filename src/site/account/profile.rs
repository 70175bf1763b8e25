//! Changes the user's own email.

use rocket::{FromForm, State, fairing::AdHoc, get, post, routes, uri};
use serde::Serialize;

use crate::{
    accounts::Accounts,
    domain::people::{email::Email, password::Password},
    gate::{Changes, Notice, SignedIn, Submission},
    site::pages::{
        Pages,
        answer::{Answer, FormPage},
        form::FormView,
    },
};

#[derive(Debug, FromForm)]
struct ProfileForm<'r> {
    #[field(default = "")]
    email: &'r str,
    #[field(default = "")]
    password: &'r str,
}

#[derive(Debug, Serialize)]
struct ProfileView<'a> {
    username: &'a str,
    form: FormView,
}

#[get("/account/profile")]
fn show(signed_in: SignedIn<'_>, pages: Pages<'_>) -> Answer {
    let mut form = FormView::default();
    form.set_value("email", &signed_in.login.account.email);
    pages.show_form("account/profile", &ProfileView { username: &signed_in.login.account.username, form })
}

#[post("/account/profile", data = "<submission>")]
async fn change(
    signed_in: SignedIn<'_>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    submission: Submission<ProfileForm<'_>>,
) -> Answer {
    let typed = submission.0;
    let form_page = FormPage { pages: &pages, changes, template: "account/profile", password_field: "password" };
    let view = |form| ProfileView { username: &signed_in.login.account.username, form };
    let mut form = FormView::default();
    let email = form.read("email", typed.email, Email::parse);
    let password = form.read_secret("password", Password::parse(typed.password.to_owned()));
    let (Some(email), Some(password)) = (email, password) else { return form_page.show(form, view) };
    match accounts.change_email(&signed_in.actor(), &password, &email).await {
        Ok(renewed) => {
            changes.continue_session(renewed);
            changes.leave_notice(Notice::done("Your email has been changed."));
            Answer::see_other(uri!(show))
        }
        Err(error) => form_page.refuse(error, form, view),
    }
}

/// Mounts the page.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("Profile", |rocket| async { rocket.mount("/", routes![show, change]) })
}
