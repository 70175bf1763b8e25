//! "This wasn't me": the owner takes the account back with the link in a letter.

use rocket::{Route, State, get, post, routes};
use serde::Serialize;

use super::dead::{find_target, refuse_link};
use crate::{
    accounts::{Accounts, LetterComes, TakenBack},
    domain::letters::link::LinkPurpose,
    gate::{Anyone, Button, Changes, ClientOf, Notice, NoticeKind, Submission},
    site::{
        addresses::login_page,
        pages::{Pages, answer::Answer},
    },
};

#[derive(Debug, Serialize)]
struct NotMeView<'a> {
    username: &'a str,
    address: &'a str,
    /// Whether the account has another email by now.
    restores: bool,
    is_active: bool,
}

#[get("/not-me/<token>")]
async fn show(
    _anyone: Anyone<'_>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    token: &str,
) -> Answer {
    match find_target(accounts, (&pages, changes), LinkPurpose::NotMe, token).await {
        Ok((_, target)) => {
            let view = NotMeView {
                username: &target.user.username,
                address: &target.address,
                restores: target.restores_address(),
                is_active: target.is_active,
            };
            pages.show_form("links/not_me", &view)
        }
        Err(answer) => answer,
    }
}

#[post("/not-me/<token>", data = "<_submission>")]
async fn take_back(
    _anyone: Anyone<'_>,
    client: ClientOf,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    token: &str,
    _submission: Submission<Button>,
) -> Answer {
    let (token, target) = match find_target(accounts, (&pages, changes), LinkPurpose::NotMe, token).await {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let notice = match accounts.take_account_back(&client.0, &token).await {
        Ok(TakenBack { address, letter: LetterComes::Now, .. }) => Notice::done(format!(
            "Every login of your account has ended. Choose a new password with the letter that was sent to {address}."
        )),
        Ok(TakenBack { address, letter: LetterComes::WithinAnHour, .. }) => Notice::done(format!(
            "Every login of your account has ended, and its password no longer works. The letter to choose a new one \
             will arrive at {address} within an hour, because three such letters were sent there recently."
        )),
        Ok(TakenBack { address, letter: LetterComes::OnceActive, .. }) => Notice::new(
            NoticeKind::Warning,
            format!(
                "The password of your account no longer works. The account is deactivated: once it is active again, a \
                 letter to choose a new password goes to {address}."
            ),
        ),
        Ok(TakenBack { address, letter: LetterComes::Never, .. }) => Notice::new(
            NoticeKind::Warning,
            format!(
                "Every login of your account has ended, and its password no longer works. No letter was sent, because \
                 another account uses {address}. Ask the staff of this site for a link to choose a new password."
            ),
        ),
        Err(error) => return refuse_link(&pages, changes, LinkPurpose::NotMe, error),
    };
    changes.end_session_of(target.user.id);
    changes.leave_notice(notice);
    Answer::see_other(login_page())
}

/// The routes of the page.
pub fn routes() -> Vec<Route> {
    routes![show, take_back]
}
