//! What the page of the logins shows.

use rocket::uri;
use serde::Serialize;

use super::query::Sent;
use crate::{
    accounts::{SiteListedLogin, SiteLogins},
    domain::{
        lists::{
            logins_filter::{LoginsFilter, LoginsShown},
            logins_query::{LoginsQuery, LoginsSort, LoginsSortKey},
            per_page::PerPage,
        },
        logins::kind::{LoginClass, LoginKind},
        moment::Moment,
    },
    gate::LiveLogin,
    site::{
        admin::search::{
            bounds::bound_fields,
            choices::{ChoiceView, choices, per_page},
            columns::{ColumnView, is_next_descending},
        },
        pages::{form::FormView, session_view::SessionView},
    },
};

/// The context of the page.
#[derive(Debug, Default, Serialize)]
pub(super) struct LoginsView {
    /// The fields of the search as they were sent, for the form and for the forms of bulk actions.
    fields: Vec<FieldView>,
    q: String,
    address: String,
    browser: String,
    system: String,
    is_all: bool,
    /// Whether a filter in the part of the form that folds is set.
    has_more_filters: bool,
    has_filters: bool,
    bounds: FormView,
    kind: Vec<ChoiceView>,
    state: Vec<ChoiceView>,
    per_page: Vec<ChoiceView>,
    /// Whether each row has a button that ends its login. In the longest list a script adds them, so that the page stays
    /// small.
    has_end: bool,
    sort: String,
    columns: Vec<ColumnView>,
    total: i64,
    people: i64,
    total_is_minimum: bool,
    page: u32,
    too_far: bool,
    previous: Option<String>,
    next: Option<String>,
    logins: Vec<LoginView>,
}

/// A field of the search that is not empty.
#[derive(Debug, Serialize)]
pub(super) struct FieldView {
    name: &'static str,
    value: String,
}

/// A login with its user. There is no username if the account was deleted.
#[derive(Debug, Serialize)]
pub(super) struct LoginView {
    user_id: i64,
    username: Option<String>,
    /// Whether the staff member may act on the user.
    may_act: bool,
    is_token: bool,
    is_jwt: bool,
    /// The user's label for a token.
    label: String,
    /// `None` for a token that was never used.
    last_used: Option<Moment>,
    session: SessionView,
}

impl LoginsView {
    pub(super) fn of(sent: Sent<'_>, query: &LoginsQuery, listed: Option<SiteLogins>, mine: &LiveLogin) -> Self {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let page = query.page.get();
        let fields = fields(&sent);
        let folded = ["browser", "system", "login_from", "login_to", "seen_from", "seen_to"];
        let mut view = Self {
            q: text(sent.q),
            address: text(sent.address),
            browser: text(sent.browser),
            system: text(sent.system),
            is_all: query.filter.shown == LoginsShown::All,
            has_more_filters: fields.iter().any(|field| folded.contains(&field.name)),
            has_filters: fields.iter().any(|field| field.name != "state"),
            fields,
            bounds: bound_fields(bounds(query)),
            kind: choices(
                &[("", "Sessions and tokens"), ("session", "Sessions"), ("token", "Tokens")],
                query.filter.class.map_or("", LoginClass::word),
            ),
            state: choices(&[("live", "Live"), ("all", "Live and ended")], query.filter.shown.word()),
            per_page: per_page(query.per_page),
            has_end: query.per_page.get() < PerPage::LARGEST,
            sort: query.sort.word(),
            columns: LoginsSortKey::ALL.iter().map(|(key, name)| column(sent, query.sort, *key, name)).collect(),
            page,
            too_far: query.per_page.is_too_far(query.page),
            previous: (page > 1).then(|| href(sent, None, (page - 1).min(query.per_page.last_page()))),
            ..Self::default()
        };
        if let Some(listed) = listed {
            view.total = listed.matches.logins;
            view.people = listed.matches.people;
            view.total_is_minimum = listed.matches.is_minimum;
            view.next = listed.has_next.then(|| href(sent, None, page + 1));
            view.logins = listed.logins.into_iter().map(|login| LoginView::of(login, mine)).collect();
        }
        view
    }
}

impl LoginView {
    /// `mine` is the login of the request.
    pub(super) fn of(SiteListedLogin { username, role, listed }: SiteListedLogin, mine: &LiveLogin) -> Self {
        Self {
            user_id: listed.row.user_id,
            may_act: username.is_some() && mine.role().may_act_on(role),
            username,
            is_token: listed.kind.class() == LoginClass::Tokens,
            is_jwt: listed.kind == LoginKind::Jwt,
            label: listed.row.label().to_owned(),
            last_used: listed.last_seen,
            session: SessionView::of(listed, &mine.session),
        }
    }
}

/// The fields of the filter that are not empty.
pub(super) fn fields(sent: &Sent<'_>) -> Vec<FieldView> {
    let Sent { q, address, browser, system, kind, state, login_from, login_to, seen_from, seen_to, .. } = sent.given();
    let fields = [
        ("q", q),
        ("address", address),
        ("browser", browser),
        ("system", system),
        ("kind", kind),
        ("state", state),
        ("login_from", login_from),
        ("login_to", login_to),
        ("seen_from", seen_from),
        ("seen_to", seen_to),
    ];
    let given = fields.into_iter().filter_map(|(name, value)| Some((name, value?)));
    given.map(|(name, value)| FieldView { name, value: value.to_owned() }).collect()
}

fn bounds(query: &LoginsQuery) -> [(&'static str, Option<Moment>); 4] {
    let LoginsFilter { made, seen, .. } = &query.filter;
    [("login_from", made.from), ("login_to", made.to), ("seen_from", seen.from), ("seen_to", seen.to)]
}

fn column(sent: Sent<'_>, sort: LoginsSort, key: LoginsSortKey, name: &'static str) -> ColumnView {
    let current = (sort.key == key).then_some(sort.descending);
    let next = LoginsSort { key, descending: is_next_descending(current, key.is_date()) }.word();
    ColumnView::new((name, label(key)), href(sent, Some(&next), 1), current)
}

const fn label(key: LoginsSortKey) -> &'static str {
    match key {
        LoginsSortKey::Login => "Login",
        LoginsSortKey::Seen => "Last seen",
        LoginsSortKey::User => "User",
        LoginsSortKey::Address => "Address",
    }
}

/// The same list on another page, or in another order.
fn href(sent: Sent<'_>, sort: Option<&str>, page: u32) -> String {
    let page = (page > 1).then(|| page.to_string());
    let sent = Sent { page: page.as_deref(), sort: sort.or(sent.sort), ..sent };
    uri!(super::show(sent.given())).to_string()
}
