//! The confirmation page of a bulk action, and its start once it is confirmed.

use rocket::{
    State, get,
    http::{Status, uri::Origin},
    post, uri,
};
use serde::Serialize;

use super::{
    criteria::{CriterionView, criteria},
    form::{Addressed, BulkForm, Chosen, Unreadable},
    progress,
    promise::Promise,
    view::{CountsView, UserView},
};
use crate::{
    accounts::{self, Accounts, AccountsError, Actor, Begun, PreviewedBulk, USERS_LISTED},
    domain::{
        bulk::{BulkAction, BulkChoice, BulkCounts, BulkScope},
        lists::users_query::{LAST_PAGE, PageNumber},
        logins::public_id::PublicId,
        next_path::NextPath,
        people::role::Role,
    },
    gate::{Changes, Present, Staff, Submission},
    site::{
        admin::{
            reasons::{TemplateView, read_templates},
            search::{
                fields::{FieldView, fields},
                known::Known,
                no_repeated_field::NoRepeatedField,
            },
        },
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
    /// The fields of the filter that are not empty.
    fields: Vec<FieldView<'a>>,
    criteria: Vec<CriterionView>,
    is_superuser: bool,
    nobody_chosen: bool,
    counts: CountsView,
    /// The counts that were promised before, if they have changed since.
    before: Option<CountsView>,
    promised: String,
    users: Vec<UserView>,
    staff: Vec<UserView>,
    page: u32,
    previous: Option<String>,
    next: Option<String>,
    templates: Vec<TemplateView>,
    /// The list of logins whose people these are, if they were chosen there.
    logins: Option<&'a str>,
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
    page: PageNumber,
    logins: Option<&'a str>,
}

impl Confirm<'_, '_> {
    async fn show(&self, choice: &BulkChoice, status: Status, form: FormView) -> Answer {
        match self.preview(choice).await {
            Ok(previewed) => self.promise(previewed, None, status, form).await,
            Err(error) => refuse(self.changes, error),
        }
    }

    /// Previews the action, with the users of this page.
    async fn preview(&self, choice: &BulkChoice) -> accounts::Result<PreviewedBulk> {
        let previewed = self.accounts.preview_bulk(self.actor, self.role, choice).await?;
        if self.page.get() == 1 {
            return Ok(previewed);
        }
        let users = self.accounts.list_affected_users(self.actor, self.role, &previewed.choice, self.page).await?;
        Ok(PreviewedBulk { users, ..previewed })
    }

    /// Shows the counts as a new promise. `before` is the promise that no longer holds.
    async fn promise(
        &self,
        previewed: PreviewedBulk,
        before: Option<BulkCounts>,
        status: Status,
        form: FormView,
    ) -> Answer {
        let templates = match read_templates(self.accounts).await {
            Ok(templates) => templates,
            Err(error) => return refuse(self.changes, error),
        };
        let page = self.page.get();
        let has_next = previewed.counts.users > u64::from(page) * u64::from(USERS_LISTED);
        let promised = Promise::new(previewed.choice.up_to, previewed.counts).to_text();
        let PreviewedBulk { choice, counts, users, staff } = previewed;
        let (scope, ids, list) = match &choice.scope {
            BulkScope::Ids(ids) => ("ids", ids.clone(), ""),
            BulkScope::Matching(_) => ("matching", Vec::new(), ""),
            BulkScope::Listed(list) => ("list", Vec::new(), list.as_str()),
        };
        let chosen = Chosen { scope, list, ..self.chosen.clone() };
        let view = ConfirmView {
            page,
            previous: (page > 1).then(|| href(&chosen, page - 1)),
            next: (has_next && page < LAST_PAGE).then(|| href(&chosen, page + 1)),
            action: choice.action.code(),
            scope,
            ids,
            list,
            counts: counts.into(),
            before: before.map(CountsView::from),
            promised,
            templates,
            users: users.into_iter().map(UserView::from).collect(),
            staff: staff.into_iter().map(UserView::from).collect(),
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
            fields: fields(&self.chosen.filter),
            criteria: criteria(&self.chosen.filter),
            is_superuser: self.role.is_superuser(),
            logins: self.logins,
            ..ConfirmView::default()
        }
    }
}

/// Shows the confirmation page of a force logout of a stored list of users, who were chosen in the list of logins at
/// `logins`. Its form is posted to `/admin/users/bulk`.
pub(in crate::site::admin) async fn show_force_logout_of_list(
    accounts: &Accounts,
    (pages, changes): (&Pages<'_>, Changes<'_>),
    (actor, role): (&Actor, Role),
    (list, logins): (&PublicId, &str),
    (status, mut form): (Status, FormView),
) -> Answer {
    let chosen = Chosen::force_logout_of_list(list.as_str());
    let terms = chosen.terms(&mut form, true).unwrap_or_default();
    let confirm = Confirm {
        accounts,
        pages,
        changes,
        actor,
        role,
        chosen: &chosen,
        page: PageNumber::default(),
        logins: Some(logins),
    };
    let choice = BulkChoice::new(BulkAction::ForceLogout, BulkScope::Listed(list.clone()));
    confirm.show(&BulkChoice { terms, ..choice }, status, form).await
}

/// The same confirmation with another page of the users.
fn href(chosen: &Chosen<'_>, page: u32) -> String {
    let (ids, page) = (chosen.id.join(","), (page > 1).then(|| page.to_string()));
    uri!(show(chosen.addressed(&ids, page.as_deref()))).to_string()
}

/// The address of the page of a choice. Many selected users are stored as a list, because `/confirm` leads back only to a
/// short address.
async fn address_of(
    chosen: &Chosen<'_>,
    (accounts, actor, role): (&Accounts, &Actor, Role),
) -> accounts::Result<Origin<'static>> {
    let ids = chosen.id.join(",");
    let address = uri!(show(chosen.addressed(&ids, None)));
    match chosen.choice() {
        Ok(choice) if NextPath::parse(&address.to_string()).is_none() => {
            let list = accounts.store_targets(actor, role, &choice).await?;
            let listed = Chosen { scope: "list", id: Vec::new(), list: list.as_str(), ..chosen.clone() };
            Ok(uri!(show(listed.addressed("", None))))
        }
        _ => Ok(address),
    }
}

