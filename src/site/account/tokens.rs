//! Lists, creates and revokes the user's own tokens.

use rocket::{FromForm, Route, State, get, http::Status, post, routes, uri};
use serde::Serialize;

use crate::{
    accounts::{self, Accounts, AccountsError, LoginEnd, Target},
    domain::{
        lists::users_query::{LAST_PAGE, PageNumber},
        logins::{
            kind::LoginClass,
            public_id::PublicId,
            token::{TokenLabel, parse_token_lifetime, token_lifetime_in_words},
        },
    },
    gate::{Button, Changes, LiveLogin, Notice, NoticeKind, Present, SignedIn, Submission},
    site::pages::{
        Pages,
        answer::{Answer, FormPage, refuse},
        form::FormView,
        token_view::TokenView,
    },
};

#[derive(Debug, Serialize)]
struct TokensView {
    form: FormView,
    tokens: Vec<TokenView>,
    page: u32,
    too_far: bool,
    previous: Option<String>,
    next: Option<String>,
}

#[derive(Debug, FromForm)]
struct TokenForm<'r> {
    #[field(default = "")]
    label: &'r str,
    #[field(default = "")]
    ttl: &'r str,
}

async fn read(
    accounts: &Accounts,
    login: &LiveLogin,
    form: FormView,
    page: PageNumber,
) -> accounts::Result<TokensView> {
    let too_far = page.is_beyond_last();
    let listed = if too_far { None } else { Some(accounts.list_tokens(login.user_id, None, page).await?) };
    let has_next = listed.as_ref().is_some_and(|listed| listed.has_next);
    let number = page.get();
    Ok(TokensView {
        form,
        tokens: listed.into_iter().flat_map(|listed| listed.tokens).map(TokenView::from).collect(),
        page: number,
        too_far,
        previous: (number > 1).then(|| address((number - 1).min(LAST_PAGE))),
        next: has_next.then(|| address(number + 1)),
    })
}

/// The address of a page of the list.
fn address(page: u32) -> String {
    let page = (page > 1).then(|| page.to_string());
    uri!(show(page = page.as_deref())).to_string()
}

#[get("/account/tokens?<page>")]
async fn show(
    signed_in: SignedIn<'_>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    page: Option<&str>,
) -> Answer {
    let Ok(page) = PageNumber::parse(page.unwrap_or_default()) else { return Answer::Status(Status::BadRequest) };
    let mut form = FormView::default();
    form.set_value("ttl", &token_lifetime_in_words(accounts.settings().token_lifetime));
    match read(accounts, signed_in.login, form, page).await {
        Ok(view) => pages.show_form("account/tokens", &view),
        Err(error) => refuse(changes, error),
    }
}

#[post("/account/tokens", data = "<submission>")]
async fn create(
    present: Present<SignedIn<'_>>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    submission: Submission<TokenForm<'_>>,
) -> Answer {
    let typed = submission.0;
    let mut form = FormView::default();
    let label = form.read("label", typed.label, TokenLabel::parse);
    form.set_value("ttl", typed.ttl);
    let lifetime = match typed.ttl.trim() {
        "" => Some(accounts.settings().token_lifetime),
        ttl => form.read("ttl", ttl, parse_token_lifetime),
    };
    let outcome = match (&label, lifetime) {
        (Some(label), Some(lifetime)) => {
            let own = Target::Id(present.login.user_id);
            Some(accounts.create_token(&present.actor(), &own, label, lifetime).await)
        }
        _ => None,
    };
    if let (Some(Ok((started, ended))), Some(label)) = (&outcome, &label) {
        let mut words =
            format!("Token \u{201c}{}\u{201d} created. Copy it now. It will not be shown again.", label.as_str());
        if ended.is_any() {
            words = format!("{words} {ended}, because your account has reached its limit.");
        }
        let here = uri!(show(page = None::<&str>));
        let notice =
            Notice::done(words).with_secret(started.secret.reveal(), here.path().as_str(), &present.login.session);
        changes.leave_notice(notice);
        return Answer::see_other(here);
    }
    let form_page = FormPage { pages: &pages, changes, template: "account/tokens", password_field: "form" };
    let view = match read(accounts, present.login, FormView::default(), PageNumber::default()).await {
        Ok(view) => view,
        Err(error) => return refuse(changes, error),
    };
    match outcome {
        Some(Err(error)) => form_page.refuse(error, form, |form| TokensView { form, ..view }),
        _ => form_page.show(form, |form| TokensView { form, ..view }),
    }
}

#[post("/account/tokens/<id>/revoke?<page>", data = "<_submission>")]
async fn revoke(
    signed_in: SignedIn<'_>,
    accounts: &State<Accounts>,
    changes: Changes<'_>,
    id: &str,
    page: Option<&str>,
    _submission: Submission<Button>,
) -> Answer {
    let Some(token) = PublicId::parse(id) else { return refuse(changes, AccountsError::NoSuchToken) };
    let notice = match accounts.end_own_login(&signed_in.actor(), LoginClass::Tokens, &token).await {
        Ok(LoginEnd::Ended | LoginEnd::Own) => Notice::done("Token revoked."),
        Ok(LoginEnd::AlreadyEnded) => Notice::new(NoticeKind::Info, "That token had already ended."),
        Err(error) => return refuse(changes, error),
    };
    changes.leave_notice(notice);
    // Back to the page of the list that the button was on.
    Answer::see_other(uri!(show(page = page.filter(|page| PageNumber::parse(page).is_ok()))))
}

/// The routes of the page.
pub fn routes() -> Vec<Route> {
    routes![show, create, revoke]
}
