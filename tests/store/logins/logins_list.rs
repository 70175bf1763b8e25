//! The site's list of logins, with every filter and order, compared with a plain model.
//!
//! The logins are written by hand, without what the list is searched by.

use std::{cmp::Ordering, collections::BTreeSet};

use chrono::{SecondsFormat, TimeDelta};
use curfew::{
    domain::{
        address_key::AddressKey,
        lists::{
            logins_filter::{LoginsFields, LoginsFilter, LoginsShown},
            logins_query::{LoginsQuery, LoginsSort, LoginsSortKey},
            per_page::PerPage,
            users_query::PageNumber,
        },
        logins::{kind::LoginClass, live::LiveByRole, traits::DeviceName},
        moment::Moment,
        people::text::comparison_key,
        period::Period,
    },
    store::lists::logins::list_site_logins,
};

use crate::{
    house::{House, LONG_AGO, on_each_engine},
    raw,
};

/// Logins that differ in everything.
const FEW: i64 = 300;
/// Logins that are alike: more than a lookup reads.
const CROWD: i64 = 10_300;
const NAMES: [&str; 4] = ["ana", "banana", "Carl", "dora"];
const ADDRESSES: [&str; 6] =
    ["192.0.2.7", "192.0.2.200", "9.9.9.9", "2001:db8::7", "::ffff:192.0.2.8", "not an address"];
/// User agents with the names that the site gives them.
const AGENTS: [(&str, &str, &str); 4] = [
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0", "firefox 145", "windows"),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0", "firefox 144", "windows"),
    ("curl/8.11.0", "curl 8", ""),
    ("a browser of the tests", "", ""),
];
const OF_THE_CROWD: (&str, &str, &str) = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "chrome 142",
    "linux",
);

