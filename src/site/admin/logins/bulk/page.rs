//! The page that promises the end of chosen logins.

use rocket::http::Status;
use serde::Serialize;

use super::Request;
use crate::{
    accounts::{LOGINS_LISTED, PreviewedLogins},
    domain::{
        bulk::BulkCounts,
        chosen_logins::{LoginsScope, MOST_CHOSEN},
    },
    site::{
        admin::{
            bulk::{
                promise::Promise,
                view::{CountsView, UserView},
            },
            logins::{
                query::Sent,
                view::{FieldView, LoginView, fields},
            },
            reasons::{TemplateView, read_templates},
        },
        pages::{
            answer::{Answer, refuse},
            form::FormView,
        },
    },
};

/// The context of the page.
#[derive(Debug, Default, Serialize)]
struct EndView<'a> {
    nothing_chosen: bool,
    /// The most logins that one action takes, if more are chosen.
    too_many: Option<u32>,
    scope: &'a str,
    ids: Vec<&'a str>,
    fields: Vec<FieldView>,
    /// The address of the list that they were chosen from.
    list: String,
    counts: CountsView,
    /// The counts that were promised before, if they have changed since.
    before: Option<CountsView>,
    promised: String,
    logins: Vec<LoginView>,
    /// How many logins are not listed.
    more: u64,
    staff: Vec<UserView>,
    templates: Vec<TemplateView>,
    form: FormView,
}

/// A page that promises.
pub(super) struct EndPage<'a, 'r> {
    pub request: Request<'a, 'r>,
    pub status: Status,
    /// The promise that no longer holds.
    pub before: Option<BulkCounts>,
}

impl EndPage<'_, '_> {
    /// Shows the counts as a new promise.
    pub async fn show(self, previewed: PreviewedLogins, mut form: FormView) -> Answer {
        let Request { accounts, pages, changes, login, .. } = self.request;
        let templates = match read_templates(accounts).await {
            Ok(templates) => templates,
            Err(error) => return refuse(changes, error),
        };
        let PreviewedLogins { choice, counts, is_too_many, logins, staff } = previewed;
        form.set_value("keep_mine", if choice.keeps_own_login { "on" } else { "" });
        let up_to = choice.up_to.map(|at| at.timestamp_micros());
        let listed = LOGINS_LISTED as u64;
        let view = EndView {
            too_many: is_too_many.then_some(MOST_CHOSEN),
            ids: match &choice.scope {
                LoginsScope::Ids(_) => self.request.chosen.id.clone(),
                LoginsScope::Matching(_) => Vec::new(),
            },
            more: (counts.sessions + counts.tokens).saturating_sub(listed),
            counts: counts.into(),
            before: self.before.map(CountsView::from),
            promised: Promise::new(up_to, counts).to_text(),
            logins: logins.into_iter().map(|of_site| LoginView::of(of_site, login)).collect(),
            staff: staff.into_iter().map(UserView::from).collect(),
            templates,
            form,
            ..view_of(self.request)
        };
        pages.show_form_again(self.status, "admin/end_logins", &view)
    }
}

/// The page for a form without a selected login.
pub(super) fn refused_choice(request: Request<'_, '_>) -> Answer {
    let view = EndView { nothing_chosen: true, ..view_of(request) };
    request.pages.show_form_again(Status::UnprocessableEntity, "admin/end_logins", &view)
}

/// The page for a force logout of the people of more logins than one action takes.
pub(super) fn too_many_people(request: Request<'_, '_>) -> Answer {
    let view = EndView { too_many: Some(MOST_CHOSEN), ..view_of(request) };
    request.pages.show_form_again(Status::UnprocessableEntity, "admin/end_logins", &view)
}

fn view_of<'a>(request: Request<'a, '_>) -> EndView<'a> {
    EndView {
        scope: request.chosen.scope,
        // Only live logins end, whatever the list shows.
        fields: fields(&Sent { state: None, ..request.chosen.sent.given() }),
        list: request.list(),
        ..EndView::default()
    }
}
