//! Verifies an email with the link in a letter.

use rocket::{Route, State, get, post, routes};
use serde::Serialize;

use super::dead::{find_target, refuse_link};
use crate::{
    accounts::{Accounts, AccountsError, Verified},
    domain::letters::link::LinkPurpose,
    gate::{Anyone, Button, Changes, ClientOf, Notice, NoticeKind, Submission},
    site::{
        addresses::login_page,
        pages::{Pages, answer::Answer},
    },
};

#[derive(Debug, Serialize)]
struct VerifyView<'a> {
    username: &'a str,
    address: &'a str,
    /// Whether the address replaces the account's email.
    is_new: bool,
}

#[get("/email/verify/<token>")]
async fn show(
    _anyone: Anyone<'_>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    token: &str,
) -> Answer {
    match find_target(accounts, (&pages, changes), LinkPurpose::Verify, token).await {
        Ok((_, target)) => {
            let view = VerifyView {
                username: &target.user.username,
                address: &target.address,
                is_new: target.user.email != target.address,
            };
            pages.show_form("links/verify", &view)
        }
        Err(answer) => answer,
    }
}

#[post("/email/verify/<token>", data = "<_submission>")]
async fn verify(
    _anyone: Anyone<'_>,
    client: ClientOf,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    token: &str,
    _submission: Submission<Button>,
) -> Answer {
    let (token, _) = match find_target(accounts, (&pages, changes), LinkPurpose::Verify, token).await {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let notice = match accounts.verify_email(&client.0, &token).await {
        Ok(Verified::Email) => Notice::done("Your email is verified."),
        Ok(Verified::NewEmail) => Notice::done("Your new email is verified, and counts from now on."),
        Err(error @ AccountsError::NameTaken(_)) => Notice::new(NoticeKind::Error, error.to_string()),
        Err(error) => return refuse_link(&pages, changes, LinkPurpose::Verify, error),
    };
    changes.leave_notice(notice);
    // Leads on to the account if somebody is logged in.
    Answer::see_other(login_page())
}

/// The routes of the page.
pub fn routes() -> Vec<Route> {
    routes![show, verify]
}
