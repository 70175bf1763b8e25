//! No value, wherever it is sent, makes a statement fail.
//!
//! Postgres rejects a NUL in text and SQLite accepts it, so each is tried on both.

use curfew::domain::people::role::Role;
use rocket::{Route, http::Method};
use serde_json::{Map, Value};

use crate::harness::{
    site::{PASSWORD, Site},
    store::{Engine, engines},
};

/// NUL, invalid UTF-8, extreme and invisible characters, quotes, numbers out of range, and text longer than any column or
/// index allows.
fn values() -> Vec<String> {
    ["%00", "a%00b", "%FF", "%ED%A0%80", "%F4%8F%BF%BF", "%E2%80%AE", "%27%22%5C", "-1", "99999999999999999999"]
        .into_iter()
        .map(str::to_owned)
        .chain([9_000, 300].map(|n| "a".repeat(n)))
        .chain(["%F0%9F%92%A5".repeat(1_000)])
        .collect()
}

/// The fields of the queries that a route takes as a whole. A bulk action and its list need the first two.
const QUERIES: [(&str, &str); 6] = [
    (
        "/admin/users",
        "q status role joined_from joined_to login_from login_to seen_from seen_to live sort page per_page",
    ),
    (
        "/admin/users/bulk",
        "action scope ids list q status role joined_from joined_to login_from login_to seen_from seen_to live at until page",
    ),
    ("/admin/sessions", "q address browser system kind state login_from login_to seen_from seen_to sort page per_page"),
    (
        "/admin/sessions/bulk",
        "q address browser system kind state login_from login_to seen_from seen_to sort page per_page",
    ),
    ("/admin/events", "q kind from to user address browser sort page"),
    ("/admin/events.csv", "q kind from to user address browser sort page"),
];

/// A route with this value in each path segment, and in each query field by itself: one that is refused hides the others.
fn addresses(route: &Route, value: &str) -> Vec<String> {
    let parts = route.uri.path().split('/').map(|part| if part.starts_with('<') { value } else { part });
    let path = parts.collect::<Vec<_>>().join("/");
    let words = route.uri.query().unwrap_or_default().split('&').map(|word| word.trim_matches(['<', '>']));
    let fields =
        words.flat_map(|word| if word.ends_with("..") { whole_query(&path).split(' ') } else { word.split(' ') });
    let chosen = if path.ends_with("/bulk") { "action=force-logout&scope=matching&" } else { "" };
    let with_field = |field: &str| match field {
        "" => path.clone(),
        "action" | "scope" => format!("{path}?{field}={value}"),
        _ => format!("{path}?{chosen}{field}={value}"),
    };
    fields.map(with_field).collect()
}

fn whole_query(path: &str) -> &'static str {
    QUERIES.into_iter().find(|(of, _)| *of == path).unwrap_or_else(|| panic!("{path} is missing in the table")).1
}

#[rocket::async_test]
async fn no_value_in_a_url_makes_a_statement_fail() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let mut superuser = site.signed_in(Role::Superuser).await;
        superuser.opens("/account").await.must_be(200);
        let token = superuser.token.clone();
        let program = superuser.program_with_token().await;
        let is_meant = |route: &&Route| route.uri.as_str().contains('<') && !route.uri.path().starts_with("/static");
        let addresses: Vec<(Method, String)> = site
            .routes()
            .filter(is_meant)
            .flat_map(|route| values().into_iter().map(move |value| (route.method, addresses(route, &value))))
            .flat_map(|(method, addresses)| addresses.into_iter().map(move |address| (method, address)))
            .collect();
        assert!(addresses.len() > 1_000, "{}", addresses.len());
        let mut failing = Vec::new();
        for (method, path) in addresses {
            let status = if path.starts_with("/api/") {
                program.calls(method, &path, Some(&Value::Object(Map::new()))).await.status
            } else if method == Method::Post {
                superuser.posts_with(&token, &path, &[("password", PASSWORD)]).await.status
            } else {
                superuser.opens(&path).await.status
            };
            if status >= 500 {
                failing.push(format!("{method} {}: {status}", path.chars().take(80).collect::<String>()));
            }
        }
        assert!(failing.is_empty(), "{engine:?} {failing:#?}");
    }
}

/// An unknown field is refused before any statement, so the table must name the fields that there are.
#[rocket::async_test]
async fn the_fields_of_the_lists_are_known_to_the_site() {
    let site = Site::on(Engine::Sqlite).await;
    let mut superuser = site.signed_in(Role::Superuser).await;
    superuser.opens("/account").await.must_be(200);
    for (path, fields) in QUERIES {
        let chosen = if path.ends_with("/bulk") { "action=force-logout&scope=matching&" } else { "" };
        for field in fields.split(' ').filter(|field| chosen.is_empty() || !["action", "scope"].contains(field)) {
            superuser.opens(&format!("{path}?{chosen}{field}=")).await.must_be(200);
        }
        superuser.opens(&format!("{path}?{chosen}{fields}x=")).await.must_be(400);
    }
}

#[rocket::async_test]
async fn no_value_in_a_body_makes_a_statement_fail() {
    const BODIES: [(&str, &[(&str, &str)]); 6] = [
        ("/api/token", &[("username", "zoe"), ("password", PASSWORD)]),
        ("/api/auth-token", &[("username", "zoe"), ("password", PASSWORD), ("label", "x")]),
        ("/api/token/refresh", &[("refresh", "x")]),
        ("/api/token/revoke", &[("refresh", "x")]),
        ("/api/users/zoe/force-logout", &[("staff_reason", "x"), ("user_reason", "x"), ("at", "2020-01-01T00:00:00Z")]),
        ("/api/users/zoe/deactivate", &[("staff_reason", "x"), ("user_reason", "x")]),
    ];
    for engine in engines() {
        let site = Site::on(engine).await;
        site.named("zoe", Role::Member).await;
        let staff = site.person(Role::Staff).await.program_with_token().await;
        for (path, fields) in BODIES {
            for (field, _) in fields {
                for value in ["\0", "a\0b", &"a".repeat(9_000), &"💥".repeat(3_000)] {
                    let body = fields
                        .iter()
                        .map(|(name, good)| (name.to_string(), Value::from(if name == field { value } else { good })));
                    let answer = staff.calls(Method::Post, path, Some(&Value::Object(body.collect()))).await;
                    assert!(answer.status < 500, "{engine:?} {path} {field}: {answer:?}");
                }
            }
        }
    }
}
