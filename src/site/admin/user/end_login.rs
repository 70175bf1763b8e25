//! Ends one session or token of a user.

use rocket::{FromForm, Route, State, post, routes, uri};

use super::{
    logins_page::{self, LoginsShown},
    page::{self, Forms},
};
use crate::{
    accounts::{Accounts, AccountsError, LoginEnd},
    domain::{
        lists::users_query::PageNumber,
        logins::{kind::LoginClass, public_id::PublicId},
        reason_text::ReasonText,
    },
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
    /// The page of the list that has the form. Empty on the user's page.
    #[field(default = "")]
    page: &'r str,
}

#[post("/admin/users/<id>/sessions/<sid>/end", data = "<submission>")]
async fn end_session(
    staff: Staff<'_>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    id: i64,
    sid: &str,
    submission: Submission<EndForm<'_>>,
) -> Answer {
    end(&staff, accounts, (&pages, changes), (id, LoginClass::Sessions, sid), &submission.0).await
}

#[post("/admin/users/<id>/tokens/<tid>/end", data = "<submission>")]
async fn end_token(
    staff: Staff<'_>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    id: i64,
    tid: &str,
    submission: Submission<EndForm<'_>>,
) -> Answer {
    end(&staff, accounts, (&pages, changes), (id, LoginClass::Tokens, tid), &submission.0).await
}

async fn end(
    staff: &Staff<'_>,
    accounts: &Accounts,
    (pages, changes): (&Pages<'_>, Changes<'_>),
    (id, class, login): (i64, LoginClass, &str),
    typed: &EndForm<'_>,
) -> Answer {
    let missing = match class {
        LoginClass::Sessions => AccountsError::NoSuchSession,
        LoginClass::Tokens => AccountsError::NoSuchToken,
    };
    let Some(login) = PublicId::parse(login) else { return refuse(changes, missing) };
    // The number comes from the page. Whoever changes it gets to the user's page.
    let list = PageNumber::parse(typed.page).ok().filter(|_| !typed.page.is_empty());
    let mut form = FormView::default();
    let Some(staff_reason) = form.read("staff_reason", typed.staff_reason, ReasonText::parse) else {
        form.set_value("login", login.as_str());
        if let Some(page) = list {
            let shown = LoginsShown { class, page };
            return logins_page::show_again(staff.login, accounts, (pages, changes), id, shown, form).await;
        }
        let forms = Forms { login: form, ..Forms::default() };
        return page::show_again(staff.login, accounts, pages, changes, id, forms).await;
    };
    let ended = match class {
        LoginClass::Sessions => accounts.end_session_of(&staff.actor(), id, &login, staff_reason).await,
        LoginClass::Tokens => accounts.end_token_of(&staff.actor(), id, &login, staff_reason).await,
    };
    let notice = match (ended, class) {
        (Ok(LoginEnd::AlreadyEnded), LoginClass::Sessions) => {
            Notice::new(NoticeKind::Info, "That session had already ended.")
        }
        (Ok(LoginEnd::AlreadyEnded), LoginClass::Tokens) => {
            Notice::new(NoticeKind::Info, "That token had already ended.")
        }
        (Ok(_), LoginClass::Sessions) => Notice::done("Session ended."),
        (Ok(_), LoginClass::Tokens) => Notice::done("Token ended."),
        (Err(error), _) => return refuse(changes, error),
    };
    changes.leave_notice(notice);
    match list {
        Some(page) => Answer::see_other(LoginsShown { class, page }.address(id)),
        None => Answer::see_other(uri!(user::show(id))),
    }
}

/// The routes of the forms.
pub fn routes() -> Vec<Route> {
    routes![end_session, end_token]
}
