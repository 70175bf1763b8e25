//! The events list of staff, compared with a simple model.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use curfew::{
    domain::{
        address_key::{AddressKey, Network},
        event_kind::EventKind,
        lists::{
            events_query::{EventSort, EventSortKey, EventsQuery, parse_browser},
            users_filter::SearchText,
            users_query::PageNumber,
        },
        logins::user_agent::Device,
        moment::Moment,
        people::text::comparison_key,
        period::Period,
    },
    store::{
        events::{EventRow, Named, NewEvent, insert_event},
        lists::events::{EVENTS_PER_PAGE, EventPosition, EventsPage, list_events, list_events_after},
    },
};
use proptest::{
    option,
    prelude::*,
    sample::select,
    strategy::ValueTree as _,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use crate::{
    house::{House, on_each_engine},
    raw::{count, run, texts},
};

/// Actor and subject names: some fold, some repeat themselves, some look like patterns.
const NAMES: [Option<&str>; 9] = [
    None,
    Some("ana"),
    Some("BANANA"),
    Some("Ωmega"),
    Some("straße"),
    Some("李雷"),
    Some("a_b%"),
    Some("o'\"n"),
    Some("root (command line)"),
];
const SEARCHES: [&str; 18] = [
    "", "a", "an", "ANA", "nan", "ω", "ΩMEGA", "strasse", "雷", "李雷", "_", "%", "'", "\"", "ne)", "root (", "nobody",
    "anaana",
];
const KINDS: [EventKind; 4] = [EventKind::Login, EventKind::LoginFailed, EventKind::ForceLogout, EventKind::Refused];
/// Addresses of both families, one of them written in both, none, and a text that is no address.
const ADDRESSES: [Option<&str>; 8] = [
    None,
    Some("192.0.2.7"),
    Some("192.0.2.200"),
    Some("10.0.0.1"),
    Some("2001:db8::1"),
    Some("2001:db8:1::9"),
    Some("::ffff:192.0.2.7"),
    Some("somewhere"),
];
const NETWORKS: [&str; 10] = [
    "",
    "192.0.2.7",
    "::ffff:192.0.2.7",
    "192.0.2.0/24",
    "192.0.2.128/25",
    "0.0.0.0/0",
    "2001:db8::/32",
    "2001:db8::1",
    "::/0",
    "198.51.100.0/24",
];
const USER_AGENTS: [Option<&str>; 6] = [
    None,
    Some("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"),
    Some("Mozilla/5.0 (X11; Linux x86_64; rv:14.0) Gecko/20100101 Firefox/14.0"),
    Some("curl/8.11.0"),
    Some("a browser of the tests"),
    Some("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"),
];
const BROWSERS: [&str; 8] = ["", "firefox", "Firefox 145", "FIREFOX 14", "fire", "curl 8", "chrome", "%"];
/// More than the query collects.
const CROWD: i64 = 16_000;

fn begin() -> Moment {
    Moment::UNIX_EPOCH + TimeDelta::days(20_000)
}

fn nth_page(number: u32) -> PageNumber {
    PageNumber::parse(&number.to_string()).expect("a page")
}

/// Two hundred events within ten days, some at the same time.
async fn fill(house: &House) -> Vec<EventRow> {
    let mut tx = house.store.begin().await.expect("a transaction");
    for turn in 0..200_usize {
        let named = |index: usize| {
            let index = index % NAMES.len();
            NAMES[index]
                .map(|name| Named { id: index.is_multiple_of(2).then_some(index.try_into().expect("small")), name })
        };
        let hours = i64::try_from(turn * 7 % 200 / 3 * 3).expect("small");
        let event = NewEvent {
            at: begin() + TimeDelta::hours(hours),
            kind: KINDS[turn % 4],
            actor: named(turn),
            subject: named(turn / 9),
            session: None,
            reason: None,
            reasons: curfew::domain::reason_text::Reasons::default(),
            address: ADDRESSES[turn / 5 % ADDRESSES.len()],
            user_agent: USER_AGENTS[turn / 3 % USER_AGENTS.len()],
            detail: Some(format!("event {turn}")),
            times: 1,
            bulk: None,
        };
        insert_event(&mut tx, &event).await.expect("an event");
    }
    tx.commit().await.expect("all of them");
    let mut on = house.store.read().await.expect("a connection");
    let all = list_events_after(&mut on, &EventsQuery::default(), None, 1_000).await.expect("all of them");
    assert_eq!(all.len(), 200);
    assert!(all.is_sorted_by_key(|event| std::cmp::Reverse((event.at, event.id))));
    all
}

fn queries() -> Vec<EventsQuery> {
    let day = |days: i64| (begin() + TimeDelta::days(days)).format("%Y-%m-%d").to_string();
    let mut queries = Vec::new();
    for search in SEARCHES {
        for kind in [None, Some(EventKind::Login), Some(EventKind::Deleted)] {
            for user in [None, Some(2), Some(99)] {
                for (from, to) in
                    [(String::new(), String::new()), (day(2), day(2)), (day(1), String::new()), (day(5), day(1))]
                {
                    queries.push(EventsQuery {
                        search: SearchText::parse(search).expect("a search"),
                        kind,
                        user,
                        period: Period::parse(&from, &to).expect("days"),
                        ..EventsQuery::default()
                    });
                }
            }
        }
    }
    queries
}

/// The model's result: event ids.
fn model(all: &[EventRow], query: &EventsQuery) -> Vec<i64> {
    let is_found = |event: &&EventRow| {
        let is_named = |text: &SearchText| {
            [&event.actor, &event.subject].into_iter().flatten().any(|name| comparison_key(name).contains(text.key()))
        };
        query.search.as_ref().is_none_or(is_named)
            && query.kind.is_none_or(|kind| event.kind == kind.code())
            && (query.user.is_none() || query.user == event.subject_id)
            && query.period.from.is_none_or(|from| event.at >= from)
            && query.period.to.is_none_or(|to| event.at <= to)
            && query.network.as_ref().is_none_or(|network| {
                event.address.as_deref().is_some_and(|address| network.contains(&AddressKey::of(address)))
            })
            && query.browser.as_ref().is_none_or(|name| {
                let browser = browser_of(event);
                let words: Vec<&str> = browser.split(' ').collect();
                words.starts_with(&name.as_str().split(' ').collect::<Vec<_>>())
            })
    };
    let mut found: Vec<&EventRow> = all.iter().filter(is_found).collect();
    found.sort_by_cached_key(|event| {
        let first = match query.sort.key {
            EventSortKey::Time => String::new(),
            EventSortKey::Kind => event.kind.clone(),
            EventSortKey::Address => {
                event.address.as_deref().map(AddressKey::of).unwrap_or_default().as_str().to_owned()
            }
            EventSortKey::Browser => browser_of(event),
        };
        (first, event.at, event.id)
    });
    if query.sort.descending {
        found.reverse();
    }
    found.into_iter().map(|event| event.id).collect()
}

/// The browser as pages show it, in lower case.
fn browser_of(event: &EventRow) -> String {
    event.user_agent.as_deref().and_then(|text| Device::parse(text).browser).unwrap_or_default().to_lowercase()
}

/// Any filters, in any order of the list.
fn any_query() -> impl Strategy<Value = (EventsQuery, u32)> {
    let search = prop_oneof![3 => Just(""), 2 => select(SEARCHES.to_vec())];
    let kind = option::weighted(0.3, select(KINDS.to_vec()));
    let user = option::weighted(0.2, select(vec![2, 4, 99]));
    let network = prop_oneof![1 => Just(""), 2 => select(NETWORKS.to_vec())];
    let browser = prop_oneof![1 => Just(""), 1 => select(BROWSERS.to_vec())];
    let days = option::weighted(0.3, (0..9_i64, 0..4_i64));
    let sort = (select(EventSortKey::ALL.map(|(key, _)| key).to_vec()), any::<bool>());
    (search, kind, user, network, browser, days, sort, 1..4_u32).prop_map(
        |(search, kind, user, network, browser, days, (key, descending), page)| {
            let day = |days: i64| (begin() + TimeDelta::days(days)).format("%Y-%m-%d").to_string();
            let period = days.map(|(from, more)| Period::parse(&day(from), &day(from + more)).expect("days"));
            let query = EventsQuery {
                search: SearchText::parse(search).expect("a search"),
                kind,
                user,
                period: period.unwrap_or_default(),
                network: (!network.is_empty()).then(|| Network::parse(network).expect("a network")),
                browser: parse_browser(browser).expect("a browser"),
                sort: EventSort { key, descending },
            };
            (query, page)
        },
    )
}

async fn any_queries_must_match_the_model(house: &House, all: &[EventRow], queries: usize) {
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    for _ in 0..queries {
        let (query, number) = any_query().new_tree(&mut runner).expect("a query").current();
        let expected = model(all, &query);
        let shown = page(house, &query, number).await;
        let ids: Vec<i64> = shown.events.iter().map(|event| event.id).collect();
        let first = (number as usize - 1) * EVENTS_PER_PAGE as usize;
        let of_page: Vec<i64> = expected.iter().skip(first).take(EVENTS_PER_PAGE as usize).copied().collect();
        assert_eq!(ids, of_page, "{query:?} page {number}");
        assert_eq!(usize::try_from(shown.total), Ok(expected.len()), "{query:?}");
    }
}

async fn page(house: &House, query: &EventsQuery, number: u32) -> EventsPage {
    let mut on = house.store.read().await.expect("a connection");
    list_events(&mut on, query, nth_page(number)).await.expect("a page")
}

/// The whole export, in chunks.
async fn exported(house: &House, query: &EventsQuery, at_once: i64) -> Vec<i64> {
    let mut on = house.store.read().await.expect("a connection");
    let (mut ids, mut after) = (Vec::new(), None);
    loop {
        let part = list_events_after(&mut on, query, after, at_once).await.expect("a part");
        let Some(last) = part.last() else { return ids };
        after = Some(EventPosition::of(last));
        ids.extend(part.iter().map(|event| event.id));
    }
}

async fn must_match_the_model(house: &House, all: &[EventRow]) {
    for query in queries() {
        let expected = model(all, &query);
        for number in [1, 2, 9] {
            let shown = page(house, &query, number).await;
            let ids: Vec<i64> = shown.events.iter().map(|event| event.id).collect();
            let first = (number as usize - 1) * EVENTS_PER_PAGE as usize;
            let of_page: Vec<i64> = expected.iter().skip(first).take(EVENTS_PER_PAGE as usize).copied().collect();
            assert_eq!(ids, of_page, "{query:?} page {number}");
            assert_eq!(usize::try_from(shown.total), Ok(expected.len()), "{query:?}");
            assert!(!shown.total_is_minimum, "{query:?}");
            assert_eq!(shown.has_next, expected.len() > first + EVENTS_PER_PAGE as usize, "{query:?}");
        }
        assert_eq!(exported(house, &query, 7).await, expected, "{query:?}, in chunks");
    }
}

#[rocket::async_test]
async fn every_search_kind_period_and_page_matches_the_model() {
    on_each_engine(async |house| {
        let all = fill(house).await;
        must_match_the_model(house, &all).await;
    })
    .await;
}

#[rocket::async_test]
async fn every_address_browser_and_order_matches_the_model() {
    on_each_engine(async |house| {
        let all = fill(house).await;
        any_queries_must_match_the_model(house, &all, 600).await;
        // With so many others, these few are looked up, and common values are scanned.
        add_crowd(house).await;
        let mut on = house.store.read().await.expect("a connection");
        let crowd = "crowd";
        for (_, word) in EventSortKey::ALL {
            for word in [word.to_owned(), format!("-{word}")] {
                for (address, browser) in
                    [("192.0.2.0/24", ""), ("", "Firefox"), ("192.0.2.7", "Firefox 145"), ("::/0", "curl 8")]
                {
                    let query = EventsQuery {
                        network: (!address.is_empty()).then(|| Network::parse(address).expect("a network")),
                        browser: parse_browser(browser).expect("a browser"),
                        sort: EventSort::parse(&word).expect("an order"),
                        ..EventsQuery::default()
                    };
                    let listed = list_events(&mut on, &query, nth_page(1)).await.expect("a page");
                    let ids: Vec<i64> = listed.events.iter().map(|event| event.id).collect();
                    let expected = model(&all, &query);
                    let of_page: Vec<i64> = expected.iter().take(EVENTS_PER_PAGE as usize).copied().collect();
                    assert_eq!(ids, of_page, "{query:?}");
                }
                let all_of_them =
                    EventsQuery { sort: EventSort::parse(&word).expect("an order"), ..EventsQuery::default() };
                let listed = list_events(&mut on, &all_of_them, nth_page(1)).await.expect("a page");
                let is_crowd = listed.events.iter().filter(|event| event.subject.as_deref() == Some(crowd)).count();
                let is_expected = matches!(word.as_str(), "-time" | "address" | "browser" | "-kind");
                assert!(is_crowd == 0 || is_expected, "{word}: {is_crowd} of the crowd");
            }
        }
    })
    .await;
}

/// Adds many later events of one user, without an address or a browser.
async fn add_crowd(house: &House) {
    let later = (begin() + TimeDelta::days(30)).to_rfc3339();
    let crowd = format!(
        "INSERT INTO curfew_events (at, kind, actor, subject)
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {CROWD})
         SELECT '{later}', 'logout', 'Crowd', 'crowd' FROM n"
    );
    let crowd = if matches!(house.store.pools, curfew::store::Pools::Postgres { .. }) {
        crowd.replace(&format!("SELECT '{later}'"), &format!("SELECT CAST('{later}' AS TIMESTAMPTZ)"))
    } else {
        crowd
    };
    assert_eq!(run(&house.store, &crowd).await, CROWD.unsigned_abs());
    run(&house.store, "ANALYZE curfew_events").await;
}

