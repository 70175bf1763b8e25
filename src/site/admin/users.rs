//! The list of users, with search, filters, sorting and pages.

use rocket::{State, fairing::AdHoc, get, http::Status, routes, uri};
use serde::Serialize;

use super::{
    choices::{ChoiceView, choices, given},
    no_repeated_field::NoRepeatedField,
};
use crate::{
    accounts::Accounts,
    domain::{
        lists::{
            users_filter::{self, InvalidQuery, UsersFilter},
            users_query::{PageNumber, Sort, SortKey, UsersQuery},
        },
        moment::Moment,
        people::role::Role,
    },
    gate::{Changes, Staff},
    site::pages::{
        Pages,
        answer::{Answer, refuse},
    },
    store::lists::users::UsersPage,
};

#[derive(Debug, Default, Serialize)]
struct UsersView<'q> {
    q: &'q str,
    total: i64,
    total_is_minimum: bool,
    page: u32,
    too_far: bool,
    previous: Option<String>,
    next: Option<String>,
    status: Vec<ChoiceView>,
    role: Vec<ChoiceView>,
    sort: String,
    /// The current filters, for the form of a bulk action on all users that match.
    chosen_status: &'static str,
    chosen_role: &'static str,
    columns: Vec<ColumnView>,
    users: Vec<UserView>,
}

#[derive(Debug, Serialize)]
struct ColumnView {
    key: &'static str,
    label: &'static str,
    href: String,
    direction: Option<&'static str>,
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
}

/// The query as it was sent. The links on the page repeat it with one field changed.
#[derive(Debug, Clone, Copy)]
struct Sent<'q> {
    q: &'q str,
    status: &'q str,
    role: &'q str,
    sort: &'q str,
    page: &'q str,
}

impl Sent<'_> {
    fn parse(&self) -> Result<UsersQuery, InvalidQuery> {
        Ok(UsersQuery {
            filter: UsersFilter::parse(self.q, self.status, self.role)?,
            sort: Sort::parse(self.sort)?,
            page: PageNumber::parse(self.page)?,
        })
    }

    fn href(&self, sort: &str, page: u32) -> String {
        let page = (page > 1).then(|| page.to_string());
        uri!(show(
            q = given(self.q),
            status = given(self.status),
            role = given(self.role),
            sort = given(sort),
            page = page.as_deref()
        ))
        .to_string()
    }
}

#[get("/admin/users?<q>&<status>&<role>&<sort>&<page>")]
#[allow(clippy::too_many_arguments, reason = "one each for the five query fields")]
async fn show(
    _staff: Staff<'_>,
    _once: NoRepeatedField,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    q: Option<&str>,
    status: Option<&str>,
    role: Option<&str>,
    sort: Option<&str>,
    page: Option<&str>,
) -> Answer {
    let text = Option::unwrap_or_default;
    let sent = Sent { q: text(q), status: text(status), role: text(role), sort: text(sort), page: text(page) };
    let Ok(query) = sent.parse() else { return Answer::Status(Status::BadRequest) };
    let too_far = query.page.is_beyond_last();
    let listed = if too_far { None } else { Some(accounts.list_users(&query).await) };
    match listed.transpose() {
        Ok(listed) => pages.show_form("admin/users", &view(sent, &query, listed)),
        Err(error) => refuse(changes, error),
    }
}

fn view<'q>(sent: Sent<'q>, query: &UsersQuery, listed: Option<(UsersPage, Moment)>) -> UsersView<'q> {
    let page = query.page.get();
    let sort = query.sort.word();
    let mut view = UsersView {
        q: sent.q,
        page,
        too_far: query.page.is_beyond_last(),
        previous: (page > 1)
            .then(|| sent.href(sent.sort, (page - 1).min(crate::domain::lists::users_query::LAST_PAGE))),
        status: choices(
            &[("", "Any status"), ("active", "Active"), ("inactive", "Inactive")],
            query.filter.status.map_or("", users_filter::Status::word),
        ),
        role: choices(
            &[("", "Any role"), ("member", "Members"), ("staff", "Staff"), ("superuser", "Superusers")],
            query.filter.role.map_or("", Role::code),
        ),
        columns: SortKey::ALL.iter().map(|(key, name)| column(sent, query.sort, *key, name)).collect(),
        chosen_status: query.filter.status.map_or("", users_filter::Status::word),
        chosen_role: query.filter.role.map_or("", Role::code),
        sort,
        ..UsersView::default()
    };
    if let Some((listed, now)) = listed {
        view.total = listed.total;
        view.total_is_minimum = listed.total_is_minimum;
        view.next = listed.has_next.then(|| sent.href(sent.sort, page + 1));
        view.users = listed
            .users
            .into_iter()
            .map(|user| UserView {
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
            })
            .collect();
    }
    view
}

fn column(sent: Sent<'_>, sort: Sort, key: SortKey, name: &'static str) -> ColumnView {
    let is_current = sort.key == key;
    // The first click on a date sorts the newest first. A second click reverses the order.
    let descending = if is_current { !sort.descending } else { key.is_date() };
    ColumnView {
        key: name,
        label: label(key),
        href: sent.href(&Sort { key, descending }.word(), 1),
        direction: is_current.then_some(if sort.descending { "descending" } else { "ascending" }),
    }
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

/// Mounts the page.
pub fn stage() -> AdHoc {
    AdHoc::on_ignite("Users", |rocket| async { rocket.mount("/", routes![show]) })
}
