//! The users list of staff, compared with a simple model.

use std::collections::BTreeSet;

use chrono::SecondsFormat;
use curfew::{
    domain::{
        lists::{
            per_page::PerPage,
            users_filter::{SearchText, Status, UsersFields, UsersFilter},
            users_query::{PageNumber, Sort, SortKey, UsersQuery},
        },
        logins::live::LiveByRole,
        moment::{MICROSECOND, Moment},
        people::role::Role,
        period::Period,
        standing::SiteStanding,
    },
    store::lists::users::{ListedUser, Reach, list_users, list_users_within},
};
use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use crate::{
    house::{House, on_each_engine},
    raw,
};

/// Names that share prefixes, suffixes and substrings, and names with characters that have a meaning in patterns.
const NAMES: &[&str] = &[
    "ana",
    "ANA.lima",
    "banana",
    "an",
    "a_b",
    "a+b",
    "Ωmega",
    "ωραία",
    "李雷",
    "李",
    "zoë",
    "zoe",
    "x-y.z",
    "nana-na",
    "Strasse",
    "straße2",
    "na",
    "bob",
    "bo",
    "q",
    "qq",
    "oneil@x",
    "ab-ba",
];
/// Search texts: within, at the start and at the end of names and emails, spanning both, and without a match.
const SEARCHES: &[&str] = &[
    "a",
    "an",
    "ana",
    "nan",
    "anan",
    "%",
    "_",
    "a_",
    "\\",
    "'",
    "\"",
    "*",
    "ω",
    "李",
    "李雷",
    "雷",
    "ë",
    "zo",
    "-",
    ".z",
    "na",
    "ma@",
    "@",
    "g",
    "org",
    "rg",
    "example.org",
    "aexample",
    "qq",
    "strass",
    "ANA",
    "nobody",
    "o'n",
    "ab-ba@",
    "b*",
];

/// The reach of the staff pages, and shorter ones, with which sixty accounts need every plan.
const REACHES: [Reach; 3] =
    [Reach::OF_PAGES, Reach { first: 5, rare: 10, in_all: 25 }, Reach { first: 30, rare: 3, in_all: 45 }];

#[rocket::async_test]
async fn every_search_filter_order_and_page_of_users_matches_the_model() {
    on_each_engine(async |house| {
        fill(house).await;
        let mut on = house.store.read().await.expect("a connection");
        let now = house.store.clock().now(&mut on).await.expect("the time");
        let live = live(house, now);
        let all = everyone(house, now).await;
        let logged_in: BTreeSet<i64> = logged_in(house, &all, now).await;
        assert!(logged_in.len() > 5 && logged_in.len() < 40, "{logged_in:?}");
        let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
        let (mut cut, mut at_least) = (0, 0);
        for turn in 0..1_200 {
            let (query, reach) = (queries().new_tree(&mut runner).expect("a query").current(), REACHES[turn % 3]);
            let page = list_users_within(&mut on, &query, &live, reach).await.expect("a page");
            let expected = model(&all, &query, now, &logged_in);
            let per_page = query.per_page.get() as usize;
            let first = (query.page.get() as usize - 1) * per_page;
            let shown: Vec<&ListedUser> = expected.iter().skip(first).take(per_page).copied().collect();
            let (users, total) = (page.users.iter().collect::<Vec<_>>(), usize::try_from(page.total).expect("a count"));
            if page.is_cut {
                assert!(shown.starts_with(&users) && turn % 3 > 0, "{query:?} {reach:?}");
            } else {
                assert_eq!(users, shown, "{query:?} {reach:?}");
                assert_eq!(page.has_next, expected.len() > first + per_page, "{query:?} {reach:?}");
            }
            if page.total_is_minimum {
                assert!(total <= expected.len() && turn % 3 > 0, "{query:?} {reach:?} {total}");
            } else {
                assert_eq!(total, expected.len(), "{query:?} {reach:?}");
            }
            cut += usize::from(page.is_cut);
            at_least += usize::from(page.total_is_minimum);
        }
        assert!(cut > 10 && at_least > cut, "{cut} lists were cut, {at_least} were not counted to the end");
    })
    .await;
}

