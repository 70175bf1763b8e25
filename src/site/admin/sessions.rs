//! The list of all sessions on the site, with search, a state filter and pages.

use rocket::{State, fairing::AdHoc, get, http::Status, routes, uri};
use serde::Serialize;

use super::{
    choices::{ChoiceView, choices, given},
    no_repeated_field::NoRepeatedField,
};
use crate::{
    accounts::{Accounts, ListedLogin, SiteSessions},
    domain::{
        lists::{
            sessions_query::{SessionsQuery, SessionsShown},
            users_filter::SearchText,
            users_query::{LAST_PAGE, PageNumber},
        },
        logins::session_secret::SessionId,
    },
    gate::{Changes, Staff},
    site::pages::{
        Pages,
        answer::{Answer, refuse},
        session_view::SessionView,
    },
};

#[derive(Debug, Default, Serialize)]
struct SessionsView<'q> {
    q: &'q str,
    is_all: bool,
    total: i64,
    total_is_minimum: bool,
    page: u32,
    too_far: bool,
    previous: Option<String>,
    next: Option<String>,
    state: Vec<ChoiceView>,
    sessions: Vec<UserSessionView>,
}

/// A session with its user. There is no username if the account was deleted.
#[derive(Debug, Serialize)]
struct UserSessionView {
    user_id: i64,
    username: Option<String>,
    session: SessionView,
}

/// The query as it was sent. The links to other pages repeat it.
#[derive(Debug, Clone, Copy)]
struct Sent<'q> {
    q: &'q str,
    state: &'q str,
    page: &'q str,
}

impl Sent<'_> {
    fn parse(&self) -> Option<SessionsQuery> {
        Some(SessionsQuery {
            search: SearchText::parse(self.q).ok()?,
            state: SessionsShown::parse(self.state).ok()?,
            page: PageNumber::parse(self.page).ok()?,
        })
    }

    fn href(&self, page: u32) -> String {
        let page = (page > 1).then(|| page.to_string());
        uri!(show(q = given(self.q), state = given(self.state), page = page.as_deref())).to_string()
    }
}

#[get("/admin/sessions?<q>&<state>&<page>")]
#[allow(clippy::too_many_arguments, reason = "one each for the three query fields")]
async fn show(
    staff: Staff<'_>,
    _once: NoRepeatedField,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    q: Option<&str>,
    state: Option<&str>,
    page: Option<&str>,
) -> Answer {
    let text = Option::unwrap_or_default;
    let sent = Sent { q: text(q), state: text(state), page: text(page) };
    let Some(query) = sent.parse() else { return Answer::Status(Status::BadRequest) };
    let listed = if query.page.is_beyond_last() { None } else { Some(accounts.list_site_sessions(&query).await) };
    match listed.transpose() {
        Ok(listed) => pages.show("admin/sessions", &view(sent, &query, listed, &staff.login.session)),
        Err(error) => refuse(changes, error),
    }
}

fn view<'q>(sent: Sent<'q>, query: &SessionsQuery, listed: Option<SiteSessions>, mine: &SessionId) -> SessionsView<'q> {
    let page = query.page.get();
    let mut view = SessionsView {
        q: sent.q,
        is_all: query.state == SessionsShown::All,
        page,
        too_far: query.page.is_beyond_last(),
        previous: (page > 1).then(|| sent.href((page - 1).min(LAST_PAGE))),
        state: choices(&[("live", "Live"), ("all", "Live and ended")], query.state.word()),
        ..SessionsView::default()
    };
    if let Some(listed) = listed {
        view.total = listed.total;
        view.total_is_minimum = listed.total_is_minimum;
        view.next = listed.has_next.then(|| sent.href(page + 1));
        let user_session = |(username, listed): (_, ListedLogin)| UserSessionView {
            user_id: listed.row.user_id,
            username,
            session: SessionView::of(listed, mine),
        };
        view.sessions = listed.sessions.into_iter().map(user_session).collect();
    }
    view
}

/// Mounts the page.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("All sessions", |rocket| async { rocket.mount("/", routes![show]) })
}
