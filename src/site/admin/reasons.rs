//! The reason fields of the staff forms, and the templates that fill them in.

use serde::Serialize;

use crate::{
    accounts::{self, Accounts, NotifyUser},
    domain::reason_text::{ReasonText, Reasons},
    site::pages::form::FormView,
    store::reason_templates::ReasonTemplate,
};

/// A template, as the forms offer it.
#[derive(Debug, Serialize)]
pub(super) struct TemplateView {
    id: String,
    title: String,
    staff_reason: Option<String>,
    user_reason: Option<String>,
}

impl From<ReasonTemplate> for TemplateView {
    fn from(ReasonTemplate { id, title, staff_reason, user_reason }: ReasonTemplate) -> Self {
        Self { id: id.to_string(), title, staff_reason, user_reason }
    }
}

/// Reads all templates.
pub(super) async fn read_templates(accounts: &Accounts) -> accounts::Result<Vec<TemplateView>> {
    Ok(accounts.list_reason_templates().await?.into_iter().map(TemplateView::from).collect())
}

/// Parses the reason for staff and the reason for the user.
pub(super) fn read_reasons(form: &mut FormView, staff_reason: &str, user_reason: &str) -> Option<Reasons> {
    let for_staff = form.read("staff_reason", staff_reason, ReasonText::parse);
    let for_user = form.read("user_reason", user_reason, ReasonText::parse);
    Some(Reasons { for_staff: for_staff?, for_user: for_user? })
}

/// Fills in the reasons of a form from the chosen template, for browsers without scripts. A text that the template does
/// not have stays as it was typed.
pub(super) async fn fill_in_reasons(
    accounts: &Accounts,
    form: &mut FormView,
    template: &str,
    [staff_reason, user_reason]: [&str; 2],
) -> accounts::Result<()> {
    let chosen = match template.parse() {
        Ok(id) => accounts.find_reason_template(id).await?,
        Err(_) => None,
    };
    let (for_staff, for_user) = chosen.map_or((None, None), |chosen| (chosen.staff_reason, chosen.user_reason));
    form.set_value("template", template);
    form.set_value("staff_reason", for_staff.as_deref().unwrap_or(staff_reason));
    form.set_value("user_reason", for_user.as_deref().unwrap_or(user_reason));
    Ok(())
}

/// Reads the box that sends the user a letter, and keeps it checked.
pub(in crate::site) fn read_notify(form: &mut FormView, typed: &str) -> NotifyUser {
    if typed.is_empty() {
        return NotifyUser::No;
    }
    form.set_value("notify", "on");
    NotifyUser::ByLetter
}
