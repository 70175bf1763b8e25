//! What the page of the logins shows.

use rocket::uri;
use serde::Serialize;

use super::query::Sent;
use crate::{
    accounts::{SiteListedLogin, SiteLogins},
    domain::{
        lists::{
            logins_query::{LoginsQuery, LoginsSort, LoginsSortKey, PerPage},
            users_query::LAST_PAGE,
        },
        logins::kind::{LoginClass, LoginKind},
        moment::Moment,
        period::Period,
    },
    gate::LiveLogin,
    site::{
        admin::choices::{ChoiceView, choices},
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
    /// Whether any of the filters is set that are folded away.
    has_more_filters: bool,
    has_filters: bool,
    times: FormView,
    kind: Vec<ChoiceView>,
    state: Vec<ChoiceView>,
    per_page: Vec<ChoiceView>,
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

#[derive(Debug, Serialize)]
struct ColumnView {
    key: &'static str,
    label: &'static str,
    href: String,
    direction: Option<&'static str>,
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
            is_all: query.filter.shown.word() == "all",
            has_more_filters: fields.iter().any(|field| folded.contains(&field.name)),
            has_filters: fields.iter().any(|field| field.name != "state"),
            fields,
            times: times(query),
            kind: choices(
                &[("", "Sessions and tokens"), ("session", "Sessions"), ("token", "Tokens")],
                query.filter.class.map_or("", LoginClass::word),
            ),
            state: choices(&[("live", "Live"), ("all", "Live and ended")], query.filter.shown.word()),
            per_page: per_page(query.per_page),
            sort: query.sort.word(),
            columns: LoginsSortKey::ALL.iter().map(|(key, name)| column(sent, query.sort, *key, name)).collect(),
            page,
            too_far: query.is_too_far(),
            previous: (page > 1).then(|| href(sent, None, (page - 1).min(LAST_PAGE))),
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

/// The bounds of the periods, as the fields for date and time have them.
fn times(query: &LoginsQuery) -> FormView {
    let mut form = FormView::default();
    let Period { from: login_from, to: login_to } = query.filter.made;
    let Period { from: seen_from, to: seen_to } = query.filter.seen;
    let bounds = [("login_from", login_from), ("login_to", login_to), ("seen_from", seen_from), ("seen_to", seen_to)];
    for (name, bound) in bounds {
        // Such a field keeps no more than milliseconds.
        let text = bound.map_or_else(String::new, |at| at.format("%Y-%m-%dT%H:%M:%S%.3f").to_string());
        form.set_value(name, text.trim_end_matches(".000").trim_end_matches(":00"));
    }
    form
}

fn per_page(chosen: PerPage) -> Vec<ChoiceView> {
    let label = match chosen.get() {
        50 => "50",
        100 => "100",
        _ => "20",
    };
    choices(&[("20", "20"), ("50", "50"), ("100", "100")], label)
}

fn column(sent: Sent<'_>, sort: LoginsSort, key: LoginsSortKey, name: &'static str) -> ColumnView {
    let is_current = sort.key == key;
    // The first click on a date sorts the newest first. A second click reverses the order.
    let descending = if is_current { !sort.descending } else { key.is_date() };
    ColumnView {
        key: name,
        label: label(key),
        href: href(sent, Some(&LoginsSort { key, descending }.word()), 1),
        direction: is_current.then_some(if sort.descending { "descending" } else { "ascending" }),
    }
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
