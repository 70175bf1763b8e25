//! The site's list of logins, compared with the standing check for each login.

use chrono::{SecondsFormat, TimeDelta};
use curfew::{
    accounts::{ForceLogoutMoment, SiteLogins, StartedSession},
    domain::{
        lists::{
            logins_filter::{LoginsFilter, LoginsShown},
            logins_query::LoginsQuery,
            users_filter::SearchText,
            users_query::PageNumber,
        },
        logins::kind::LoginClass,
        moment::Moment,
        people::role::Role,
        reason::EndReason,
        reason_text::ReasonText,
    },
};

use crate::{
    house::{House, Person, on_each_engine, operator},
    raw,
};

/// The users with sessions, and their role.
const PEOPLE: [(&str, Role); 10] = [
    ("ana", Role::Member),
    ("banana", Role::Member),
    ("Ωmega", Role::Member),
    ("due", Role::Member),
    ("out", Role::Member),
    ("inactive", Role::Member),
    ("served", Role::Member),
    ("gone", Role::Member),
    ("sam", Role::Staff),
    ("root", Role::Superuser),
];
const SEARCHES: [&str; 11] = ["", "an", "ANA", "nan", "ω", "sam", "s", "example.org", "%", "nobody", "ana@example.org"];
const PER_PAGE: usize = 20;
/// More than the query reads at first, and about as many as it looks up. If it compared each with every other, as
/// Postgres does where it expects few, a page would take longer than a statement may.
const CROWD: i64 = 9_900;

/// A session, its user, and the verdict of the standing check.
struct Judged {
    id: String,
    login_date: Moment,
    owner: Person,
    is_deleted: bool,
    verdict: std::result::Result<(), EndReason>,
}

fn text(moment: Moment) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Micros, false)
}

fn query(search: &str, state: LoginsShown, page: u32) -> LoginsQuery {
    let search = SearchText::parse(search).expect("a search");
    let filter = LoginsFilter { search, shown: state, ..LoginsFilter::default() };
    LoginsQuery { filter, page: PageNumber::parse(&page.to_string()).expect("a page"), ..LoginsQuery::default() }
}

async fn page(house: &House, query: &LoginsQuery) -> SiteLogins {
    house.accounts.list_site_logins(query).await.expect("a page")
}

/// Three sessions per user, most of them ended in different ways.
async fn fill(house: &House) -> Vec<Judged> {
    let mut sessions: Vec<(Person, StartedSession)> = Vec::new();
    let mut people = Vec::new();
    for (name, role) in PEOPLE {
        people.push(house.person(name, role).await);
    }
    for _ in 0..3 {
        for person in &people {
            sessions.push((person.clone(), house.log_in(person).await));
        }
    }
    let now = house.now().await;
    let first_of = |name: &str| sessions.iter().position(|(person, _)| person.name == name).expect("a session");
    let change = async |index: usize, set: String| {
        raw::run(
            &house.store,
            &format!("UPDATE curfew_logins SET {set} WHERE id = '{}'", sessions[index].1.id.as_str()),
        )
        .await
    };
    house
        .accounts
        .end_login(&operator(), (LoginClass::Sessions, &sessions[first_of("ana")].1.id), ReasonText::default())
        .await
        .expect("an ended session");
    change(first_of("ana") + PEOPLE.len(), "reason = 'logged-out'".to_owned()).await;
    change(first_of("banana"), format!("last_seen = '{}'", text(now - TimeDelta::days(3)))).await;
    change(first_of("banana") + PEOPLE.len(), format!("last_seen = '{}'", text(now - TimeDelta::hours(70)))).await;
    change(first_of("sam"), format!("last_seen = '{}'", text(now - TimeDelta::hours(2)))).await;
    let old = first_of("Ωmega");
    let fortnight = now - TimeDelta::days(14);
    change(old, format!("login_date = '{0}', opened_at = '{0}'", text(fortnight))).await;
    let half_a_day = now - TimeDelta::hours(12);
    let of_root = first_of("root");
    change(of_root, format!("login_date = '{0}', opened_at = '{0}'", text(half_a_day))).await;
    let second = |name| text(sessions[first_of(name) + PEOPLE.len()].1.login_date);
    for (name, set) in [
        ("out", format!("force_logout_date = '{}'", second("out"))),
        ("due", format!("force_logout_scheduled = '{}'", second("due"))),
        ("sam", format!("force_logout_scheduled = '{}'", text(now + TimeDelta::hours(1)))),
        ("inactive", format!("is_active = FALSE, deactivated_until = '{}'", text(now + TimeDelta::hours(1)))),
        ("served", format!("is_active = FALSE, deactivated_until = '{}'", text(now - TimeDelta::hours(1)))),
    ] {
        raw::run(&house.store, &format!("UPDATE curfew_users SET {set} WHERE username = '{name}'")).await;
    }
    raw::run(&house.store, "DELETE FROM curfew_users WHERE username = 'gone'").await;
    sessions[old].1.login_date = fortnight;
    sessions[of_root].1.login_date = half_a_day;
    let mut judged = Vec::new();
    for (owner, session) in sessions {
        let verdict = house.verdict(&session).await;
        let (id, login_date) = (session.id.as_str().to_owned(), session.login_date);
        judged.push(Judged { id, login_date, is_deleted: owner.name == "gone", owner, verdict });
    }
    judged.sort_by(|a, b| (b.login_date, &b.id).cmp(&(a.login_date, &a.id)));
    judged
}