#[rocket::async_test]
async fn matches_after_many_others_are_found() {
    on_each_engine(async |house| {
        let all = fill(house).await;
        add_crowd(house).await;
        let search =
            |text| EventsQuery { search: SearchText::parse(text).expect("a search"), ..EventsQuery::default() };
        for text in ["ana", "ω", "雷", "root (", "nobody", "a_"] {
            let expected = model(&all, &search(text));
            assert_eq!(exported(house, &search(text), 500).await, expected, "{text}");
            let shown = page(house, &search(text), 1).await;
            assert_eq!(usize::try_from(shown.total), Ok(expected.len()), "{text}");
        }
        for text in ["", "CROWD", "o"] {
            let shown = page(house, &search(text), 1).await;
            assert!(shown.total_is_minimum && shown.has_next, "{text}: {}", shown.total);
            assert!(shown.events.iter().all(|event| event.kind == "logout"), "{text}");
            let both = [1, 400].map(|number| (number, text));
            let mut seen = BTreeSet::new();
            for (number, text) in both {
                seen.extend(page(house, &search(text), number).await.events.into_iter().map(|event| event.id));
            }
            assert_eq!(seen.len(), 50, "{text}: no event appears on two pages");
        }
        assert_eq!(exported(house, &search("crowd"), 500).await.len(), 16_000);
    })
    .await;
}