#[rocket::async_test]
async fn the_search_follows_changes_and_deletions_also_by_sql() {
    on_each_engine(async |house| {
        fill(house).await;
        let found = async |text: &str| {
            let mut on = house.store.read().await.expect("a connection");
            let filter = UsersFilter::parse(&UsersFields { q: text, ..UsersFields::default() }).expect("a search");
            let query = UsersQuery { filter, ..UsersQuery::default() };
            let page = list_users(&mut on, &query, &live(house, Moment::UNIX_EPOCH)).await.expect("a page");
            page.users.into_iter().map(|user| user.username).collect::<Vec<_>>()
        };
        assert_eq!(found("bob@").await, ["bob"]);
        raw::run(
            &house.store,
            "UPDATE curfew_users SET email = 'new@else.test', email_key = 'new@else.test' WHERE username = 'bob'",
        )
        .await;
        assert_eq!(found("bob@").await, [""; 0]);
        assert_eq!(found("else.t").await, ["bob"]);
        raw::run(
            &house.store,
            "DELETE FROM curfew_login_names WHERE user_id = (SELECT id FROM curfew_users WHERE username = 'bob')",
        )
        .await;
        raw::run(&house.store, "DELETE FROM curfew_users WHERE username = 'bob'").await;
        assert_eq!(found("else.t").await, [""; 0]);
        assert_eq!(found("bo").await, ["bo"]);
    })
    .await;
}

/// Sixty accounts of every status and role; some share the values that the list sorts by.
async fn fill(house: &House) {
    let date = |turn: usize| Moment::UNIX_EPOCH + MICROSECOND * i32::try_from(turn % 7).expect("small");
    let mut tx = house.store.begin().await.expect("a transaction");
    for turn in 0..60 {
        let name = NAMES.get(turn).map_or_else(|| format!("user{turn}"), |name| (*name).to_owned());
        let email = format!("{}{turn}@example.org", if turn % 2 == 0 { "mail" } else { "ana" });
        let username = curfew::domain::people::username::Username::parse(&name).expect("a username");
        let email = if name == "bob" { "bob@example.org".to_owned() } else { email };
        let email = curfew::domain::people::email::Email::parse(&email).expect("an email");
        let role = Role::ALL[if turn % 9 == 0 { 1 + turn / 9 % 2 } else { 0 }];
        let new = curfew::store::users::NewUser {
            username: &username,
            email: &email,
            password_hash: "none",
            role,
            date_joined: date(turn),
            is_verified: true,
        };
        let id = curfew::store::users::insert_user(&mut tx, &new).await.expect("an account");
        if turn % 3 != 0 {
            curfew::store::users::set_last_login(&mut tx, id, date(turn * 5), date(turn * 5)).await.expect("a login");
        }
        if turn % 4 == 0 {
            let until = (turn % 8 == 0).then(|| date(turn));
            let reasons = curfew::domain::reason_text::Reasons::default();
            curfew::store::users::set_inactive(&mut tx, id, until, &reasons).await.expect("a deactivation");
        }
    }
    tx.commit().await.expect("a commit");
}

/// Which logins are live at this time.
fn live(house: &House, now: Moment) -> LiveByRole {
    house.accounts.live_by_role(SiteStanding::default(), now)
}

/// Logs some of them in, one in a way that is not live. Returns the active users with a live login.
async fn logged_in(house: &House, all: &[ListedUser], now: Moment) -> BTreeSet<i64> {
    let mut logged_in = BTreeSet::new();
    let at = now.to_rfc3339_opts(SecondsFormat::Micros, false);
    for (turn, user) in all.iter().enumerate().filter(|(turn, _)| turn % 3 == 0) {
        let ended = if turn % 9 == 0 { format!("'{at}'") } else { "NULL".to_owned() };
        let id = user.id;
        raw::run(
            &house.store,
            &format!(
                "INSERT INTO curfew_logins (id, user_id, kind, secret_hash, login_date, opened_at, last_seen, address,
                                            user_agent, ended_at)
                 VALUES ('login{id}', {id}, 'browser', NULL, '{at}', '{at}', '{at}', '192.0.2.7', '', {ended})"
            ),
        )
        .await;
        if turn % 9 != 0 && user.is_active_at(now) {
            logged_in.insert(id);
        }
    }
    logged_in
}

