//! The pages with all sessions and all tokens of a user, which show a refused form again.

use rocket::{
    http::{Status, uri::Origin},
    uri,
};
use serde::Serialize;

use super::logins;
use crate::{
    accounts::{self, Accounts},
    domain::{
        lists::users_query::{LAST_PAGE, PageNumber},
        logins::kind::LoginClass,
    },
    gate::{Changes, LiveLogin},
    site::pages::{
        Pages,
        answer::{Answer, refuse},
        form::FormView,
        session_view::SessionView,
        token_view::TokenView,
    },
};

/// Which logins of a user a page shows.
#[derive(Debug, Clone, Copy)]
pub(super) struct LoginsShown {
    pub(super) class: LoginClass,
    pub(super) page: PageNumber,
}

/// The context of the page.
#[derive(Debug, Serialize)]
pub(super) struct LoginsView {
    id: i64,
    username: String,
    may_act: bool,
    is_tokens: bool,
    page: u32,
    too_far: bool,
    previous: Option<String>,
    next: Option<String>,
    sessions: Vec<SessionView>,
    tokens: Vec<TokenView>,
    login_form: FormView,
}

impl LoginsShown {
    /// The address of the page.
    pub(super) fn address(self, id: i64) -> Origin<'static> {
        let page = self.page.get();
        self.address_of_page(id, page)
    }

    fn address_of_page(self, id: i64, page: u32) -> Origin<'static> {
        let page = (page > 1).then(|| page.to_string());
        match self.class {
            LoginClass::Sessions => uri!(logins::show_sessions(id, page)),
            LoginClass::Tokens => uri!(logins::show_tokens(id, page)),
        }
    }
}

/// Reads a page.
pub(super) async fn read(
    accounts: &Accounts,
    me: &LiveLogin,
    id: i64,
    shown: LoginsShown,
    login_form: FormView,
) -> accounts::Result<LoginsView> {
    let user = accounts.get_target_account(id).await?.user;
    let page = shown.page.get();
    let mut view = LoginsView {
        id,
        may_act: me.role().may_act_on(user.role()),
        username: user.username,
        is_tokens: shown.class == LoginClass::Tokens,
        page,
        too_far: shown.page.is_beyond_last(),
        previous: (page > 1).then(|| shown.address_of_page(id, (page - 1).min(LAST_PAGE)).to_string()),
        next: None,
        sessions: Vec::new(),
        tokens: Vec::new(),
        login_form,
    };
    if view.too_far {
        return Ok(view);
    }
    let listed = accounts.list_logins_of(id, shown.class, shown.page).await?;
    view.next = listed.has_next.then(|| shown.address_of_page(id, page + 1).to_string());
    match shown.class {
        LoginClass::Sessions => {
            view.sessions = listed.logins.into_iter().map(|login| SessionView::of(login, &me.session)).collect();
        }
        LoginClass::Tokens => view.tokens = listed.logins.into_iter().map(TokenView::from).collect(),
    }
    Ok(view)
}

/// Shows the page again with status 422 and a refused form.
pub(super) async fn show_again(
    me: &LiveLogin,
    accounts: &Accounts,
    (pages, changes): (&Pages<'_>, Changes<'_>),
    id: i64,
    shown: LoginsShown,
    form: FormView,
) -> Answer {
    match read(accounts, me, id, shown, form).await {
        Ok(view) => pages.show_form_again(Status::UnprocessableEntity, "admin/user_logins", &view),
        Err(error) => refuse(changes, error),
    }
}
