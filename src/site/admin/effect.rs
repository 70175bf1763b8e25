//! The preview of a force logout at the typed time, for the page and for the script that updates it.

use rocket::{Route, State, get, routes, uri};
use serde::Serialize;

use super::{moments::read_moment, search::no_repeated_field::NoRepeatedField};
use crate::{
    accounts::{self, Accounts, EveryonesLogins, ForceLogoutPreview, LoginCounts},
    domain::moment::Moment,
    gate::{Changes, LiveLogin, Staff, Superuser},
    site::pages::{
        Pages,
        answer::{Answer, refuse},
    },
};

/// The preview, as the template shows it.
#[derive(Debug, Serialize)]
pub(super) struct EffectView {
    /// The address that the script fetches, with another time.
    address: String,
    kind: &'static str,
    at: Option<Moment>,
    logins: LoginsView,
    is_everyones: bool,
    /// Whether the staff member's own login would end.
    mine: bool,
}

#[derive(Debug, Default, Serialize)]
struct LoginsView {
    sessions: u64,
    sessions_estimated: bool,
    tokens: u64,
    tokens_more: bool,
}

impl From<LoginCounts> for LoginsView {
    fn from(LoginCounts { sessions, tokens }: LoginCounts) -> Self {
        Self { sessions, tokens, ..Self::default() }
    }
}

impl From<EveryonesLogins> for LoginsView {
    fn from(logins: EveryonesLogins) -> Self {
        Self {
            sessions: logins.sessions.unsigned_abs(),
            sessions_estimated: logins.sessions_estimated,
            tokens: logins.tokens.unsigned_abs(),
            tokens_more: logins.tokens_more,
        }
    }
}

impl EffectView {
    /// Previews a force logout of one user by `me`.
    pub(super) async fn on_user(accounts: &Accounts, me: &LiveLogin, id: i64, typed: &str) -> accounts::Result<Self> {
        let address = uri!(show(id, None::<&str>)).to_string();
        let Ok(moment) = read_moment(typed) else { return Ok(Self::unreadable(address, false)) };
        let preview = accounts.preview_force_logout(id, moment).await?;
        let is_mine = |date| me.user_id == id && me.login_date <= date;
        Ok(Self::of(address, preview, is_mine, false))
    }

    /// Previews a force logout of everyone.
    pub(super) async fn on_everyone(accounts: &Accounts, typed: &str) -> accounts::Result<Self> {
        let address = uri!(show_everyones(None::<&str>)).to_string();
        let Ok(moment) = read_moment(typed) else { return Ok(Self::unreadable(address, true)) };
        let preview = accounts.preview_everyone_out(moment).await?;
        // The superuser's own login continues.
        Ok(Self::of(address, preview, |_| false, true))
    }

    fn of<L: Into<LoginsView>>(
        address: String,
        preview: ForceLogoutPreview<L>,
        is_mine: impl Fn(Moment) -> bool,
        is_everyones: bool,
    ) -> Self {
        let (kind, at, logins, mine) = match preview {
            ForceLogoutPreview::Ends { date, logins } => ("ends", None, logins.into(), is_mine(date)),
            ForceLogoutPreview::Scheduled { at, logins } => ("scheduled", Some(at), logins.into(), is_mine(at)),
            ForceLogoutPreview::Unchanged { date } => ("unchanged", Some(date), LoginsView::default(), false),
        };
        Self { address, kind, at, logins, is_everyones, mine }
    }

    fn unreadable(address: String, is_everyones: bool) -> Self {
        let (kind, logins) = ("unreadable", LoginsView::default());
        Self { address, kind, at: None, logins, is_everyones, mine: false }
    }
}

#[get("/admin/users/<id>/force-logout/effect?<at>")]
async fn show(
    staff: Staff<'_>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    id: i64,
    at: Option<&str>,
    _once: NoRepeatedField,
) -> Answer {
    match EffectView::on_user(accounts, staff.login, id, at.unwrap_or_default()).await {
        Ok(view) => pages.show("admin/effect", &view),
        Err(error) => refuse(changes, error),
    }
}

#[get("/admin/force-logout/effect?<at>")]
async fn show_everyones(
    _superuser: Superuser<'_>,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    at: Option<&str>,
    _once: NoRepeatedField,
) -> Answer {
    match EffectView::on_everyone(accounts, at.unwrap_or_default()).await {
        Ok(view) => pages.show("admin/effect", &view),
        Err(error) => refuse(changes, error),
    }
}

/// The routes of the previews.
pub fn routes() -> Vec<Route> {
    routes![show, show_everyones]
}
