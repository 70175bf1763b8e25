//! Sends a user a letter with which they choose a new password.

use rocket::{Route, State, post, routes, uri};

use crate::{
    accounts::{Accounts, AccountsError, LetterComes, Target},
    gate::{Button, Changes, Notice, NoticeKind, Staff, Submission},
    site::{
        admin::user,
        pages::answer::{Answer, refuse},
    },
};

#[post("/admin/users/<id>/reset-link", data = "<_submission>")]
async fn send(
    staff: Staff<'_>,
    accounts: &State<Accounts>,
    changes: Changes<'_>,
    id: i64,
    _submission: Submission<Button>,
) -> Answer {
    let notice = match accounts.send_reset_link(&staff.actor(), &Target::Id(id)).await {
        Ok((address, LetterComes::WithinAnHour)) => Notice::done(format!(
            "A letter with a reset link goes to {address} within an hour: the address has had three such letters already."
        )),
        Ok((address, _)) => Notice::done(format!("A letter with a reset link goes to {address}.")),
        Err(error @ (AccountsError::Inactive { .. } | AccountsError::EmailDistrusted)) => {
            Notice::new(NoticeKind::Error, error.to_string())
        }
        Err(error) => return refuse(changes, error),
    };
    changes.leave_notice(notice);
    Answer::see_other(uri!(user::show(id)))
}

/// The routes of the form.
pub fn routes() -> Vec<Route> {
    routes![send]
}
