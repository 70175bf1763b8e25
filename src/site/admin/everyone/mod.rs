//! Forces everyone out, now or at a scheduled time, and cancels a scheduled force logout.

mod page;

use rocket::{FromForm, Route, State, get, post, routes, uri};

use self::page::read;
use super::{
    moments::read_moment,
    reasons::{fill_in_reasons, read_reasons},
};
use crate::{
    accounts::{Accounts, AccountsError, EveryonesEndedLogins, ForceLogoutMoment, ForceLogoutOutcome},
    domain::{people::password::Password, reason_text::Reasons},
    gate::{Button, Changes, Notice, NoticeKind, Present, Submission, Superuser},
    site::{
        pages::{
            Pages,
            answer::{Answer, FormPage, refuse},
            form::FormView,
        },
        rendering::wording::in_text,
    },
};

#[derive(Debug, FromForm)]
struct EveryoneForm<'r> {
    #[field(default = "")]
    at: &'r str,
    #[field(default = "")]
    staff_reason: &'r str,
    #[field(default = "")]
    user_reason: &'r str,
    #[field(default = "")]
    password: &'r str,
    #[field(default = "")]
    template: &'r str,
    /// The button that fills in the reasons from the template.
    fill: Option<&'r str>,
}

impl EveryoneForm<'_> {
    fn read(&self, form: &mut FormView) -> Option<(Password, ForceLogoutMoment, Reasons)> {
        let moment = form.read("at", self.at, read_moment);
        let reasons = read_reasons(form, self.staff_reason, self.user_reason);
        let password = form.read_secret("password", Password::parse(self.password.to_owned()));
        Some((password?, moment?, reasons?))
    }
}

#[get("/admin/force-logout")]
pub(super) async fn show(
    _superuser: Superuser<'_>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
) -> Answer {
    match read(accounts, "").await {
        Ok(view) => pages.show_form("admin/everyone", &view),
        Err(error) => refuse(changes, error),
    }
}

#[post("/admin/force-logout", data = "<submission>")]
async fn force_logout(
    superuser: Superuser<'_>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    submission: Submission<EveryoneForm<'_>>,
) -> Answer {
    let (mut form, typed) = (FormView::default(), submission.0);
    if typed.fill.is_some() {
        return show_filled(accounts, &pages, changes, &typed).await;
    }
    let refused = match typed.read(&mut form) {
        Some((password, moment, reasons)) => {
            let (actor, remember) = (superuser.actor(), superuser.login.remember);
            match accounts.force_everyone_else_out(&actor, &password, moment, &reasons, remember).await {
                Ok((outcome, started)) => {
                    let has_new_login = started.as_ref().is_some_and(|started| started.age.is_zero());
                    changes.leave_notice(notice_of(outcome, has_new_login));
                    changes.continue_session(started);
                    return Answer::see_other(uri!(show));
                }
                Err(error) => Some(error),
            }
        }
        None => None,
    };
    let form_page = FormPage { pages: &pages, changes, template: "admin/everyone", password_field: "password" };
    match (read(accounts, form.value("at")).await, refused) {
        (Ok(view), Some(error)) => form_page.refuse(error, form, |form| view.with(form)),
        (Ok(view), None) => form_page.show(form, |form| view.with(form)),
        (Err(error), _) => refuse(changes, error),
    }
}

/// Shows the page again with the reasons of the chosen template.
async fn show_filled(accounts: &Accounts, pages: &Pages<'_>, changes: Changes<'_>, typed: &EveryoneForm<'_>) -> Answer {
    let mut form = FormView::default();
    form.set_value("at", typed.at);
    let filled = fill_in_reasons(accounts, &mut form, typed.template, [typed.staff_reason, typed.user_reason]).await;
    let view = match filled {
        Ok(()) => read(accounts, form.value("at")).await,
        Err(error) => Err(error),
    };
    match view {
        Ok(view) => pages.show_form("admin/everyone", &view.with(form)),
        Err(error) => refuse(changes, error),
    }
}

fn notice_of(outcome: ForceLogoutOutcome<EveryonesEndedLogins>, has_new_login: bool) -> Notice {
    match outcome {
        ForceLogoutOutcome::Done { date, ended } => Notice::done(format!(
            "Force logout of everyone done: {ended}. It covers all logins up to {}. You stay logged in here, {}.",
            in_text(date),
            if has_new_login { "with a new login" } else { "because your login is later" }
        )),
        ForceLogoutOutcome::Scheduled { at } => Notice::done(format!(
            "The force logout of everyone is scheduled for {}. It will end your own login too.",
            in_text(at)
        )),
        ForceLogoutOutcome::Unchanged { date } => Notice::new(
            NoticeKind::Info,
            format!("Nothing changed: everyone's logins up to {} had already ended.", in_text(date)),
        ),
    }
}

#[post("/admin/force-logout/cancel", data = "<_submission>")]
async fn cancel(
    superuser: Present<Superuser<'_>>,
    accounts: &State<Accounts>,
    changes: Changes<'_>,
    _submission: Submission<Button>,
) -> Answer {
    let notice = match accounts.cancel_everyone_out(&superuser.actor()).await {
        Ok(()) => Notice::done("The scheduled force logout of everyone has been cancelled."),
        Err(AccountsError::NothingScheduled) => {
            Notice::new(NoticeKind::Info, "Nothing to cancel: no force logout is scheduled.")
        }
        Err(error) => return refuse(changes, error),
    };
    changes.leave_notice(notice);
    Answer::see_other(uri!(show))
}

/// The routes of the page.
pub fn routes() -> Vec<Route> {
    routes![show, force_logout, cancel]
}
