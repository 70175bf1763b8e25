//! Deletes a user's account. For superusers only.

use rocket::{FromForm, Route, State, post, routes, uri};

use super::page::{Forms, read, show_again};
use crate::{
    accounts::{Accounts, AccountsError, DeletedAccount},
    domain::{
        people::password::Password,
        reason_text::{ReasonText, Reasons},
    },
    gate::{Changes, Notice, Submission, Superuser},
    site::pages::{
        Pages,
        answer::{Answer, FormPage, refuse},
        form::FormView,
    },
};

#[derive(Debug, FromForm)]
struct DeleteForm<'r> {
    #[field(default = "")]
    staff_reason: &'r str,
    #[field(default = "")]
    password: &'r str,
}

impl DeleteForm<'_> {
    fn read(&self, form: &mut FormView) -> Option<(Reasons, Password)> {
        let for_staff = form.read("staff_reason", self.staff_reason, ReasonText::parse);
        let password = form.read_secret("password", Password::parse(self.password.to_owned()));
        Some((Reasons { for_staff: for_staff?, for_user: ReasonText::default() }, password?))
    }
}

#[post("/admin/users/<id>/delete", data = "<submission>")]
async fn delete(
    superuser: Superuser<'_>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    id: i64,
    submission: Submission<DeleteForm<'_>>,
) -> Answer {
    let (mut form, login) = (FormView::default(), superuser.login);
    let Some((reasons, password)) = submission.0.read(&mut form) else {
        return show_again(login, accounts, &pages, changes, id, Forms { delete: form, ..Forms::default() }).await;
    };
    let error = match accounts.delete_user_by_password(&superuser.actor(), &password, id, &reasons).await {
        Ok((DeletedAccount { username, ended }, renewed)) => {
            changes.continue_session(renewed);
            changes.leave_notice(Notice::done(format!("The account {username} has been deleted: {ended}.")));
            return Answer::see_other(uri!("/admin/users"));
        }
        Err(error @ AccountsError::OwnAccount) => return refuse(changes, error),
        Err(error) => error,
    };
    let form_page = FormPage { pages: &pages, changes, template: "admin/user", password_field: "password" };
    match read(accounts, login, id, Forms::default()).await {
        Ok(view) => form_page.refuse(error, form, |form| view.with_delete_form(form)),
        Err(error) => refuse(changes, error),
    }
}

/// The routes of the deletion.
pub fn routes() -> Vec<Route> {
    routes![delete]
}