/// The page by GET, such as after `/confirm`.
#[get("/admin/users/bulk?<addressed..>")]
#[allow(clippy::large_types_passed_by_value, reason = "a query is an argument by value")]
pub(super) async fn show(
    present: Present<Staff<'_>>,
    fields: NoRepeatedField,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    addressed: Addressed<'_>,
) -> Answer {
    let (chosen, mut form) = (addressed.chosen(), FormView::default());
    let page = addressed.page().filter(|_| fields.are_all_in(Addressed::FIELDS));
    let Some(page) = page else { return Answer::Status(Status::BadRequest) };
    let (actor, role) = (present.actor(), present.login.role());
    let confirm =
        Confirm { accounts, pages: &pages, changes, actor: &actor, role, chosen: &chosen, page, logins: None };
    let choice = match chosen.choice() {
        Ok(choice) => choice,
        Err(why) => return confirm.refuse_choice(why),
    };
    match chosen.terms(&mut form, true) {
        Some(terms) => confirm.show(&BulkChoice { terms, ..choice }, Status::Ok, form).await,
        None => confirm.show(&choice, Status::UnprocessableEntity, form).await,
    }
}

#[post("/admin/users/bulk", data = "<submission>")]
pub(super) async fn post(
    staff: Staff<'_>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    present: Option<Present<Staff<'_>>>,
    submission: Submission<Known<BulkForm<'_>>>,
) -> Answer {
    let (actor, role) = (staff.actor(), staff.login.role());
    let sent = &submission.0.0;
    let chosen = sent.chosen();
    if present.is_none() {
        // The guard of that page leads to `/confirm` and back to the same choice. Nothing is done yet.
        return match address_of(&chosen, (accounts, &actor, role)).await {
            Ok(address) => Answer::see_other(address),
            Err(error) => refuse(changes, error),
        };
    }
    let page = PageNumber::default();
    let confirm =
        Confirm { accounts, pages: &pages, changes, actor: &actor, role, chosen: &chosen, page, logins: None };
    let choice = match chosen.choice() {
        Ok(choice) => choice,
        Err(why) => return confirm.refuse_choice(why),
    };
    let mut form = FormView::default();
    let keeps = sent.keeps_own_login() || !sent.has_promise();
    if sent.asks_to_fill() {
        let terms = chosen.terms(&mut form, keeps).unwrap_or_default();
        return match sent.fill_in(accounts, &mut form).await {
            Ok(()) => confirm.show(&BulkChoice { terms, ..choice }, Status::Ok, form).await,
            Err(error) => refuse(changes, error),
        };
    }
    let (terms, reasons) = (chosen.terms(&mut form, keeps), sent.reasons(&mut form));
    let (Some(terms), Some(reasons)) = (terms, reasons) else {
        return confirm.show(&choice, Status::UnprocessableEntity, form).await;
    };
    let choice = BulkChoice { terms, ..choice };
    if !sent.is_confirmed() {
        return match accounts.store_active_targets(&actor, role, choice).await {
            Ok(choice) => confirm.show(&choice, Status::Ok, form).await,
            Err(error) => refuse(changes, error),
        };
    }
    let Some(promise) = sent.promise() else { return Answer::Status(Status::BadRequest) };
    let (id, before) = (promise.id.clone(), promise.counts);
    let promised = BulkChoice { up_to: Some(promise.up_to), ..choice.clone() };
    match accounts.begin_bulk(&actor, promise.keep(promised, reasons)).await {
        Ok(Begun::Run(run)) => {
            progress::run_in_background(*run).await;
            Answer::see_other(uri!(progress::show(id = id.as_str(), page = None::<&str>)))
        }
        Ok(Begun::Already) => Answer::see_other(uri!(progress::show(id = id.as_str(), page = None::<&str>))),
        Ok(Begun::Changed(previewed)) => confirm.promise(*previewed, Some(before), Status::Ok, form).await,
        Err(error @ AccountsError::UntilIsPast) => {
            form.set_error("until", error);
            confirm.show(&choice, Status::UnprocessableEntity, form).await
        }
        Err(error) => refuse(changes, error),
    }
}
