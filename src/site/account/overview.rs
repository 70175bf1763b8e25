//! The account overview, where users land after login.

use rocket::{Route, get, routes};
use serde::Serialize;

use crate::{
    domain::{logins::user_agent::Device, moment::Moment},
    gate::SignedIn,
    site::pages::{Pages, answer::Answer},
};

/// How long the owner sees that strangers guessed the account's password.
const ATTACK_SHOWN: chrono::TimeDelta = chrono::TimeDelta::hours(24);

#[derive(Debug, Serialize)]
struct AccountView<'a> {
    username: &'a str,
    email: &'a str,
    role: &'static str,
    date_joined: Moment,
    last_login: Option<Moment>,
    attacked_at: Option<Moment>,
    session: SessionView<'a>,
}

#[derive(Debug, Serialize)]
struct SessionView<'a> {
    login_date: Moment,
    ends_at: Option<Moment>,
    end_is_scheduled: bool,
    idle_expires_at: Option<Moment>,
    remember: bool,
    address: &'a str,
    browser: Option<String>,
    system: Option<String>,
    user_agent: &'a str,
}

#[get("/account")]
pub fn show(signed_in: SignedIn<'_>, pages: Pages<'_>) -> Answer {
    let login = signed_in.login;
    let expires_at =
        login.opened_at.checked_add_signed(chrono::TimeDelta::from_std(login.limits.lifetime).unwrap_or_default());
    let scheduled = login.scheduled.as_ref().map(|scheduled| scheduled.at);
    let ends_at = [expires_at, scheduled].into_iter().flatten().min();
    let Device { browser, system } = Device::parse(login.user_agent());
    pages.show(
        "account/overview",
        &AccountView {
            username: &login.account.username,
            email: &login.account.email,
            role: login.role().code(),
            date_joined: login.account.date_joined,
            last_login: login.account.last_login,
            attacked_at: login.account.attacked_at.filter(|at| login.now - *at < ATTACK_SHOWN),
            session: SessionView {
                login_date: login.opened_at,
                ends_at,
                end_is_scheduled: ends_at.is_some() && ends_at == scheduled,
                idle_expires_at: login
                    .now
                    .checked_add_signed(chrono::TimeDelta::from_std(login.limits.idle).unwrap_or_default()),
                remember: login.remember,
                address: login.address(),
                browser,
                system,
                user_agent: login.user_agent(),
            },
        },
    )
}

/// The routes of the page.
pub fn routes() -> Vec<Route> {
    routes![show]
}
