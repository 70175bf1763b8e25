//! Lists and ends the user's own sessions.

use rocket::{FromForm, Route, State, get, post, routes, uri};
use serde::Serialize;

use crate::{
    accounts::{self, Accounts, LoginEnd, Which},
    domain::{
        logins::{kind::LoginClass, public_id::PublicId},
        people::password::Password,
    },
    gate::{Button, Changes, LiveLogin, Notice, NoticeKind, SignedIn, Submission},
    site::pages::{
        Pages,
        answer::{Answer, FormPage, refuse},
        form::FormView,
        session_view::SessionView,
    },
};

/// The most sessions that the page lists. "End all other logins" ends the rest too.
const LISTED: i64 = 100;

#[derive(Debug, Serialize)]
struct SessionsView {
    form: FormView,
    sessions: Vec<SessionView>,
    others: u64,
    tokens: u64,
    more: bool,
}

#[derive(Debug, FromForm)]
struct EndOthersForm<'r> {
    #[field(default = "")]
    password: &'r str,
}

async fn read(accounts: &Accounts, login: &LiveLogin) -> accounts::Result<SessionsView> {
    let others = accounts.count_live_logins(login.user_id).await?.without_own();
    let listed = accounts.list_sessions(login.user_id, Which::Live, LISTED).await?;
    let mut sessions: Vec<_> = listed.into_iter().map(|listed| SessionView::of(listed, &login.session)).collect();
    // The current session comes first.
    sessions.sort_by_key(|session| !session.is_mine());
    Ok(SessionsView {
        form: FormView::default(),
        sessions,
        others: others.sessions,
        tokens: others.tokens,
        more: others.sessions >= LISTED.unsigned_abs(),
    })
}

#[get("/account/sessions")]
async fn show(signed_in: SignedIn<'_>, accounts: &State<Accounts>, pages: Pages<'_>, changes: Changes<'_>) -> Answer {
    match read(accounts, signed_in.login).await {
        Ok(view) => pages.show_form("account/sessions", &view),
        Err(error) => refuse(changes, error),
    }
}

#[post("/account/sessions/<id>/end", data = "<_submission>")]
async fn end(
    signed_in: SignedIn<'_>,
    accounts: &State<Accounts>,
    changes: Changes<'_>,
    id: &str,
    _submission: Submission<Button>,
) -> Answer {
    let Some(session) = PublicId::parse(id) else { return refuse(changes, accounts::AccountsError::NoSuchSession) };
    let notice = match accounts.end_own_login(&signed_in.actor(), LoginClass::Sessions, &session).await {
        Ok(LoginEnd::Ended) => Notice::done("Session ended."),
        Ok(LoginEnd::AlreadyEnded) => Notice::new(NoticeKind::Info, "That session had already ended."),
        Ok(LoginEnd::Own) => {
            changes.log_out();
            return Answer::see_other(uri!(crate::site::home::show));
        }
        Err(error) => return refuse(changes, error),
    };
    changes.leave_notice(notice);
    Answer::see_other(uri!(show))
}

#[post("/account/sessions/end-others", data = "<submission>")]
async fn end_others(
    signed_in: SignedIn<'_>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    submission: Submission<EndOthersForm<'_>>,
) -> Answer {
    let mut form = FormView::default();
    let password = form.read_secret("password", Password::parse(submission.0.password.to_owned()));
    let ended = match password {
        Some(password) => {
            Some(accounts.end_other_logins(&signed_in.actor(), &password, signed_in.login.remember).await)
        }
        None => None,
    };
    if let Some(Ok((started, others))) = ended {
        changes.start_session(started);
        changes.leave_notice(if others.is_any() {
            Notice::done(format!("Elsewhere: {others}. You stay logged in here."))
        } else {
            Notice::new(NoticeKind::Info, "You are logged in nowhere else.")
        });
        return Answer::see_other(uri!(show));
    }
    let form_page = FormPage { pages: &pages, changes, template: "account/sessions", password_field: "password" };
    match (read(accounts, signed_in.login).await, ended) {
        (Ok(view), Some(Err(error))) => form_page.refuse(error, form, |form| SessionsView { form, ..view }),
        (Ok(view), _) => form_page.show(form, |form| SessionsView { form, ..view }),
        (Err(error), _) => refuse(changes, error),
    }
}

/// The routes of the page.
pub fn routes() -> Vec<Route> {
    routes![show, end_others, end]
}