/// A login, as the model knows it.
#[derive(Debug)]
struct Login {
    id: String,
    name: &'static str,
    class: LoginClass,
    opened_at: Moment,
    last_seen: Option<Moment>,
    address: String,
    address_key: AddressKey,
    agent: (&'static str, &'static str, &'static str),
    has_ended: bool,
    is_live: bool,
}

fn text(moment: Moment) -> String {
    format!("'{}'", moment.to_rfc3339_opts(SecondsFormat::Micros, false))
}

fn few(now: Moment) -> impl Iterator<Item = Login> {
    (0..FEW).map(move |n| {
        let at = |step: i64| usize::try_from(n / step).expect("a number");
        let class = if n % 5 == 0 { LoginClass::Tokens } else { LoginClass::Sessions };
        let is_idle = n % 11 == 0 && class == LoginClass::Sessions;
        let has_ended = n % 7 == 0;
        let seen = now - TimeDelta::hours(if is_idle { 80 } else { n * 13 % 50 });
        Login {
            // Many share a time, so that ties occur.
            id: format!("few-{}", n * 7919 % FEW),
            name: NAMES[at(1) % NAMES.len()],
            class,
            opened_at: now - TimeDelta::hours(n * 31 % 100),
            last_seen: (n % 10 != 0).then_some(seen),
            address: ADDRESSES[at(2) % ADDRESSES.len()].to_owned(),
            address_key: AddressKey::of(ADDRESSES[at(2) % ADDRESSES.len()]),
            agent: AGENTS[at(3) % AGENTS.len()],
            has_ended,
            is_live: !has_ended && !is_idle,
        }
    })
}

fn crowd(now: Moment) -> impl Iterator<Item = Login> {
    (0..CROWD).map(move |n| Login {
        id: format!("crowd-{n}"),
        name: "xxxx",
        class: LoginClass::Sessions,
        opened_at: now - TimeDelta::seconds(n),
        last_seen: Some(now - TimeDelta::seconds(n % 777)),
        address: format!("203.0.113.{}", n % 250),
        address_key: AddressKey::of(&format!("203.0.113.{}", n % 250)),
        agent: OF_THE_CROWD,
        has_ended: false,
        is_live: true,
    })
}

/// Writes the logins by hand. Without `described`, the site has to derive what the list is searched by.
async fn insert(house: &House, logins: &[Login], now: Moment, described: bool) {
    for some in logins.chunks(500) {
        let rows = some.iter().map(|login| {
            let user = format!("(SELECT id FROM curfew_users WHERE username = '{}')", login.name);
            let Login { id, class, opened_at, last_seen, address, agent, has_ended, .. } = login;
            let (kind, expires_at) = match class {
                LoginClass::Sessions => ("browser", "NULL".to_owned()),
                LoginClass::Tokens => ("opaque", text(now + TimeDelta::days(3))),
            };
            let (opened, seen) = (text(*opened_at), last_seen.map_or_else(|| "NULL".to_owned(), text));
            let ended = if *has_ended { text(now) } else { "NULL".to_owned() };
            let traits = if described {
                let key = &login.address_key;
                format!(", '{}', '{}', '{}', '{}'", login.name, key.as_str(), agent.1, agent.2)
            } else {
                String::new()
            };
            let agent = agent.0;
            format!(
                "('{id}', {user}, '{kind}', {opened}, {opened}, {seen}, {expires_at}, '{address}', '{agent}', {ended}{traits})"
            )
        });
        let columns = "id, user_id, kind, login_date, opened_at, last_seen, expires_at, address, user_agent, ended_at";
        let traits = if described { ", username_key, address_key, browser, system" } else { "" };
        let rows = rows.collect::<Vec<_>>().join(", ");
        raw::run(&house.store, &format!("INSERT INTO curfew_logins ({columns}{traits}) VALUES {rows}")).await;
    }
}

/// The filters, by what they find among both kinds of logins.
fn filters() -> Vec<LoginsFields<'static>> {
    let none = LoginsFields::default();
    let all = LoginsFields { state: "all", ..none };
    vec![
        none,
        all,
        LoginsFields { q: "an", ..none },
        LoginsFields { q: "CARL@", ..all },
        LoginsFields { q: "xxxx", ..none },
        LoginsFields { q: "nobody", ..all },
        LoginsFields { address: "192.0.2.7", ..none },
        LoginsFields { address: "192.0.2.0/24", ..all },
        LoginsFields { address: "2001:db8::/32", ..none },
        LoginsFields { address: "203.0.113.9", ..none },
        LoginsFields { address: "203.0.113.0/24", ..none },
        LoginsFields { browser: "Firefox", ..none },
        LoginsFields { browser: "firefox 144", ..all },
        LoginsFields { browser: "Chrome", ..none },
        LoginsFields { browser: "unknown", ..none },
        LoginsFields { system: "Windows", ..none },
        LoginsFields { system: "linux", ..all },
        LoginsFields { kind: "token", ..none },
        LoginsFields { kind: "token", ..all },
        LoginsFields { kind: "session", ..none },
        LoginsFields {
            q: "ana",
            address: "192.0.2.0/24",
            browser: "firefox",
            system: "windows",
            kind: "session",
            ..all
        },
        LoginsFields { address: "203.0.113.0/24", kind: "token", ..all },
        LoginsFields { browser: "chrome", q: "an", ..all },
    ]
}

fn model<'l>(
    logins: &'l [Login],
    filter: &LoginsFilter,
    fields: &LoginsFields<'_>,
    sort: LoginsSort,
) -> Vec<&'l Login> {
    let q = comparison_key(fields.q);
    let is_found = |login: &Login| {
        let (name, email) = (login.name.to_lowercase(), format!("{}@example.org", login.name.to_lowercase()));
        let is_device =
            |asked: &Option<DeviceName>, name| asked.as_ref().is_none_or(|asked| asked.includes(&DeviceName::of(name)));
        (name.contains(&q) || email.contains(&q))
            && filter.network.as_ref().is_none_or(|network| network.contains(&login.address_key))
            && is_device(&filter.browser, login.agent.1)
            && is_device(&filter.system, login.agent.2)
            && filter.class.is_none_or(|class| class == login.class)
            && (filter.shown == LoginsShown::All || login.is_live)
            && filter.made.contains(login.opened_at)
            && (filter.seen == Period::default() || login.last_seen.is_some_and(|at| filter.seen.contains(at)))
    };
    let mut found: Vec<&Login> = logins.iter().filter(|login| is_found(login)).collect();
    let by = |a: &&Login, b: &&Login| -> Ordering {
        let order = match sort.key {
            LoginsSortKey::Login => Ordering::Equal,
            LoginsSortKey::Seen => return a.last_seen.cmp(&b.last_seen).then(a.id.cmp(&b.id)),
            LoginsSortKey::User => a.name.to_lowercase().cmp(&b.name.to_lowercase()),
            LoginsSortKey::Address => a.address_key.cmp(&b.address_key),
        };
        order.then(a.opened_at.cmp(&b.opened_at)).then(a.id.cmp(&b.id))
    };
    found.sort_by(by);
    if sort.descending {
        found.reverse();
    }
    found
}

