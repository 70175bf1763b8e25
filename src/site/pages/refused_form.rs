//! The page for a form that was not taken: why, and the form once more with what was typed.
//!
//! One page for every form, since what refuses a form knows nothing of the page that it was on.

use rocket::{Request, http::Status};
use serde::Serialize;

use super::{Pages, answer::Answer, form::FormView};
use crate::{
    domain::next_path::NextPath,
    gate::{RefusedForm, RefusedFormKind, came_from, own_origin},
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

/// The fields that people fill in, with what each is called. Every other is sent again as it is.
const FIELDS: [(&str, &str, Kind); 14] = [
    ("setup_code", "Setup code", Kind::Line),
    ("username", "Username", Kind::Line),
    ("email", "Email", Kind::Line),
    ("label", "What it is for", Kind::Line),
    ("ttl", "How long it lasts", Kind::Line),
    ("role", "Role", Kind::Line),
    ("at", "When", Kind::Moment),
    ("until", "Until", Kind::Moment),
    ("user_reason", "Reason for the user", Kind::Reason),
    ("staff_reason", "Reason for staff", Kind::Reason),
    ("current_password", "Current password", Kind::Secret),
    ("password", "Password", Kind::Secret),
    ("password", "New password", Kind::NewSecret),
    ("password_again", "New password again", Kind::NewSecret),
];

#[derive(Debug, Serialize)]
struct FieldView {
    name: &'static str,
    label: &'static str,
    kind: Kind,
    /// Whether the form is good without it, as far as this page knows.
    is_required: bool,
}

/// The form once more.
#[derive(Debug, Serialize)]
struct AgainView<'a> {
    action: &'a str,
    fields: Vec<FieldView>,
    kept: Vec<(&'a str, String)>,
    form: FormView,
}

#[derive(Debug, Serialize)]
struct RefusedFormView<'a> {
    title: &'static str,
    text: String,
    /// Where the site is, if the person should go there.
    address: Option<String>,
    /// The page that the form was on.
    page: Option<String>,
    again: Option<AgainView<'a>>,
}

/// The page for a form that was not taken.
pub(in crate::site) async fn refused_form_page(form: &RefusedFormKind, request: &Request<'_>) -> Answer {
    let (title, text) = words(&form.why);
    let address = match &form.why {
        RefusedForm::Elsewhere { own, .. } => Some(own.clone()),
        RefusedForm::HttpsOnly => Some(own_origin(request).replacen("http://", "https://", 1)),
        RefusedForm::NoCookie | RefusedForm::Old => None,
    };
    let action = NextPath::parse(&request.uri().to_string());
    let again = action.as_ref().filter(|_| address.is_none() && !form.typed.is_empty());
    let view = RefusedFormView {
        title,
        text,
        address,
        page: came_from(request).map(|page| page.as_str().to_owned()),
        again: again.map(|action| again_view(action.as_str(), &form.typed)),
    };
    let pages = Pages::of(request).await;
    if view.again.is_some() {
        pages.show_form_again(Status::Forbidden, "refused_form", &view)
    } else {
        pages.show_at(Status::Forbidden, "refused_form", &view)
    }
}

fn words(why: &RefusedForm) -> (&'static str, String) {
    match why {
        RefusedForm::Elsewhere { received, own } => (
            "This form came from elsewhere",
            format!("Your browser says that it came from {received}. This site is at {own}. Nothing has been changed."),
        ),
        RefusedForm::HttpsOnly => (
            "This site needs https",
            "You came over http, where your browser does not keep this site\u{2019}s cookies. Nothing has been changed."
                .to_owned(),
        ),
        RefusedForm::NoCookie => (
            "Your browser sent no cookie",
            "Without a cookie this site cannot know that a form is yours. Perhaps the page was open since before a \
             login: send the form again. If this page comes back, allow cookies for this site. Nothing has been \
             changed yet."
                .to_owned(),
        ),
        RefusedForm::Old => (
            "Send this form again",
            "You have logged in or out since the page was opened, or it was open for too long. Nothing has been \
             changed yet."
                .to_owned(),
        ),
    }
}

fn again_view<'a>(action: &'a str, typed: &'a [(String, String)]) -> AgainView<'a> {
    let mut form = FormView::default();
    let has = |field: &str| typed.iter().any(|(name, _)| name == field);
    let is_new = has("password_again");
    let mut fields = Vec::new();
    for (name, label, kind) in FIELDS {
        // Where it is repeated, the password is a new one.
        let is_other = name == "password" && is_new != (kind == Kind::NewSecret);
        let Some((_, value)) = typed.iter().find(|(typed, _)| typed == name).filter(|_| !is_other) else { continue };
        let is_required = matches!(name, "setup_code" | "username" | "email" | "label" | "role");
        if matches!(kind, Kind::Line | Kind::Reason | Kind::Moment) {
            form.set_value(name, value);
        }
        fields.push(FieldView { name, label, kind, is_required });
    }
    let is_kept = |name: &str| {
        name != "csrf_token" && !name.contains("password") && !FIELDS.iter().any(|(field, ..)| *field == name)
    };
    // A page cannot show a NUL, and nobody typed it.
    let kept = typed.iter().filter(|(name, _)| is_kept(name));
    let kept = kept.map(|(name, value)| (name.as_str(), value.replace('\0', "")));
    AgainView { action, fields, kept: kept.collect(), form }
}
