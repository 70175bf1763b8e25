//! Ends chosen logins, or forces out their people. Each has a page that promises first.

mod form;
mod page;

use chrono::DateTime;
use rocket::{State, get, http::Status, post, uri};

use self::{
    form::{BulkForm, Chosen, LoginsAction, Unreadable},
    page::{EndPage, refused_choice, too_many_people},
};
use super::query::Sent;
use crate::{
    accounts::{Accounts, Actor, Begun},
    domain::chosen_logins::{LoginsChoice, LoginsScope},
    gate::{Changes, LiveLogin, Present, Staff, Submission},
    site::{
        admin::{
            bulk::{confirm::show_force_logout_of_list, progress},
            search::{choices::given, known::Known, no_repeated_field::NoRepeatedField},
        },
        pages::{
            Pages,
            answer::{Answer, refuse},
            form::FormView,
        },
    },
};

/// What the pages need from the request.
#[derive(Clone, Copy)]
struct Request<'a, 'r> {
    accounts: &'a Accounts,
    pages: &'a Pages<'r>,
    changes: Changes<'r>,
    actor: &'a Actor,
    login: &'a LiveLogin,
    chosen: &'a Chosen<'a>,
}

impl Request<'_, '_> {
    /// The address of the list that the logins were chosen from.
    fn list(self) -> String {
        uri!(super::show(self.chosen.sent.given())).to_string()
    }

    /// Shows the page that promises.
    async fn promise(self, keeps: Option<bool>, status: Status, form: FormView) -> Answer {
        match (self.chosen.action(), self.chosen.scope()) {
            (Ok(LoginsAction::End), Ok(scope)) => {
                let keeps = keeps.unwrap_or_else(|| !self.is_only_own(&scope));
                self.promise_end(LoginsChoice::new(scope, keeps), status, form).await
            }
            (Ok(LoginsAction::ForceLogout), Ok(scope)) => self.promise_force_logout(&scope, (status, form)).await,
            (Err(why), _) | (_, Err(why)) => self.refuse_choice(why),
        }
    }

    async fn promise_end(self, choice: LoginsChoice, status: Status, form: FormView) -> Answer {
        match self.accounts.preview_end_of_logins(self.actor, self.login.role(), choice).await {
            Ok(previewed) => EndPage { request: self, status, before: None }.show(previewed, form).await,
            Err(error) => refuse(self.changes, error),
        }
    }

    /// The people become a stored list, so that the page promises a force logout of exactly these.
    async fn promise_force_logout(self, scope: &LoginsScope, form: (Status, FormView)) -> Answer {
        let people = (self.actor, self.login.role());
        match self.accounts.store_people_of_logins(self.actor, scope).await {
            Ok(Some(list)) => {
                let logins = self.list();
                show_force_logout_of_list(self.accounts, (self.pages, self.changes), people, (&list, &logins), form)
                    .await
            }
            Ok(None) => too_many_people(self),
            Err(error) => refuse(self.changes, error),
        }
    }

    fn refuse_choice(self, why: Unreadable) -> Answer {
        match why {
            Unreadable::Unknown => Answer::Status(Status::BadRequest),
            Unreadable::Nothing => refused_choice(self),
        }
    }

    /// Whether staff chose the login that they act with and no other. Then they mean it.
    fn is_only_own(self, scope: &LoginsScope) -> bool {
        matches!(scope, LoginsScope::Ids(ids) if *ids == [self.login.session.clone()])
    }
}

/// The page by GET, such as after `/confirm`.
#[get("/admin/sessions/bulk?<action>&<scope>&<ids>&<sent..>")]
#[allow(clippy::too_many_arguments, reason = "the guards and the fields")]
pub(in crate::site) async fn show(
    present: Present<Staff<'_>>,
    once: NoRepeatedField,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    action: Option<&str>,
    scope: Option<&str>,
    ids: Option<&str>,
    sent: Sent<'_>,
) -> Answer {
    let known: Vec<&str> = Sent::FIELDS.iter().copied().chain(["action", "scope", "ids"]).collect();
    if !once.are_all_in(&known) {
        return Answer::Status(Status::BadRequest);
    }
    let text = Option::unwrap_or_default;
    let id = text(ids).split(',').filter(|id| !id.is_empty()).collect();
    let chosen = Chosen { action: text(action), scope: text(scope), id, sent };
    let actor = present.actor();
    let request = Request { accounts, pages: &pages, changes, actor: &actor, login: present.login, chosen: &chosen };
    request.promise(None, Status::Ok, FormView::default()).await
}

#[post("/admin/sessions/bulk", data = "<submission>")]
pub(in crate::site) async fn post(
    staff: Staff<'_>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    present: Option<Present<Staff<'_>>>,
    submission: Submission<Known<BulkForm<'_>>>,
) -> Answer {
    let (sent, actor) = (&submission.0.0, staff.actor());
    let chosen = sent.chosen();
    let request = Request { accounts, pages: &pages, changes, actor: &actor, login: staff.login, chosen: &chosen };
    if let Err(why) = chosen.action().and(chosen.scope().map(drop)) {
        return request.refuse_choice(why);
    }
    if present.is_none() {
        // The guard of that page leads to `/confirm` and back to the same choice. Nothing is done yet.
        let (ids, filter) = (chosen.id.join(","), chosen.sent.given());
        return Answer::see_other(uri!(show(given(chosen.action), given(chosen.scope), given(&ids), filter)));
    }
    let (mut form, keeps) = (FormView::default(), sent.keeps_own_login());
    if sent.asks_to_fill() {
        return match sent.fill_in(accounts, &mut form).await {
            Ok(()) => request.promise(keeps, Status::Ok, form).await,
            Err(error) => refuse(changes, error),
        };
    }
    let Some(reasons) = sent.reasons(&mut form) else {
        return request.promise(keeps, Status::UnprocessableEntity, form).await;
    };
    // A force logout is confirmed on the page of its list.
    let scope = match (chosen.action(), chosen.scope()) {
        (Ok(LoginsAction::End), Ok(scope)) if sent.is_confirmed() => scope,
        _ => return request.promise(keeps, Status::Ok, form).await,
    };
    let promise = sent.promise().and_then(|promise| Some((DateTime::from_timestamp_micros(promise.up_to)?, promise)));
    let Some((up_to, promise)) = promise else { return Answer::Status(Status::BadRequest) };
    let choice = LoginsChoice { up_to: Some(up_to), ..LoginsChoice::new(scope, keeps == Some(true)) };
    let (id, before) = (promise.id.clone(), promise.counts);
    match accounts.begin_end_of_logins(&actor, promise.keep(choice, reasons)).await {
        Ok(begun @ (Begun::Run(_) | Begun::Already)) => {
            if let Begun::Run(run) = begun {
                progress::run_in_background(*run).await;
            }
            Answer::see_other(uri!(progress::show(id = id.as_str(), page = None::<&str>)))
        }
        Ok(Begun::Changed(previewed)) => {
            EndPage { request, status: Status::Ok, before: Some(before) }.show(*previewed, form).await
        }
        Err(error) => refuse(changes, error),
    }
}