/// The model's result: session ids, and why each ended.
fn model<'j>(all: &'j [Judged], search: &str, state: LoginsShown) -> Vec<(&'j str, Option<EndReason>)> {
    let key = |text: &str| curfew::domain::people::text::comparison_key(text);
    let is_found = |judged: &Judged| {
        let email = format!("{}@example.org", judged.owner.name);
        let is_named = key(&judged.owner.name).contains(&key(search)) || key(&email).contains(&key(search));
        search.is_empty() || (is_named && !judged.is_deleted)
    };
    all.iter()
        .filter(|judged| is_found(judged))
        .filter(|judged| state == LoginsShown::All || judged.verdict.is_ok())
        .map(|judged| (judged.id.as_str(), judged.verdict.err()))
        .collect()
}

async fn must_match_the_model(house: &House, all: &[Judged]) {
    for search in SEARCHES {
        for state in [LoginsShown::Live, LoginsShown::All] {
            let expected = model(all, search, state);
            for number in [1, 2] {
                let shown = page(house, &query(search, state, number)).await;
                let ids = shown.logins.iter().map(|login| (login.listed.row.id.as_str(), login.listed.ended));
                let first = (number as usize - 1) * PER_PAGE;
                let of_page: Vec<_> = expected.iter().skip(first).take(PER_PAGE).copied().collect();
                assert_eq!(ids.collect::<Vec<_>>(), of_page, "{search:?} {state:?} page {number}");
                assert_eq!(
                    usize::try_from(shown.matches.logins),
                    Ok(expected.len()),
                    "{search:?} {state:?} page {number}"
                );
                assert!(!shown.matches.is_minimum);
                assert_eq!(shown.has_next, expected.len() > first + of_page.len(), "{search:?} {state:?}");
            }
        }
    }
}

#[rocket::async_test]
async fn the_sites_list_matches_the_standing_check() {
    on_each_engine(async |house| {
        let all = fill(house).await;
        let over: std::collections::BTreeSet<_> =
            all.iter().filter_map(|judged| judged.verdict.err()).map(EndReason::code).collect();
        let ways = ["deactivated", "deleted", "expired", "forced-out", "idle", "logged-out"];
        assert_eq!(over.into_iter().collect::<Vec<_>>(), ways, "every way to end must occur");
        must_match_the_model(house, &all).await;
    })
    .await;
}

#[rocket::async_test]
async fn matches_after_many_others_are_found() {
    on_each_engine(async |house| {
        let mut all = fill(house).await;
        let crowd = house.member("xxxx").await;
        let login = house.now().await + TimeDelta::seconds(1);
        let insert = format!(
            "INSERT INTO curfew_logins (id, user_id, kind, secret_hash, login_date, opened_at, last_seen, address, user_agent)
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {CROWD})
             SELECT 'crowd-' || CAST(10000 + i AS TEXT), {}, 'browser', {}, '{}', '{}', '{}', '', '' FROM n",
            crowd.id,
            if matches!(house.store.pools, curfew::store::Pools::Sqlite { .. }) { "x'00'" } else { "'\\x00'" },
            text(login),
            text(login),
            text(login),
        );
        assert_eq!(raw::run(&house.store, &insert).await, CROWD.unsigned_abs());
        let live = page(house, &query("", LoginsShown::Live, 1)).await;
        assert!(live.has_next && live.matches.is_minimum, "{:?}", live.matches);
        assert_eq!((live.matches.logins, live.matches.people), (3_000, 1), "only the first are counted");
        let mut seen = std::collections::BTreeSet::new();
        for number in [1, 2, 3, 495, 496] {
            let shown = page(house, &query("xxxx", LoginsShown::All, number)).await;
            let count = shown.logins.len();
            assert_eq!(count, if number == 496 { 0 } else { 20 }, "page {number}");
            assert_eq!(shown.has_next, number < 495, "page {number}");
            seen.extend(shown.logins.into_iter().map(|login| login.listed.row.id));
        }
        assert_eq!(seen.len(), 80, "no session appears on two pages");

        // Ended according to the standing check only; no row says so.
        raw::run(&house.store, "UPDATE curfew_users SET is_active = FALSE WHERE username = 'xxxx'").await;
        all.retain(|judged| judged.verdict.is_ok());
        for search in SEARCHES {
            let shown = page(house, &query(search, LoginsShown::Live, 1)).await;
            let expected = model(&all, search, LoginsShown::Live);
            let ids = shown.logins.iter().map(|login| (login.listed.row.id.as_str(), login.listed.ended));
            assert_eq!(ids.collect::<Vec<_>>(), expected, "{search:?}");
            assert_eq!(usize::try_from(shown.matches.logins), Ok(expected.len()), "{search:?}");
        }
    })
    .await;
}

#[rocket::async_test]
async fn after_everyone_out_only_new_logins_are_live() {
    on_each_engine(async |house| {
        let (ana, sam) = (house.member("ana").await, house.person("sam", Role::Staff).await);
        for person in [&ana, &sam, &ana] {
            house.log_in(person).await;
        }
        let live = query("", LoginsShown::Live, 1);
        assert_eq!(page(house, &live).await.matches.logins, 3);
        house.everyone_out(ForceLogoutMoment::Now).await;
        assert_eq!(page(house, &live).await.matches.logins, 0);
        let all = page(house, &query("", LoginsShown::All, 1)).await;
        assert_eq!(all.logins.len(), 3);
        assert!(all.logins.iter().all(|login| login.listed.ended == Some(EndReason::EveryoneOut)));
        let again = house.log_in(&ana).await;
        let shown = page(house, &live).await;
        assert_eq!(shown.logins.len(), 1);
        assert_eq!(shown.logins[0].listed.row.id, again.id.as_str());
        assert_eq!(shown.logins[0].username.as_deref(), Some("ana"));
    })
    .await;
}