/// Everyone, page by page in the default order.
async fn everyone(house: &House, now: Moment) -> Vec<ListedUser> {
    let mut on = house.store.read().await.expect("a connection");
    let mut all = Vec::new();
    for page in 1.. {
        let page = PageNumber::parse(&page.to_string()).expect("a page");
        let listed = list_users(&mut on, &UsersQuery { page, ..UsersQuery::default() }, &live(house, now))
            .await
            .expect("a page");
        all.extend(listed.users);
        if !listed.has_next {
            break;
        }
    }
    assert_eq!(all.len(), 60);
    all
}

fn queries() -> impl Strategy<Value = UsersQuery> {
    let search = prop_oneof![1 => Just(""), 4 => proptest::sample::select(SEARCHES)];
    let status = proptest::option::of(prop_oneof![Just(Status::Active), Just(Status::Inactive)]);
    let role = proptest::option::weighted(0.3, proptest::sample::select(Role::ALL.to_vec()));
    let key = proptest::sample::select(SortKey::ALL.map(|(key, _)| key).to_vec());
    let sort = (key, any::<bool>()).prop_map(|(key, descending)| Sort { key, descending });
    // The dates of the users are a few microseconds after the epoch.
    let period = || {
        let bound =
            || proptest::option::weighted(0.5, (0..7_i32).prop_map(|turn| Moment::UNIX_EPOCH + MICROSECOND * turn));
        let both = (bound(), bound()).prop_map(|(from, to)| Period { from, to });
        prop_oneof![3 => Just(Period::default()), 1 => both]
    };
    let live = proptest::option::weighted(0.3, any::<bool>());
    let page = (1_u32..4, proptest::sample::select(PerPage::ALL.to_vec()));
    (search, (status, role, live), (period(), period(), period()), sort, page).prop_map(
        |(text, (status, role, live), (joined, login, seen), sort, (page, per_page))| UsersQuery {
            filter: UsersFilter {
                search: SearchText::parse(text).expect("a search"),
                status,
                role,
                joined,
                login,
                seen,
                live,
            },
            sort,
            page: PageNumber::parse(&page.to_string()).expect("a page"),
            per_page: PerPage::parse(&per_page.to_string()).expect("a size"),
        },
    )
}

fn model<'u>(all: &'u [ListedUser], query: &UsersQuery, now: Moment, logged_in: &BTreeSet<i64>) -> Vec<&'u ListedUser> {
    let is_within = |period: Period, at: Option<Moment>| {
        period.from.is_none_or(|from| at.is_some_and(|at| at >= from))
            && period.to.is_none_or(|to| at.is_some_and(|at| at <= to))
    };
    let key = |text: &str| curfew::domain::people::text::comparison_key(text);
    let is_found = |user: &ListedUser| {
        query
            .filter
            .search
            .as_ref()
            .is_none_or(|text| key(&user.username).contains(text.key()) || key(&user.email).contains(text.key()))
    };
    let mut found: Vec<&ListedUser> = all
        .iter()
        .filter(|user| is_found(user))
        .filter(|user| query.filter.status.is_none_or(|status| user.is_active_at(now) == (status == Status::Active)))
        .filter(|user| query.filter.role.is_none_or(|role| user.role() == role))
        .filter(|user| is_within(query.filter.joined, Some(user.date_joined)))
        .filter(|user| is_within(query.filter.login, user.last_login))
        .filter(|user| is_within(query.filter.seen, user.last_seen))
        .filter(|user| query.filter.live.is_none_or(|is_live| logged_in.contains(&user.id) == is_live))
        .collect();
    found.sort_by(|a, b| {
        let order = match query.sort.key {
            SortKey::Username => key(&a.username).cmp(&key(&b.username)),
            SortKey::Email => key(&a.email).cmp(&key(&b.email)),
            SortKey::DateJoined => a.date_joined.cmp(&b.date_joined),
            SortKey::LastLogin => a.last_login.cmp(&b.last_login),
            SortKey::LastSeen => a.last_seen.cmp(&b.last_seen),
        };
        order.then(a.id.cmp(&b.id))
    });
    if query.sort.descending {
        found.reverse();
    }
    found
}
