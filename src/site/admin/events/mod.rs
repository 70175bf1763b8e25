//! The list of events, with search, filters, sorting and pages, and the page of each event.

pub(super) mod csv;
mod labels;
pub(super) mod one;
mod query;
pub(super) mod view;

use rocket::{Route, State, get, http::Status, routes, uri};
use serde::Serialize;

use self::{
    labels::label,
    query::{QueryFault, Sent},
    view::EventView,
};
use super::search::{
    choices::{ChoiceView, choices},
    columns::{ColumnView, is_next_descending},
    no_repeated_field::NoRepeatedField,
};
use crate::{
    accounts::{self, Accounts},
    domain::{
        event_kind::EventKind,
        lists::{
            events_query::{EventSort, EventSortKey, EventsQuery},
            users_query::{LAST_PAGE, PageNumber},
        },
        moment::{MICROSECOND, Moment},
    },
    gate::{Changes, Staff},
    site::pages::{
        Pages,
        answer::{Answer, refuse},
    },
    store::lists::events::EventsPage,
};

#[derive(Debug, Default, Serialize)]
struct EventsView<'q> {
    q: &'q str,
    from: BoundView,
    to: BoundView,
    kind: Vec<ChoiceView>,
    user: Option<FilteredUser>,
    address: &'q str,
    /// Whether the address is not one.
    address_is_wrong: bool,
    browser: &'q str,
    sort: String,
    /// The order in words.
    order: &'static str,
    columns: Vec<ColumnView>,
    total: i64,
    total_is_minimum: bool,
    page: u32,
    too_far: bool,
    previous: Option<String>,
    next: Option<String>,
    file: String,
    events: Vec<EventView>,
}

/// A bound of the period filter. Both fields are empty if the period is open.
#[derive(Debug, Default, Serialize)]
struct BoundView {
    /// The day in UTC.
    day: String,
    /// The exact time in UTC.
    at: String,
}

impl BoundView {
    /// `day` is any time in the bound's day. It differs from `at` for the end of a period, which is the start of the next
    /// day.
    fn of(at: Option<Moment>, day: Option<Moment>) -> Self {
        let text = |moment: Option<Moment>, format| moment.map_or_else(String::new, |at| at.format(format).to_string());
        Self { day: text(day, "%Y-%m-%d"), at: text(at, "%Y-%m-%dT%H:%M:%S") }
    }
}

/// The user of the filter. There is no username if the account was deleted.
#[derive(Debug, Serialize)]
struct FilteredUser {
    id: i64,
    username: Option<String>,
}

#[get("/admin/events?<sent..>")]
pub(super) async fn show(
    _staff: Staff<'_>,
    fields: NoRepeatedField,
    accounts: &State<Accounts>,
    pages: Pages<'_>,
    changes: Changes<'_>,
    sent: Sent<'_>,
) -> Answer {
    if !fields.are_all_in(Sent::FIELDS) {
        return Answer::Status(Status::BadRequest);
    }
    let (query, page) = match sent.parse() {
        Ok(parsed) => parsed,
        Err(QueryFault::Network) => return pages.show_at(Status::BadRequest, "admin/events", &view_again(sent)),
        Err(QueryFault::Other) => return Answer::Status(Status::BadRequest),
    };
    match read(accounts, &query, page).await {
        Ok((listed, user)) => pages.show("admin/events", &view(sent, &query, page, listed, user)),
        Err(error) => refuse(changes, error),
    }
}

async fn read(
    accounts: &Accounts,
    query: &EventsQuery,
    page: PageNumber,
) -> accounts::Result<(Option<EventsPage>, Option<FilteredUser>)> {
    let user = match query.user {
        Some(id) => Some(FilteredUser { id, username: accounts.find_username(id).await? }),
        None => None,
    };
    let listed = if page.is_beyond_last() { None } else { Some(accounts.list_events(query, page).await?) };
    Ok((listed, user))
}

/// The form as it was sent, with an address that is not one.
fn view_again(sent: Sent<'_>) -> EventsView<'_> {
    let without = Sent { address: None, ..sent };
    let (query, page) = without.parse().unwrap_or_default();
    let user = query.user.map(|id| FilteredUser { id, username: None });
    EventsView { address_is_wrong: true, ..view(sent, &query, page, None, user) }
}

fn view<'q>(
    sent: Sent<'q>,
    query: &EventsQuery,
    page: PageNumber,
    listed: Option<EventsPage>,
    user: Option<FilteredUser>,
) -> EventsView<'q> {
    let number = page.get();
    let mut kinds = vec![("", "Any kind")];
    kinds.extend(EventKind::ALL.map(|kind| (kind.code(), label(kind))));
    let mut view = EventsView {
        q: sent.q.unwrap_or_default(),
        from: BoundView::of(query.period.from, query.period.from),
        to: BoundView::of(query.period.to.map(|last| last + MICROSECOND), query.period.to),
        kind: choices(&kinds, query.kind.map_or("", EventKind::code)),
        user,
        address: sent.address.unwrap_or_default(),
        browser: sent.browser.unwrap_or_default(),
        sort: query.sort.word(),
        order: order(query.sort),
        columns: EventSortKey::ALL.iter().map(|(key, name)| column(sent, query.sort, *key, name)).collect(),
        page: number,
        too_far: page.is_beyond_last(),
        previous: (number > 1).then(|| href(sent, (number - 1).min(LAST_PAGE))),
        file: uri!(csv::export(sent.sorted_by(None))).to_string(),
        ..EventsView::default()
    };
    if let Some(listed) = listed {
        view.total = listed.total;
        view.total_is_minimum = listed.total_is_minimum;
        view.next = listed.has_next.then(|| href(sent, number + 1));
        view.events = listed.events.into_iter().map(EventView::from).collect();
    }
    view
}

fn href(sent: Sent<'_>, page: u32) -> String {
    let page = (page > 1).then(|| page.to_string());
    uri!(show(sent.on_page(page.as_deref()))).to_string()
}

fn column(sent: Sent<'_>, sort: EventSort, key: EventSortKey, name: &'static str) -> ColumnView {
    let current = (sort.key == key).then_some(sort.descending);
    let descending = is_next_descending(current, key == EventSortKey::Time);
    let word = EventSort { key, descending }.word();
    let href = uri!(show(sent.sorted_by(Some(word.as_str()).filter(|word| !word.is_empty())))).to_string();
    ColumnView::new((name, label_of(key)), href, current)
}

const fn label_of(key: EventSortKey) -> &'static str {
    match key {
        EventSortKey::Time => "Time",
        EventSortKey::Kind => "Event",
        EventSortKey::Address => "Address",
        EventSortKey::Browser => "Browser",
    }
}

const fn order(sort: EventSort) -> &'static str {
    match (sort.key, sort.descending) {
        (EventSortKey::Time, true) => "newest first",
        (EventSortKey::Time, false) => "oldest first",
        (EventSortKey::Kind, _) => "by kind",
        (EventSortKey::Address, _) => "by address",
        (EventSortKey::Browser, _) => "by browser",
    }
}

/// The routes of the page.
pub fn routes() -> Vec<Route> {
    routes![show]
}
