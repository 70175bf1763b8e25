//! No value, wherever it is sent, makes a statement fail.
//!
//! Postgres rejects a NUL in text and SQLite accepts it, so each is tried on both.

use curfew::domain::people::role::Role;
use rocket::{Route, http::Method};
use serde_json::{Map, Value};

use crate::harness::{
    site::{PASSWORD, Site},
    store::engines,
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

/// A route with this value in each path segment and each query field.
fn address(route: &Route, value: &str) -> String {
    let parts = route.uri.path().split('/').map(|part| if part.starts_with('<') { value } else { part });
    let path = parts.collect::<Vec<_>>().join("/");
    let words = route.uri.query().unwrap_or_default().split('&').filter(|word| !word.is_empty());
    let query = words.map(|word| format!("{}={value}", word.trim_matches(['<', '>']))).collect::<Vec<_>>().join("&");
    if query.is_empty() { path } else { format!("{path}?{query}") }
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
            .flat_map(|route| values().into_iter().map(|value| (route.method, address(route, &value))))
            .collect();
        assert!(addresses.len() > 300, "{}", addresses.len());
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
