//! Changes a user's role. For superusers only.

use rocket::{FromForm, Route, State, post, routes, uri};

use super::page::{Forms, read, show_again};
use crate::{
    accounts::{Accounts, AccountsError, RoleChange},
    domain::people::{
        password::Password,
        role::{Role, UnknownRole},
    },
    gate::{Changes, Notice, NoticeKind, Submission, Superuser},
    site::{
        admin::user,
        pages::{
            Pages,
            answer::{Answer, FormPage, refuse},
            form::FormView,
        },
    },
};

#[derive(Debug, FromForm)]
struct RoleForm<'r> {
    #[field(default = "")]
    role: &'r str,
    #[field(default = "")]
    password: &'r str,
}

impl RoleForm<'_> {
    fn read(&self, form: &mut FormView) -> Option<(Role, Password)> {
        let role = form.read("role", self.role, |code| {
            code.parse().map_err(|_: UnknownRole| "Choose a role: member, staff or superuser.")
        });
        let password = form.read_secret("password", Password::parse(self.password.to_owned()));
        Some((role?, password?))
    }
}

#[post("/admin/users/<id>/role", data = "<submission>")]
async fn set_role(
    superuser: Superuser<'_>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    id: i64,
    submission: Submission<RoleForm<'_>>,
) -> Answer {
    let (mut form, login) = (FormView::default(), superuser.login);
    let Some((role, password)) = submission.0.read(&mut form) else {
        return show_again(login, accounts, &pages, changes, id, Forms { role: form, ..Forms::default() }).await;
    };
    let error = match accounts.set_role_by_password(&superuser.actor(), &password, id, role).await {
        Ok((change, renewed)) => {
            changes.continue_session(renewed);
            changes.leave_notice(notice_of(role, change));
            return Answer::see_other(uri!(user::show(id)));
        }
        Err(error @ AccountsError::OwnAccount) => return refuse(changes, error),
        Err(error) => error,
    };
    let form_page = FormPage { pages: &pages, changes, template: "admin/user", password_field: "password" };
    match read(accounts, login, id, Forms::default()).await {
        Ok(view) => form_page.refuse(error, form, |form| view.with_role_form(form)),
        Err(error) => refuse(changes, error),
    }
}

fn notice_of(role: Role, change: RoleChange) -> Notice {
    match change {
        RoleChange::None => Notice::new(NoticeKind::Info, format!("The role was already {role}.")),
        RoleChange::Raised(past) if past.is_any() => {
            Notice::done(format!("The role is now {role}. Its logins have a shorter lifetime: {past}."))
        }
        RoleChange::Raised(_) => Notice::done(format!("The role is now {role}. No logins ended.")),
        RoleChange::Lowered(ended) => Notice::done(format!("The role is now {role}: {ended}.")),
    }
}

/// The routes of the form.
pub fn routes() -> Vec<Route> {
    routes![set_role]
}
