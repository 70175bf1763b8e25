//! What the finder has found, as the templates show it.

use std::net::IpAddr;

use ipnet::IpNet;
use rocket::http::RawStr;
use serde::Serialize;

use super::places::{self, Place};
use crate::{
    accounts::{Found, FoundLogin, FoundUser},
    domain::{
        logins::{kind::LoginClass, user_agent::Device},
        moment::Moment,
        people::role::Role,
    },
    store::users::User,
};

/// The context of the page and of the part.
#[derive(Debug, Serialize)]
pub(super) struct FindView<'q> {
    q: &'q str,
    users: Vec<UserView>,
    /// The list of all users that match, if there are more.
    all_users: Option<String>,
    login: Option<LoginView>,
    address: Option<AddressView>,
    places: Vec<&'static Place>,
    /// How many results there are.
    total: usize,
}

#[derive(Debug, Serialize)]
struct UserView {
    id: i64,
    username: String,
    email: String,
    role: &'static str,
    is_active: bool,
    sessions: u64,
    tokens: u64,
    /// Whether the staff member may force the user out.
    may_act: bool,
}

#[derive(Debug, Serialize)]
struct LoginView {
    id: String,
    is_token: bool,
    label: String,
    browser: Option<String>,
    system: Option<String>,
    address: String,
    is_live: bool,
    user_id: i64,
    username: Option<String>,
}

/// An address or a network.
#[derive(Debug, Serialize)]
struct AddressView {
    text: String,
    href: String,
}

impl<'q> FindView<'q> {
    /// What a staff member of this role sees. `found` is `None` for an empty text, which matches every page.
    pub(super) fn of(q: &'q str, found: Option<Found>, role: Role) -> Self {
        let address = AddressView::parse(q);
        let mut view = Self {
            q,
            users: Vec::new(),
            all_users: None,
            login: None,
            address,
            places: places::find(q, role),
            total: 0,
        };
        if let Some(found) = found {
            let now = found.now;
            view.users = found.users.into_iter().map(|found| UserView::of(found, role, now)).collect();
            view.all_users = found.more_users.then(|| format!("/admin/users?q={}", RawStr::new(q).percent_encode()));
            view.login = found.login.map(LoginView::from);
        }
        view.total = view.users.len()
            + view.places.len()
            + usize::from(view.login.is_some())
            + usize::from(view.address.is_some());
        view
    }
}

impl UserView {
    fn of(FoundUser { user, live }: FoundUser, role: Role, now: Moment) -> Self {
        let of_user = user.role();
        Self {
            id: user.id,
            role: of_user.code(),
            is_active: user.is_active_at(now),
            sessions: live.sessions,
            tokens: live.tokens,
            may_act: role.may_act_on(of_user),
            username: user.username,
            email: user.email,
        }
    }
}

impl From<FoundLogin> for LoginView {
    fn from(FoundLogin { login, user }: FoundLogin) -> Self {
        let Device { browser, system } = Device::parse(&login.row.user_agent);
        Self {
            is_token: login.kind.class() == LoginClass::Tokens,
            label: login.row.label().to_owned(),
            browser,
            system,
            is_live: login.ended.is_none(),
            user_id: login.row.user_id,
            username: user.map(|User { username, .. }| username),
            address: login.row.address,
            id: login.row.id,
        }
    }
}

impl AddressView {
    /// Parses an address or a network such as `192.0.2.0/24`.
    fn parse(typed: &str) -> Option<Self> {
        let typed = typed.trim();
        let address = typed.parse().map(|address: IpAddr| address.to_string());
        let text = address.or_else(|_| typed.parse().map(|network: IpNet| network.trunc().to_string())).ok()?;
        // Digits, dots, colons and a slash need no encoding in a query.
        Some(Self { href: format!("/admin/sessions?address={text}"), text })
    }
}
