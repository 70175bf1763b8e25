//! The page for a form that the gate refused: the reason, and the form again with what was typed.
//!
//! All forms share one page, because the gate does not know the page of a form.

use rocket::{Request, http::Status};
use serde::Serialize;

use super::{Pages, answer::Answer, form::FormView};
use crate::{
    accounts::Accounts,
    domain::next_path::NextPath,
    gate::{FormRefusal, RefusedForm, Root, came_from, is_for_secret, site_origin},
};

/// How a field is shown again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Line,
    Reason,
    Moment,
    Secret,
    NewSecret,
}

/// The fields that users fill in, each with its label. All other fields are sent again unchanged.
const FIELDS: [(&str, &str, Kind); 15] = [
    ("setup_code", "Setup code", Kind::Line),
    ("username", "Username", Kind::Line),
    ("email", "Email", Kind::Line),
    ("label", "Label", Kind::Line),
    ("title", "Title", Kind::Line),
    ("ttl", "Lifetime", Kind::Line),
    ("role", "Role", Kind::Line),
    ("at", "When", Kind::Moment),
    ("until", "Until", Kind::Moment),
    ("user_reason", "Reason for the user", Kind::Reason),
    ("staff_reason", "Reason for staff", Kind::Reason),
    ("current_password", "Current password", Kind::Secret),
    ("password", "Password", Kind::Secret),
    ("password", "New password", Kind::NewSecret),
    ("password_again", "Confirm new password", Kind::NewSecret),
];

#[derive(Debug, Serialize)]
struct FieldView {
    name: &'static str,
    label: &'static str,
    kind: Kind,
    is_required: bool,
}

/// The form to send again.
#[derive(Debug, Serialize)]
struct AgainView<'a> {
    /// Empty: the page's own address.
    action: &'a str,
    fields: Vec<FieldView>,
    kept: Vec<(&'a str, String)>,
    form: FormView,
}

#[derive(Debug, Serialize)]
struct RefusedFormView<'a> {
    title: &'static str,
    text: String,
    /// The origin that the user should use instead.
    address: Option<String>,
    /// The page that the form was on.
    page: Option<String>,
    again: Option<AgainView<'a>>,
    password_min_length: usize,
}

/// Renders the page for a refused form, with status 403.
pub(in crate::site) async fn refused_form_page(form: &RefusedForm, request: &Request<'_>) -> Answer {
    let address = match &form.why {
        FormRefusal::Elsewhere { own, .. } => Some(own.clone()),
        FormRefusal::HttpsOnly => Some(site_origin(request).replacen("http://", "https://", 1)),
        FormRefusal::NoCookie | FormRefusal::Old => None,
    };
    // The page is at the address that the form was posted to. A secret address is not repeated on it.
    let is_secret = is_for_secret(request);
    let action = if is_secret {
        Some(String::new())
    } else {
        let uri = request.uri().to_string();
        let shown = Root::of(request).map(|root| root.shown(&uri));
        shown.as_deref().and_then(NextPath::parse).map(|path| path.as_str().to_owned())
    };
    let again = action.as_ref().filter(|_| address.is_none() && !form.typed.is_empty());
    let (title, text) = title_and_text(&form.why, again.is_some());
    let accounts = request.rocket().state::<Accounts>();
    let view = RefusedFormView {
        title,
        text,
        address,
        page: came_from(request).map(|page| page.as_str().to_owned()),
        again: again.map(|action| again_view(action, &form.typed)),
        password_min_length: accounts.map_or(0, |accounts| accounts.settings().password_min_length),
    };
    let pages = Pages::of(request).await;
    if view.again.is_some() {
        pages.show_form_again(Status::Forbidden, "refused_form", &view)
    } else {
        pages.show_at(Status::Forbidden, "refused_form", &view)
    }
}

fn title_and_text(why: &FormRefusal, shows_form: bool) -> (&'static str, String) {
    let what_to_do = if shows_form { "send the form again" } else { "open that page again, and fill in the form" };
    match why {
        FormRefusal::Elsewhere { received, own } => (
            "This form came from another site",
            format!("Your browser sent the form from {received}, but this site is at {own}. Nothing has been changed."),
        ),
        FormRefusal::HttpsOnly => (
            "This site needs https",
            "Over http, your browser does not store this site\u{2019}s cookies. Nothing has been changed.".to_owned(),
        ),
        FormRefusal::NoCookie => (
            "Your browser sent no cookie",
            format!(
                "This site needs a cookie to check that a form is yours. You may have opened the page before you \
                 logged in: {what_to_do}. If this page comes back, allow cookies for this site. Nothing has been \
                 changed yet."
            ),
        ),
        FormRefusal::Old => (
            if shows_form { "Send this form again" } else { "This form is out of date" },
            format!(
                "You have logged in or out since you opened the page, or it was open for too long: {what_to_do}. \
                 Nothing has been changed yet."
            ),
        ),
    }
}

fn again_view<'a>(action: &'a str, typed: &'a [(String, String)]) -> AgainView<'a> {
    let mut form = FormView::default();
    let has = |field: &str| typed.iter().any(|(name, _)| name == field);
    let is_new = has("password_again");
    let mut fields = Vec::new();
    for (name, label, kind) in FIELDS {
        // `password` is a new password if the form has `password_again`.
        let is_wrong_kind = name == "password" && is_new != (kind == Kind::NewSecret);
        let Some((_, value)) = typed.iter().find(|(typed, _)| typed == name).filter(|_| !is_wrong_kind) else {
            continue;
        };
        let is_required = matches!(name, "setup_code" | "username" | "email" | "label" | "title" | "role");
        if matches!(kind, Kind::Line | Kind::Reason | Kind::Moment) {
            form.set_value(name, value);
        }
        fields.push(FieldView { name, label, kind, is_required });
    }
    let is_kept = |name: &str| {
        name != "csrf_token" && !name.contains("password") && !FIELDS.iter().any(|(field, ..)| *field == name)
    };
    // A page cannot show a NUL character, and no user types one.
    let kept = typed.iter().filter(|(name, _)| is_kept(name));
    let kept = kept.map(|(name, value)| (name.as_str(), value.replace('\0', "")));
    AgainView { action, fields, kept: kept.collect(), form }
}