/// Pages to compare, each a number and a size.
const PAGES: [(&str, &str); 2] = [("1", "20"), ("2", "50")];

async fn must_match(house: &House, logins: &[Login], fields: &LoginsFields<'_>, pages: &[(&str, &str)]) {
    let filter = LoginsFilter::parse(fields).expect("a filter");
    for (_, word) in LoginsSortKey::ALL {
        for word in [word.to_owned(), format!("-{word}")] {
            let sort = LoginsSort::parse(&word).expect("an order");
            let expected = model(logins, &filter, fields, sort);
            for (page, size) in pages {
                let of = |text| format!("{fields:?} {word} page {text} of {size}");
                let number = PageNumber::parse(page).expect("a page");
                let per_page = PerPage::parse(size).expect("a size");
                let query = LoginsQuery { filter: filter.clone(), sort, page: number, per_page };
                let shown = house.accounts.list_site_logins(&query).await.expect("a page");
                let (size, offset) = (per_page.get() as usize, usize::try_from(number.offset(per_page.get())));
                let offset = offset.expect("a number");
                let ids = shown.logins.iter().map(|login| login.listed.row.id.as_str());
                let of_page = expected.iter().skip(offset).take(size).map(|login| login.id.as_str());
                assert_eq!(ids.collect::<Vec<_>>(), of_page.collect::<Vec<_>>(), "{}", of(page));
                assert_eq!(shown.has_next, expected.len() > offset + size, "{}", of(page));
                let people: BTreeSet<_> = expected.iter().map(|login| login.name).collect();
                let counted = (shown.matches.logins, shown.matches.people).map_to_usize();
                if shown.matches.is_minimum {
                    assert!(counted.0 <= expected.len() && counted.1 <= people.len(), "{} {counted:?}", of(page));
                } else {
                    assert_eq!(counted, (expected.len(), people.len()), "{}", of(page));
                }
            }
        }
    }
}

/// Converts both numbers.
trait MapToUsize {
    fn map_to_usize(self) -> (usize, usize);
}

impl MapToUsize for (i64, i64) {
    fn map_to_usize(self) -> (usize, usize) {
        let to = |number| usize::try_from(number).expect("a count");
        (to(self.0), to(self.1))
    }
}

async fn fill(house: &House) -> (Moment, Vec<Login>) {
    for name in NAMES {
        house.member(name).await;
    }
    let now = house.now().await;
    let logins: Vec<Login> = few(now).collect();
    insert(house, &logins, now, false).await;
    (now, logins)
}

#[rocket::async_test]
async fn every_filter_and_order_of_a_few_logins_matches_the_model() {
    on_each_engine(async |house| {
        let (now, logins) = fill(house).await;
        for fields in filters() {
            must_match(house, &logins, &fields, &PAGES).await;
        }
        let day = |hours: i64| (now - TimeDelta::hours(hours)).to_rfc3339_opts(SecondsFormat::Micros, true);
        let (from, to) = (day(60), day(20));
        for fields in [
            LoginsFields { login_from: &from, state: "all", ..LoginsFields::default() },
            LoginsFields { login_from: &from, login_to: &to, ..LoginsFields::default() },
            LoginsFields { seen_from: &from, seen_to: &to, state: "all", ..LoginsFields::default() },
            LoginsFields { seen_to: &to, login_from: &from, kind: "token", ..LoginsFields::default() },
        ] {
            must_match(house, &logins, &fields, &PAGES).await;
        }
    })
    .await;
}

