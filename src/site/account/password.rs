//! Changes the user's own password.

use rocket::{FromForm, Route, State, get, post, routes, uri};
use serde::Serialize;

use crate::{
    accounts::{Accounts, LoginCounts},
    domain::people::password::{OwnNames, Password},
    gate::{Changes, LiveLogin, Notice, SignedIn, Submission},
    site::pages::{
        Pages,
        answer::{Answer, FormPage, refuse},
        form::FormView,
        shared_fields::read_new_password,
    },
};

#[derive(Debug, FromForm)]
struct PasswordForm<'r> {
    #[field(default = "")]
    current_password: &'r str,
    #[field(default = "")]
    password: &'r str,
    #[field(default = "")]
    password_again: &'r str,
}

#[derive(Debug, Serialize)]
struct PasswordView {
    form: FormView,
    password_min_length: usize,
    other_sessions: u64,
    tokens: u64,
}

impl PasswordView {
    /// Shows what a change would end: all logins but this one.
    fn new(accounts: &Accounts, form: FormView, live: LoginCounts) -> Self {
        let password_min_length = accounts.settings().password_min_length;
        let LoginCounts { sessions, tokens } = live.without_own();
        Self { form, password_min_length, other_sessions: sessions, tokens }
    }
}

async fn count_live(accounts: &Accounts, login: &LiveLogin) -> crate::accounts::Result<LoginCounts> {
    accounts.count_live_logins(login.user_id).await
}

#[get("/account/password")]
async fn show(signed_in: SignedIn<'_>, accounts: &State<Accounts>, pages: Pages<'_>, changes: Changes<'_>) -> Answer {
    match count_live(accounts, signed_in.login).await {
        Ok(live) => pages.show_form("account/password", &PasswordView::new(accounts, FormView::default(), live)),
        Err(error) => refuse(changes, error),
    }
}

#[post("/account/password", data = "<submission>")]
async fn change(
    signed_in: SignedIn<'_>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    submission: Submission<PasswordForm<'_>>,
) -> Answer {
    let (typed, login) = (submission.0, signed_in.login);
    let live = match count_live(accounts, login).await {
        Ok(count) => count,
        Err(error) => return refuse(changes, error),
    };
    let form_page =
        FormPage { pages: &pages, changes, template: "account/password", password_field: "current_password" };
    let view = |form| PasswordView::new(accounts, form, live);
    let mut form = FormView::default();
    let names = OwnNames {
        username: &login.account.username,
        email: &login.account.email,
        site_name: &accounts.settings().site_name,
    };
    let current = form.read_secret("current_password", Password::parse(typed.current_password.to_owned()));
    let new = read_new_password(
        &mut form,
        (names, accounts.settings().password_min_length),
        typed.password,
        typed.password_again,
    );
    let (Some(current), Some(new)) = (current, new) else { return form_page.show(form, view) };
    match accounts.change_password(&signed_in.actor(), &current, &new, login.remember).await {
        Ok((started, others)) => {
            changes.start_session(started);
            changes.leave_notice(Notice::done(format!(
                "Your password has been changed. You stay logged in here. Elsewhere: {others}."
            )));
            Answer::see_other(uri!(super::overview::show))
        }
        Err(error) => form_page.refuse(error, form, view),
    }
}

/// The address that password managers open to change a password (W3C, "A Well-Known URL for Changing Passwords").
#[get("/.well-known/change-password", rank = 100)]
fn show_to_password_manager() -> Answer {
    Answer::see_other(uri!(show))
}

/// The routes of the page.
pub fn routes() -> Vec<Route> {
    routes![show, change]
}

/// The route that is at the root of the host, wherever the pages are. The host's own comes first.
pub fn well_known_route() -> Vec<Route> {
    routes![show_to_password_manager]
}
