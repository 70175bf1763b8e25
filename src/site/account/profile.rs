//! Changes the user's own email.

use rocket::{FromForm, Route, State, get, post, routes, uri};
use serde::Serialize;

use crate::{
    accounts::{self, Accounts, Target},
    domain::people::{email::Email, password::Password},
    gate::{Button, Changes, Notice, NoticeKind, SignedIn, Submission},
    site::pages::{
        Pages,
        answer::{Answer, FormPage, refuse},
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
struct ProfileView {
    username: String,
    email: String,
    is_verified: bool,
    /// A new email that waits for its letter to be confirmed.
    pending: Option<String>,
    form: FormView,
}

/// Reads the account from the database: the guard does not know what only this page shows.
async fn read(accounts: &Accounts, signed_in: &SignedIn<'_>) -> accounts::Result<ProfileView> {
    let user = accounts.get_target(&Target::Id(signed_in.login.user_id)).await?;
    let mut form = FormView::default();
    form.set_value("email", &user.email);
    let is_verified = user.email_verified_at.is_some();
    Ok(ProfileView { username: user.username, email: user.email, is_verified, pending: user.pending_email, form })
}

#[get("/account/profile")]
async fn show(signed_in: SignedIn<'_>, accounts: &State<Accounts>, pages: Pages<'_>, changes: Changes<'_>) -> Answer {
    match read(accounts, &signed_in).await {
        Ok(view) => pages.show_form("account/profile", &view),
        Err(error) => refuse(changes, error),
    }
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
    let current = match read(accounts, &signed_in).await {
        Ok(current) => current,
        Err(error) => return refuse(changes, error),
    };
    let view = |form| ProfileView { form, ..current };
    let mut form = FormView::default();
    let email = form.read("email", typed.email, Email::parse);
    let password = form.read_secret("password", Password::parse(typed.password.to_owned()));
    let (Some(email), Some(password)) = (email, password) else { return form_page.show(form, view) };
    match accounts.change_email(&signed_in.actor(), &password, &email).await {
        Ok(renewed) => {
            changes.continue_session(renewed);
            changes.leave_notice(if email.as_str() == signed_in.login.account.email {
                Notice::new(NoticeKind::Info, "Nothing changed: this is your email.")
            } else {
                Notice::done(format!(
                    "A letter is on its way to {}. Open its link to change your email. An address gets at most three \
                     such letters an hour.",
                    email.as_str()
                ))
            });
            Answer::see_other(uri!(show))
        }
        Err(error) => form_page.refuse(error, form, view),
    }
}

#[post("/account/email/verify", data = "<_submission>")]
async fn verify_again(
    signed_in: SignedIn<'_>,
    accounts: &State<Accounts>,
    changes: Changes<'_>,
    _submission: Submission<Button>,
) -> Answer {
    let notice = match accounts.send_own_verification(&signed_in.actor()).await {
        Ok(Some(address)) => Notice::done(format!(
            "A letter is on its way to {address}. Open its link. An address gets at most three such letters an hour."
        )),
        Ok(None) => Notice::new(NoticeKind::Info, "Your email is verified already."),
        Err(error) => return refuse(changes, error),
    };
    changes.leave_notice(notice);
    Answer::see_other(uri!(show))
}

#[post("/account/email/cancel", data = "<_submission>")]
async fn cancel(
    signed_in: SignedIn<'_>,
    accounts: &State<Accounts>,
    changes: Changes<'_>,
    _submission: Submission<Button>,
) -> Answer {
    let notice = match accounts.cancel_email_change(&signed_in.actor()).await {
        Ok(true) => Notice::done("Your email stays as it is. The link in the letter no longer works."),
        Ok(false) => Notice::new(NoticeKind::Info, "Nothing to cancel: no new email waits."),
        Err(error) => return refuse(changes, error),
    };
    changes.leave_notice(notice);
    Answer::see_other(uri!(show))
}

/// The routes of the page.
pub fn routes() -> Vec<Route> {
    routes![show, change, verify_again, cancel]
}