/// Lookups and long scans, which a few logins do not need.
#[rocket::async_test]
async fn every_filter_and_order_among_a_crowd_matches_the_model() {
    on_each_engine(async |house| {
        let (now, mut logins) = fill(house).await;
        house.member("xxxx").await;
        let crowd: Vec<Login> = crowd(now).collect();
        insert(house, &crowd, now, true).await;
        if matches!(house.store.pools, curfew::store::Pools::Postgres { .. }) {
            raw::run(&house.store, "ANALYZE").await;
        }
        logins.extend(crowd);
        for fields in filters() {
            must_match(house, &logins, &fields, &PAGES[..1]).await;
        }
        let (from, to) = (text(now - TimeDelta::hours(60)), text(now - TimeDelta::hours(20)));
        let (from, to) = (from.trim_matches('\''), to.trim_matches('\''));
        for fields in [
            LoginsFields { login_to: to, ..LoginsFields::default() },
            LoginsFields { login_from: from, state: "all", ..LoginsFields::default() },
            LoginsFields { seen_from: from, seen_to: to, ..LoginsFields::default() },
        ] {
            must_match(house, &logins, &fields, &PAGES[..1]).await;
        }
    })
    .await;
}

/// Without statistics, SQLite preferred to read all live logins by another index and to sort them.
#[rocket::async_test]
async fn a_page_costs_no_more_in_one_order_than_in_another() {
    on_each_engine(async |house| {
        let (now, _) = fill(house).await;
        house.member("xxxx").await;
        let crowd: Vec<Login> = crowd(now).collect();
        insert(house, &crowd, now, true).await;
        if matches!(house.store.pools, curfew::store::Pools::Postgres { .. }) {
            raw::run(&house.store, "ANALYZE").await;
        }
        let live = LiveByRole { member: LONG_AGO, staff: LONG_AGO, now };
        let mut works = Vec::new();
        for sort in ["login", "-login", "seen", "-seen", "user", "-user", "address", "-address"] {
            let query = LoginsQuery { sort: LoginsSort::parse(sort).expect("an order"), ..LoginsQuery::default() };
            let work = raw::work_of(&house.store, async |on| {
                list_site_logins(on, &query, &live).await.expect("a list");
            });
            works.push((work.await, sort));
        }
        println!("{works:?}");
        let (least, most) = (works.iter().min().expect("orders"), works.iter().max().expect("orders"));
        assert!(most.0 < 2 * least.0, "{works:?}");
    })
    .await;
}

/// What is written or changed by hand is found by what it says now.
#[rocket::async_test]
async fn a_login_that_is_changed_by_hand_is_found_by_what_it_says_now() {
    on_each_engine(async |house| {
        let ana = house.member("ana").await;
        let login = house.log_in(&ana).await;
        let finds = async |fields: LoginsFields<'static>| {
            let filter = LoginsFilter::parse(&fields).expect("a filter");
            let query = LoginsQuery { filter, ..LoginsQuery::default() };
            house.accounts.list_site_logins(&query).await.expect("a list").logins.len()
        };
        let by_address = |address| LoginsFields { address, ..LoginsFields::default() };
        let set = "UPDATE curfew_logins SET address = '198.51.100.9', user_agent = 'curl/8.11.0'";
        raw::run(&house.store, &format!("{set} WHERE id = '{}'", login.id.as_str())).await;
        assert_eq!(finds(by_address("198.51.100.0/24")).await, 1);
        assert_eq!(finds(LoginsFields { browser: "curl", ..LoginsFields::default() }).await, 1);
        raw::run(&house.store, "UPDATE curfew_users SET username_key = 'zoe', username = 'zoe'").await;
        let key = raw::texts(&house.store, "SELECT username_key FROM curfew_logins").await;
        assert_eq!(key, [Some("zoe".to_owned())]);
        raw::run(&house.store, "UPDATE curfew_logins SET address = ''").await;
        assert_eq!(finds(by_address("198.51.100.9")).await, 0, "an address that was erased is not kept in the key");
    })
    .await;
}
