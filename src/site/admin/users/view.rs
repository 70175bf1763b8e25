//! What the page of the users shows.

use rocket::uri;
use serde::Serialize;

use super::query::Sent;
use crate::{
    accounts::{LoginCounts, UsersWithLogins},
    domain::{
        lists::{
            users_filter::{Status, UsersFilter},
            users_query::{Sort, SortKey, UsersQuery},
        },
        moment::Moment,
        people::role::Role,
    },
    site::{
        admin::search::{
            bounds::bound_fields,
            choices::{ChoiceView, choices, per_page},
            columns::{ColumnView, is_next_descending},
            fields::{FieldView, fields},
        },
        pages::form::FormView,
    },
    store::lists::users::{ListedUser, Reach},
};

/// The context of the page.
#[derive(Debug, Default, Serialize)]
pub(super) struct UsersView<'q> {
    q: &'q str,
    /// The fields of the filter that are not empty, for the form of a bulk action on all users that match.
    fields: Vec<FieldView<'q>>,
    /// Whether any of the collapsed filters is set.
    has_more_filters: bool,
    bounds: FormView,
    status: Vec<ChoiceView>,
    role: Vec<ChoiceView>,
    live: Vec<ChoiceView>,
    per_page: Vec<ChoiceView>,
    sort: String,
    columns: Vec<ColumnView>,
    total: i64,
    total_is_minimum: bool,
    /// How many users were searched, if the search did not cover all of them.
    looked_at: Option<i64>,
    page: u32,
    too_far: bool,
    previous: Option<String>,
    next: Option<String>,
    users: Vec<UserView>,
}

#[derive(Debug, Serialize)]
struct UserView {
    id: i64,
    username: String,
    email: String,
    role: &'static str,
    is_active: bool,
    deactivated_until: Option<Moment>,
    force_logout_scheduled: Option<Moment>,
    date_joined: Moment,
    last_login: Option<Moment>,
    last_seen: Option<Moment>,
    sessions: u64,
    tokens: u64,
}

impl<'q> UsersView<'q> {
    pub(super) fn of(sent: Sent<'q>, query: &UsersQuery, listed: Option<UsersWithLogins>) -> Self {
        let (page, filter) = (query.page.get(), &query.filter);
        let mut view = Self {
            q: sent.q.unwrap_or_default(),
            fields: fields(&sent.fields()),
            has_more_filters: bounds(filter).iter().any(|(_, bound)| bound.is_some()),
            bounds: bound_fields(bounds(filter)),
            status: choices(
                &[("", "Any status"), ("active", "Active"), ("inactive", "Inactive")],
                filter.status.map_or("", Status::word),
            ),
            role: choices(
                &[("", "Any role"), ("member", "Members"), ("staff", "Staff"), ("superuser", "Superusers")],
                filter.role.map_or("", Role::code),
            ),
            live: choices(
                &[("", "Logged in or not"), ("yes", "Logged in"), ("no", "Not logged in")],
                filter.live.map_or("", |is_live| if is_live { "yes" } else { "no" }),
            ),
            per_page: per_page(query.per_page),
            sort: query.sort.word(),
            columns: SortKey::ALL.iter().map(|(key, name)| column(sent, query.sort, *key, name)).collect(),
            page,
            too_far: query.per_page.is_too_far(query.page),
            previous: (page > 1).then(|| href(sent, sent.sort, (page - 1).min(query.per_page.last_page()))),
            ..Self::default()
        };
        if let Some(UsersWithLogins { page: listed, logins, now }) = listed {
            view.total = listed.total;
            view.total_is_minimum = listed.total_is_minimum;
            view.looked_at = listed.is_cut.then_some(Reach::OF_PAGES.in_all);
            view.next = listed.has_next.then(|| href(sent, sent.sort, page + 1));
            let live = |user: &ListedUser| logins.get(&user.id).copied().unwrap_or_default();
            view.users = listed.users.into_iter().map(|user| UserView::of(live(&user), user, now)).collect();
        }
        view
    }
}

impl UserView {
    fn of(live: LoginCounts, user: ListedUser, now: Moment) -> Self {
        Self {
            id: user.id,
            role: user.role().code(),
            is_active: user.is_active_at(now),
            username: user.username,
            email: user.email,
            deactivated_until: user.deactivated_until,
            force_logout_scheduled: user.force_logout_scheduled,
            date_joined: user.date_joined,
            last_login: user.last_login,
            last_seen: user.last_seen,
            sessions: live.sessions,
            tokens: live.tokens,
        }
    }
}

fn bounds(filter: &UsersFilter) -> [(&'static str, Option<Moment>); 6] {
    let UsersFilter { joined, login, seen, .. } = filter;
    [
        ("joined_from", joined.from),
        ("joined_to", joined.to),
        ("login_from", login.from),
        ("login_to", login.to),
        ("seen_from", seen.from),
        ("seen_to", seen.to),
    ]
}

fn column(sent: Sent<'_>, sort: Sort, key: SortKey, name: &'static str) -> ColumnView {
    let current = (sort.key == key).then_some(sort.descending);
    let next = Sort { key, descending: is_next_descending(current, key.is_date()) }.word();
    ColumnView::new((name, label(key)), href(sent, Some(&next), 1), current)
}

const fn label(key: SortKey) -> &'static str {
    match key {
        SortKey::Username => "Username",
        SortKey::Email => "Email",
        SortKey::DateJoined => "Joined",
        SortKey::LastLogin => "Last login",
        SortKey::LastSeen => "Last seen",
    }
}

/// The same list in this order, on another page.
fn href(sent: Sent<'_>, sort: Option<&str>, page: u32) -> String {
    let page = (page > 1).then(|| page.to_string());
    uri!(super::show(Sent { sort, page: page.as_deref(), ..sent }.given())).to_string()
}
