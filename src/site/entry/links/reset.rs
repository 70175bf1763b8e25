//! Sets a new password with the link in a letter.

use rocket::{FromForm, Route, State, get, post, routes};
use serde::Serialize;

use super::dead::{find_target, refuse_link};
use crate::{
    accounts::{Accounts, AccountsError},
    domain::{letters::link::LinkPurpose, people::password::OwnNames},
    gate::{Anyone, Changes, ClientOf, Notice, Submission},
    site::{
        addresses::login_page,
        pages::{
            Pages,
            answer::{Answer, FormPage},
            form::FormView,
            shared_fields::read_new_password,
        },
    },
};

#[derive(Debug, FromForm)]
struct ResetForm<'r> {
    #[field(default = "")]
    password: &'r str,
    #[field(default = "")]
    password_again: &'r str,
}

#[derive(Debug, Serialize)]
struct ResetView<'a> {
    username: &'a str,
    form: FormView,
    password_min_length: usize,
}

#[get("/password/reset/<token>")]
async fn show(
    _anyone: Anyone<'_>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    token: &str,
) -> Answer {
    match find_target(accounts, (&pages, changes), LinkPurpose::Reset, token).await {
        Ok((_, target)) => {
            let password_min_length = accounts.settings().password_min_length;
            let view = ResetView { username: &target.user.username, form: FormView::default(), password_min_length };
            pages.show_form("links/reset", &view)
        }
        Err(answer) => answer,
    }
}

#[post("/password/reset/<token>", data = "<submission>")]
async fn reset(
    _anyone: Anyone<'_>,
    client: ClientOf,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    token: &str,
    submission: Submission<ResetForm<'_>>,
) -> Answer {
    let (token, target) = match find_target(accounts, (&pages, changes), LinkPurpose::Reset, token).await {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let (user, settings) = (&target.user, accounts.settings());
    let password_min_length = settings.password_min_length;
    let form_page = FormPage { pages: &pages, changes, template: "links/reset", password_field: "password" };
    let view = |form| ResetView { username: &user.username, form, password_min_length };
    let mut form = FormView::default();
    let names = OwnNames { username: &user.username, email: &user.email, site_name: &settings.site_name };
    let typed = submission.0;
    let new = read_new_password(&mut form, (names, password_min_length), typed.password, typed.password_again);
    let Some(new) = new else { return form_page.show(form, view) };
    match accounts.reset_password(&client.0, &token, &new).await {
        Ok(version) => {
            changes.end_session_of(user.id);
            changes.know_browser(user.id, version);
            changes.leave_notice(Notice::done(
                "Your password has been changed, and every login has ended. Log in with it.",
            ));
            Answer::see_other(login_page())
        }
        Err(error @ AccountsError::BadLink) => refuse_link(&pages, changes, LinkPurpose::Reset, error),
        Err(error) => form_page.refuse(error, form, view),
    }
}

/// The routes of the page.
pub fn routes() -> Vec<Route> {
    routes![show, reset]
}
