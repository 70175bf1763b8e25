//! Ends one session of a user.

use rocket::{FromForm, State, fairing::AdHoc, post, routes, uri};

use super::page::{Forms, show_again};
use crate::{
    accounts::{Accounts, AccountsError, LoginEnd},
    domain::{logins::session_secret::SessionId, reason_text::ReasonText},
    gate::{Changes, Notice, NoticeKind, Staff, Submission},
    site::{
        admin::user,
        pages::{
            Pages,
            answer::{Answer, refuse},
            form::FormView,
        },
    },
};

#[derive(Debug, FromForm)]
struct EndForm<'r> {
    #[field(default = "")]
    staff_reason: &'r str,
}

#[post("/admin/users/<id>/sessions/<sid>/end", data = "<submission>")]
async fn end(
    staff: Staff<'_>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    id: i64,
    sid: &str,
    submission: Submission<EndForm<'_>>,
) -> Answer {
    let Some(session) = SessionId::parse(sid) else { return refuse(changes, AccountsError::NoSuchSession) };
    let mut form = FormView::default();
    let Some(staff_reason) = form.read("staff_reason", submission.0.staff_reason, ReasonText::parse) else {
        form.set_value("session", session.as_str());
        return show_again(staff.login, accounts, &pages, changes, id, Forms { session: form, ..Forms::default() })
            .await;
    };
    let notice = match accounts.end_session_of(&staff.actor(), id, &session, staff_reason).await {
        Ok(LoginEnd::AlreadyEnded) => Notice::new(NoticeKind::Info, "That session had already ended."),
        Ok(_) => Notice::done("Session ended."),
        Err(error) => return refuse(changes, error),
    };
    changes.leave_notice(notice);
    Answer::see_other(uri!(user::show(id)))
}

/// Mounts the form.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("User sessions", |rocket| async { rocket.mount("/", routes![end]) })
}
