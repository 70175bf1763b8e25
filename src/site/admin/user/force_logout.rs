//! Forces one user out, now or at a scheduled time, and cancels a scheduled one.

use rocket::{FromForm, Route, State, post, routes, uri};

use super::page::{Forms, show_again, show_filled};
use crate::{
    accounts::{Accounts, AccountsError, ForceLogoutMoment, ForceLogoutOutcome, Target},
    domain::reason_text::Reasons,
    gate::{Button, Changes, Notice, NoticeKind, Staff, Submission},
    site::{
        admin::{
            moments::read_moment,
            reasons::{fill_in_reasons, read_notify, read_reasons},
            user,
        },
        pages::{
            Pages,
            answer::{Answer, refuse},
            form::FormView,
        },
        rendering::wording::in_text,
    },
};

#[derive(Debug, FromForm)]
struct ForceLogoutForm<'r> {
    #[field(default = "")]
    at: &'r str,
    #[field(default = "")]
    staff_reason: &'r str,
    #[field(default = "")]
    user_reason: &'r str,
    #[field(default = "")]
    notify: &'r str,
    #[field(default = "")]
    template: &'r str,
    /// The button that fills in the reasons from the template.
    fill: Option<&'r str>,
}

impl ForceLogoutForm<'_> {
    fn read(&self, form: &mut FormView) -> Option<(ForceLogoutMoment, Reasons)> {
        let moment = form.read("at", self.at, read_moment);
        let reasons = read_reasons(form, self.staff_reason, self.user_reason);
        Some((moment?, reasons?))
    }
}

#[post("/admin/users/<id>/force-logout", data = "<submission>")]
async fn force_logout(
    staff: Staff<'_>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    id: i64,
    submission: Submission<ForceLogoutForm<'_>>,
) -> Answer {
    let (mut form, typed) = (FormView::default(), submission.0);
    if typed.fill.is_some() {
        form.set_value("at", typed.at);
        read_notify(&mut form, typed.notify);
        let reasons = [typed.staff_reason, typed.user_reason];
        return match fill_in_reasons(accounts, &mut form, typed.template, reasons).await {
            Ok(()) => {
                let forms = Forms { force_logout: form, ..Forms::default() };
                show_filled(staff.login, accounts, &pages, changes, id, forms).await
            }
            Err(error) => refuse(changes, error),
        };
    }
    let notify = read_notify(&mut form, typed.notify);
    let Some((moment, reasons)) = typed.read(&mut form) else {
        return show_again(
            staff.login,
            accounts,
            &pages,
            changes,
            id,
            Forms { force_logout: form, ..Forms::default() },
        )
        .await;
    };
    match accounts.force_logout_and_notify(&staff.actor(), &Target::Id(id), moment, (&reasons, notify)).await {
        Ok(outcome) => {
            changes.leave_notice(notice_of(outcome));
            Answer::see_other(uri!(user::show(id)))
        }
        Err(error) => refuse(changes, error),
    }
}

fn notice_of(outcome: ForceLogoutOutcome) -> Notice {
    match outcome {
        ForceLogoutOutcome::Done { ended, .. } => Notice::done(format!("Force logout done: {ended}.")),
        ForceLogoutOutcome::Scheduled { at } => {
            Notice::done(format!("The force logout is scheduled for {}.", in_text(at)))
        }
        ForceLogoutOutcome::Unchanged { date } => {
            Notice::new(NoticeKind::Info, format!("Nothing changed: logins up to {} had already ended.", in_text(date)))
        }
    }
}

#[post("/admin/users/<id>/force-logout/cancel", data = "<_submission>")]
async fn cancel(
    staff: Staff<'_>,
    accounts: &State<Accounts>,
    changes: Changes<'_>,
    id: i64,
    _submission: Submission<Button>,
) -> Answer {
    let notice = match accounts.cancel_force_logout(&staff.actor(), &Target::Id(id)).await {
        Ok(()) => Notice::done("The scheduled force logout has been cancelled."),
        Err(AccountsError::NothingScheduled) => {
            Notice::new(NoticeKind::Info, "Nothing to cancel: no force logout is scheduled.")
        }
        Err(error) => return refuse(changes, error),
    };
    changes.leave_notice(notice);
    Answer::see_other(uri!(user::show(id)))
}

/// The routes of the forms.
pub fn routes() -> Vec<Route> {
    routes![force_logout, cancel]
}
