//! The confirmation page of a bulk action, and its start once it is confirmed.

use rocket::{State, get, http::Status, post, uri};
use serde::Serialize;

use super::{
    form::{Addressed, BulkForm, Chosen, Promise, Unreadable},
    progress,
    view::CountsView,
};
use crate::{
    accounts::{Accounts, Actor, Begun, PreviewedBulk},
    domain::{
        bulk::{BulkAction, BulkChoice, BulkCounts, BulkScope},
        people::role::Role,
    },
    gate::{Changes, Present, Staff, Submission},
    site::{
        admin::no_repeated_field::NoRepeatedField,
        pages::{
            Pages,
            answer::{Answer, refuse},
            form::FormView,
        },
    },
};

/// The context of the page.
#[derive(Debug, Default, Serialize)]
struct ConfirmView<'a> {
    action: &'static str,
    scope: &'a str,
    ids: Vec<i64>,
    list: &'a str,
    q: &'a str,
    status: &'a str,
    role: &'a str,
    is_superuser: bool,
    nobody_chosen: bool,
    counts: CountsView,
    /// The counts that were promised before, if they have changed since.
    before: Option<CountsView>,
    promised: String,
    form: FormView,
}

/// What the confirmation page needs from the request.
struct Confirm<'a, 'r> {
    accounts: &'a Accounts,
    pages: &'a Pages<'r>,
    changes: Changes<'r>,
    actor: &'a Actor,
    role: Role,
    chosen: &'a Chosen<'a>,
}

impl Confirm<'_, '_> {
    async fn show(&self, choice: &BulkChoice, status: Status, form: FormView) -> Answer {
        match self.accounts.preview_bulk(self.actor, self.role, choice).await {
            Ok(previewed) => self.promise(&previewed, None, status, form),
            Err(error) => refuse(self.changes, error),
        }
    }

    /// Shows the counts as a new promise. `before` is the promise that no longer holds.
    fn promise(&self, previewed: &PreviewedBulk, before: Option<BulkCounts>, status: Status, form: FormView) -> Answer {
        let view = ConfirmView {
            action: previewed.choice.action.code(),
            scope: self.chosen.scope,
            ids: match &previewed.choice.scope {
                BulkScope::Ids(ids) => ids.clone(),
                BulkScope::Matching(_) | BulkScope::Listed(_) => Vec::new(),
            },
            counts: previewed.counts.into(),
            before: before.map(CountsView::from),
            promised: Promise::of(previewed).to_text(),
            form,
            ..self.view()
        };
        self.pages.show_form_again(status, "admin/bulk", &view)
    }

    fn refuse_choice(&self, why: Unreadable) -> Answer {
        match why {
            Unreadable::Unknown => Answer::Status(Status::BadRequest),
            Unreadable::Nobody => {
                let view = ConfirmView { nobody_chosen: true, ..self.view() };
                self.pages.show_form_again(Status::UnprocessableEntity, "admin/bulk", &view)
            }
        }
    }

    fn view(&self) -> ConfirmView<'_> {
        ConfirmView {
            action: BulkAction::parse(self.chosen.action).map_or("", BulkAction::code),
            list: self.chosen.list,
            q: self.chosen.q,
            status: self.chosen.status,
            role: self.chosen.role,
            is_superuser: self.role.is_superuser(),
            ..ConfirmView::default()
        }
    }
}

/// The page by GET, such as after `/confirm`.
#[get("/admin/users/bulk?<addressed..>")]
pub(super) async fn show(
    present: Present<Staff<'_>>,
    _once: NoRepeatedField,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    addressed: Addressed<'_>,
) -> Answer {
    let chosen = addressed.chosen();
    let (actor, role) = (present.actor(), present.login.role());
    let confirm = Confirm { accounts, pages: &pages, changes, actor: &actor, role, chosen: &chosen };
    match chosen.choice() {
        Ok(choice) => confirm.show(&choice, Status::Ok, FormView::default()).await,
        Err(why) => confirm.refuse_choice(why),
    }
}

#[post("/admin/users/bulk", data = "<submission>")]
pub(super) async fn post(
    staff: Staff<'_>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    present: Option<Present<Staff<'_>>>,
    submission: Submission<BulkForm<'_>>,
) -> Answer {
    let (actor, role) = (staff.actor(), staff.login.role());
    let chosen = submission.0.chosen();
    if present.is_none() {
        // The guard of that page leads to `/confirm` and back to the same choice. Nothing is done yet.
        let ids = chosen.id.join(",");
        return Answer::see_other(uri!(show(chosen.addressed(&ids))));
    }
    let confirm = Confirm { accounts, pages: &pages, changes, actor: &actor, role, chosen: &chosen };
    let choice = match chosen.choice() {
        Ok(choice) => choice,
        Err(why) => return confirm.refuse_choice(why),
    };
    let mut form = FormView::default();
    let Some(reasons) = submission.0.reasons(&mut form) else {
        return confirm.show(&choice, Status::UnprocessableEntity, form).await;
    };
    if !submission.0.is_confirmed() {
        return confirm.show(&choice, Status::Ok, form).await;
    }
    let Some(promise) = submission.0.promise() else { return Answer::Status(Status::BadRequest) };
    let (id, before) = (promise.id.clone(), promise.counts);
    match accounts.begin_bulk(&actor, promise.keep(choice, reasons)).await {
        Ok(Begun::Run(run)) => {
            progress::run_in_background(*run).await;
            Answer::see_other(uri!(progress::show(id = id.as_str())))
        }
        Ok(Begun::Already) => Answer::see_other(uri!(progress::show(id = id.as_str()))),
        Ok(Begun::Changed(previewed)) => confirm.promise(&previewed, Some(before), Status::Ok, form),
        Err(error) => refuse(changes, error),
    }
}
