//! The templates for reasons. For superusers only.

use rocket::{FromForm, Route, State, get, post, routes, uri};
use serde::Serialize;

use super::reasons::{TemplateView, read_reasons, read_templates};
use crate::{
    accounts::{self, Accounts},
    domain::reason_template::{MOST_TEMPLATES, NewReasonTemplate, ReasonTitle},
    gate::{Button, Changes, Notice, Submission, Superuser},
    site::pages::{
        Pages,
        answer::{Answer, FormPage, refuse},
        form::FormView,
    },
};

#[derive(Debug, Serialize)]
struct ReasonsView {
    templates: Vec<TemplateView>,
    most: u16,
    form: FormView,
}

#[derive(Debug, FromForm)]
struct TemplateForm<'r> {
    #[field(default = "")]
    title: &'r str,
    #[field(default = "")]
    staff_reason: &'r str,
    #[field(default = "")]
    user_reason: &'r str,
}

impl TemplateForm<'_> {
    fn read(&self, form: &mut FormView) -> Option<NewReasonTemplate> {
        let title = form.read("title", self.title, ReasonTitle::parse);
        let reasons = read_reasons(form, self.staff_reason, self.user_reason);
        match NewReasonTemplate::new(title?, reasons?) {
            Ok(template) => Some(template),
            Err(error) => {
                form.set_error("user_reason", error);
                None
            }
        }
    }
}

async fn read(accounts: &Accounts) -> accounts::Result<ReasonsView> {
    Ok(ReasonsView { templates: read_templates(accounts).await?, most: MOST_TEMPLATES, form: FormView::default() })
}

#[get("/admin/reasons")]
async fn show(_superuser: Superuser<'_>, accounts: &State<Accounts>, pages: Pages<'_>, changes: Changes<'_>) -> Answer {
    match read(accounts).await {
        Ok(view) => pages.show_form("admin/reasons", &view),
        Err(error) => refuse(changes, error),
    }
}

#[post("/admin/reasons", data = "<submission>")]
async fn add(
    superuser: Superuser<'_>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    submission: Submission<TemplateForm<'_>>,
) -> Answer {
    let mut form = FormView::default();
    let refused = match submission.0.read(&mut form) {
        Some(template) => match accounts.add_reason_template(&superuser.actor(), &template).await {
            Ok(()) => {
                changes.leave_notice(Notice::done("The template has been added."));
                return Answer::see_other(uri!(show));
            }
            Err(error) => Some(error),
        },
        None => None,
    };
    let form_page = FormPage { pages: &pages, changes, template: "admin/reasons", password_field: "" };
    match (read(accounts).await, refused) {
        (Ok(view), Some(error)) => form_page.refuse(error, form, |form| ReasonsView { form, ..view }),
        (Ok(view), None) => form_page.show(form, |form| ReasonsView { form, ..view }),
        (Err(error), _) => refuse(changes, error),
    }
}

#[post("/admin/reasons/<id>/delete", data = "<_submission>")]
async fn delete(
    superuser: Superuser<'_>,
    accounts: &State<Accounts>,
    changes: Changes<'_>,
    id: i64,
    _submission: Submission<Button>,
) -> Answer {
    match accounts.delete_reason_template(&superuser.actor(), id).await {
        Ok(title) => {
            changes.leave_notice(Notice::done(format!("The template \u{201c}{title}\u{201d} has been deleted.")));
            Answer::see_other(uri!(show))
        }
        Err(error) => refuse(changes, error),
    }
}

/// The routes of the page.
pub fn routes() -> Vec<Route> {
    routes![show, add, delete]
}