#[rocket::async_test]
async fn rows_from_an_older_version_or_sql_are_found_and_deleted_ones_are_not() {
    on_each_engine(async |house| {
        let ana = house.member("Ána.Groß").await;
        let by_hand = |actor: &str, id: i64| {
            let at = begin().to_rfc3339();
            format!(
                "INSERT INTO curfew_events (at, kind, actor, subject_id, subject)
                 VALUES ('{at}', 'logout', '{actor}', {id}, 'Ána.Groß')"
            )
        };
        run(&house.store, "DELETE FROM curfew_events").await;
        run(&house.store, &by_hand("Root", ana.id)).await;
        let found = async |text: &str| {
            let query = EventsQuery { search: SearchText::parse(text).expect("a search"), ..EventsQuery::default() };
            page(house, &query, 1).await.events.len()
        };
        for text in ["ÁNA", "gross", "ROOT", "root", "ro", "ss"] {
            assert_eq!(found(text).await, 1, "{text}");
        }
        let keys = "SELECT names_key FROM curfew_events";
        assert_eq!(texts(&house.store, keys).await, [Some("root\nána.gross".to_owned())]);
        run(&house.store, "UPDATE curfew_events SET names_key = 'zoe'").await;
        assert_eq!((found("zoe").await, found("gross").await), (1, 0));
        run(&house.store, "DELETE FROM curfew_events").await;
        assert_eq!((found("zoe").await, found("z").await), (0, 0));
        assert_eq!(count(&house.store, "SELECT COUNT(*) FROM curfew_events").await, 0);
    })
    .await;
}

#[rocket::async_test]
async fn an_event_links_to_an_account_only_while_it_exists() {
    on_each_engine(async |house| {
        let ana = house.member("ana").await;
        let login = house.log_in(&ana).await;
        let kinds = EventsQuery { kind: Some(EventKind::Login), ..EventsQuery::default() };
        let ids = async || {
            let event = page(house, &kinds, 1).await.events.remove(0);
            (event.actor_account, event.subject_account, event.subject)
        };
        assert_eq!(ids().await, (Some(login.user_id), Some(login.user_id), Some("ana".to_owned())));
        let gone = curfew::domain::reason_text::Reasons::default();
        house.accounts.delete_user(&crate::house::operator(), &ana.target(), &gone).await.expect("a deletion");
        assert_eq!(ids().await, (None, None, Some("ana".to_owned())));
        let of_ana = EventsQuery { user: Some(ana.id), ..EventsQuery::default() };
        let kinds: Vec<_> = page(house, &of_ana, 1).await.events.into_iter().map(|event| event.kind).collect();
        assert_eq!(kinds, ["deleted", "login", "user-created"]);
    })
    .await;
}
