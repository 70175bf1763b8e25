//! Deletes the user's own account.

use rocket::{FromForm, Route, State, get, post, routes, uri};
use serde::Serialize;

use crate::{
    accounts::{self, Accounts, AccountsError},
    domain::people::password::Password,
    gate::{Changes, LiveLogin, Notice, SignedIn, Submission},
    site::pages::{
        Pages,
        answer::{Answer, FormPage, refuse},
        form::FormView,
    },
};

#[derive(Debug, FromForm)]
struct DeleteForm<'r> {
    #[field(default = "")]
    password: &'r str,
}

#[derive(Debug, Serialize)]
struct DeleteView<'a> {
    username: &'a str,
    other_sessions: u64,
    tokens: u64,
    why_not: Option<String>,
    form: FormView,
}

async fn read<'a>(accounts: &Accounts, login: &'a LiveLogin) -> accounts::Result<DeleteView<'a>> {
    let others = accounts.count_live_logins(login.user_id).await?.without_own();
    let is_last = accounts.is_last_superuser(login.user_id, login.role()).await?;
    Ok(DeleteView {
        username: &login.account.username,
        other_sessions: others.sessions,
        tokens: others.tokens,
        why_not: is_last.then(|| AccountsError::LastSuperuser.to_string()),
        form: FormView::default(),
    })
}

#[get("/account/delete")]
async fn show(signed_in: SignedIn<'_>, accounts: &State<Accounts>, pages: Pages<'_>, changes: Changes<'_>) -> Answer {
    match read(accounts, signed_in.login).await {
        Ok(view) => pages.show_form("account/delete", &view),
        Err(error) => refuse(changes, error),
    }
}

#[post("/account/delete", data = "<submission>")]
async fn delete(
    signed_in: SignedIn<'_>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    submission: Submission<DeleteForm<'_>>,
) -> Answer {
    let mut form = FormView::default();
    let password = form.read_secret("password", Password::parse(submission.0.password.to_owned()));
    let deleted = match password {
        Some(password) => Some(accounts.delete_own_account(&signed_in.actor(), &password).await),
        None => None,
    };
    if let Some(Ok(ended)) = deleted {
        changes.log_out();
        changes.leave_notice(Notice::done(format!("Your account has been deleted: {ended}. Goodbye.")));
        return Answer::see_other(uri!(crate::site::home::show));
    }
    let form_page = FormPage { pages: &pages, changes, template: "account/delete", password_field: "password" };
    match (read(accounts, signed_in.login).await, deleted) {
        (Ok(view), Some(Err(error))) => form_page.refuse(error, form, |form| DeleteView { form, ..view }),
        (Ok(view), _) => form_page.show(form, |form| DeleteView { form, ..view }),
        (Err(error), _) => refuse(changes, error),
    }
}

/// The routes of the page.
pub fn routes() -> Vec<Route> {
    routes![show, delete]
}
