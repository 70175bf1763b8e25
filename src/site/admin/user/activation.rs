//! Deactivates and activates a user.

use rocket::{FromForm, Route, State, post, routes, uri};

use super::page::{Forms, show_again, show_filled};
use crate::{
    accounts::{Accounts, AccountsError, Target},
    domain::moment::{Moment, MomentError, parse_moment},
    gate::{Changes, Notice, NoticeKind, Staff, Submission},
    site::{
        admin::{
            reasons::{fill_in_reasons, read_notify, read_reasons},
            user,
        },
        pages::{
            Pages,
            answer::{Answer, refuse},
            form::FormView,
        },
    },
};

#[derive(Debug, FromForm)]
struct ActivationForm<'r> {
    #[field(default = "")]
    until: &'r str,
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

fn read_until(typed: &str) -> Result<Option<Moment>, MomentError> {
    if typed.trim().is_empty() { Ok(None) } else { parse_moment(typed).map(Some) }
}

#[post("/admin/users/<id>/deactivate", data = "<submission>")]
async fn deactivate(
    staff: Staff<'_>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    id: i64,
    submission: Submission<ActivationForm<'_>>,
) -> Answer {
    let typed = submission.0;
    let mut form = FormView::default();
    if typed.fill.is_some() {
        form.set_value("until", typed.until);
        read_notify(&mut form, typed.notify);
        let reasons = [typed.staff_reason, typed.user_reason];
        return match fill_in_reasons(accounts, &mut form, typed.template, reasons).await {
            Ok(()) => {
                let forms = Forms { deactivate: form, ..Forms::default() };
                show_filled(staff.login, accounts, &pages, changes, id, forms).await
            }
            Err(error) => refuse(changes, error),
        };
    }
    let notify = read_notify(&mut form, typed.notify);
    let until = form.read("until", typed.until, read_until);
    let reasons = read_reasons(&mut form, typed.staff_reason, typed.user_reason);
    if let (Some(until), Some(reasons)) = (until, reasons) {
        match accounts.deactivate_and_notify(&staff.actor(), &Target::Id(id), until, (&reasons, notify)).await {
            Ok(ended) => {
                changes.leave_notice(Notice::done(format!("The account has been deactivated: {ended}.")));
                return Answer::see_other(uri!(user::show(id)));
            }
            Err(error @ AccountsError::UntilIsPast) => form.set_error("until", error),
            Err(error) => return refuse(changes, error),
        }
    }
    show_again(staff.login, accounts, &pages, changes, id, Forms { deactivate: form, ..Forms::default() }).await
}

#[post("/admin/users/<id>/activate", data = "<submission>")]
async fn activate(
    staff: Staff<'_>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    id: i64,
    submission: Submission<ActivationForm<'_>>,
) -> Answer {
    let typed = submission.0;
    let mut form = FormView::default();
    let Some(reasons) = read_reasons(&mut form, typed.staff_reason, typed.user_reason) else {
        form.move_error_to_form("user_reason");
        return show_again(staff.login, accounts, &pages, changes, id, Forms { activate: form, ..Forms::default() })
            .await;
    };
    let notice = match accounts.activate(&staff.actor(), &Target::Id(id), &reasons).await {
        Ok(true) => Notice::done("The account is active again. Logins that have ended stay ended."),
        Ok(false) => Notice::new(NoticeKind::Info, "The account was already active."),
        Err(error) => return refuse(changes, error),
    };
    changes.leave_notice(notice);
    Answer::see_other(uri!(user::show(id)))
}

/// The routes of the forms.
pub fn routes() -> Vec<Route> {
    routes![deactivate, activate]
}
