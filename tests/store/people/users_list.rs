//! The users list of staff, compared with a simple model.

use curfew::{
    domain::{
        lists::{
            users_filter::{SearchText, Status, UsersFilter},
            users_query::{PageNumber, Sort, SortKey, USERS_PER_PAGE, UsersQuery},
        },
        moment::{MICROSECOND, Moment},
        people::role::Role,
    },
    store::lists::users::{ListedUser, list_users},
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

#[rocket::async_test]
async fn every_search_filter_order_and_page_of_users_matches_the_model() {
    on_each_engine(async |house| {
        fill(house).await;
        let mut on = house.store.read().await.expect("a connection");
        let now = house.store.clock().now(&mut on).await.expect("the time");
        let all = everyone(house, now).await;
        let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
        for _ in 0..400 {
            let query = queries().new_tree(&mut runner).expect("a query").current();
            let page = list_users(&mut on, &query, now).await.expect("a page");
            let expected = model(&all, &query, now);
            let per_page = USERS_PER_PAGE as usize;
            let first = (query.page.get() as usize - 1) * per_page;
            let shown: Vec<&ListedUser> = expected.iter().skip(first).take(per_page).copied().collect();
            assert_eq!(page.users.iter().collect::<Vec<_>>(), shown, "{query:?}");
            assert_eq!(usize::try_from(page.total), Ok(expected.len()), "{query:?}");
            assert_eq!(page.has_next, expected.len() > first + per_page, "{query:?}");
        }
    })
    .await;
}

#[rocket::async_test]
async fn the_search_follows_changes_and_deletions_also_by_sql() {
    on_each_engine(async |house| {
        fill(house).await;
        let found = async |text: &str| {
            let mut on = house.store.read().await.expect("a connection");
            let filter = UsersFilter::parse(text, "", "").expect("a search");
            let query = UsersQuery { filter, ..UsersQuery::default() };
            let page = list_users(&mut on, &query, Moment::UNIX_EPOCH).await.expect("a page");
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

/// Everyone, page by page in the default order.
async fn everyone(house: &House, now: Moment) -> Vec<ListedUser> {
    let mut on = house.store.read().await.expect("a connection");
    let mut all = Vec::new();
    for page in 1.. {
        let page = PageNumber::parse(&page.to_string()).expect("a page");
        let listed = list_users(&mut on, &UsersQuery { page, ..UsersQuery::default() }, now).await.expect("a page");
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
    (search, status, role, key, any::<bool>(), 1_u32..4).prop_map(|(text, status, role, key, descending, page)| {
        UsersQuery {
            filter: UsersFilter { search: SearchText::parse(text).expect("a search"), status, role },
            sort: Sort { key, descending },
            page: PageNumber::parse(&page.to_string()).expect("a page"),
        }
    })
}

fn model<'u>(all: &'u [ListedUser], query: &UsersQuery, now: Moment) -> Vec<&'u ListedUser> {
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
