//! The API as HTTP: routes, methods, bodies, headers and origins.

use std::collections::BTreeSet;

use curfew::{domain::people::role::Role, settings::BaseUrl};
use rocket::http::Method;
use serde_json::{Value, json};

use crate::harness::{
    jar::Jar,
    page::Page,
    program::{Answer, Program},
    site::{HOST, PASSWORD, Plan, Site},
    store::{Engine, any_engine, engines},
};

/// Every POST route with a valid body. `NAME` is a member's username, `REFRESH` a refresh token.
const POSTS: [(&str, &str); 7] = [
    ("/api/token", r#"{"username": "NAME", "password": "PASSWORD"}"#),
    ("/api/token/refresh", r#"{"refresh": "REFRESH"}"#),
    ("/api/token/revoke", r#"{"refresh": "REFRESH"}"#),
    ("/api/auth-token", r#"{"username": "NAME", "password": "PASSWORD", "label": "x"}"#),
    ("/api/users/NAME/force-logout", r#"{"staff_reason": "x", "user_reason": "y", "at": "2020-01-01T00:00:00Z"}"#),
    ("/api/users/NAME/deactivate", r#"{"staff_reason": "x", "user_reason": "y"}"#),
    ("/api/users/NAME/activate", r#"{"staff_reason": "x", "user_reason": "y"}"#),
];

/// An API client of a superuser, and a member whom it may manage.
async fn staff_and_member(site: &Site) -> (Program<'_>, Program<'_>) {
    let staff = site.person(Role::Superuser).await.program_with_token().await;
    (staff, site.person(Role::Member).await.program_with_jwt().await)
}

fn filled(text: &str, member: &Program<'_>) -> String {
    text.replace("NAME", &member.name).replace("PASSWORD", PASSWORD).replace("REFRESH", &member.refresh)
}

async fn posts(staff: &Program<'_>, path: &str, kind: &str, body: impl Into<Vec<u8>>) -> Answer {
    let headers = [("Authorization", staff.authorization.as_str()), ("Content-Type", kind)];
    staff.sends(Method::Post, path, &headers, body.into()).await
}

#[rocket::async_test]
async fn every_route_accepts_a_trailing_slash() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut staff, member) = staff_and_member(&site).await;
        staff.logs_in_for_jwt().await.must_be(200);
        let user = format!("/api/users/{}", member.name);
        for path in ["/api/me", "/api/sessions", "/api/tokens", "/api/openapi.json", &user] {
            for path in [path.to_owned(), format!("{path}/"), format!("{path}/?x=1"), format!("{path}?x=1")] {
                let answer = staff.gets(&path).await;
                assert_eq!(answer.status, 200, "{path}: {answer:?}");
            }
        }
        for path in ["/api/ME", "/api/me/x", "/api", "/api/", "/api/x", "/api/x/", "/api/%2e%2e/me"] {
            let answer = staff.gets(path).await;
            assert_eq!((answer.status, answer.code()), (404, "not_found"), "{path}: {answer:?}");
        }
        for (path, body) in POSTS {
            let (path, body) = (filled(path, &member), filled(body, &member));
            let answer = posts(&staff, &format!("{path}/"), "application/json", body).await;
            assert!(answer.status < 300, "{path}/: {answer:?}");
            posts(&staff, &format!("{user}/activate/"), "application/json", "{}").await.must_be(200);
        }
        for path in ["/api/sessions/aaaaaaaaaaaaaaaa/", "/api/tokens/aaaaaaaaaaaaaaaa/"] {
            staff.deletes(path).await.must_be_refused(404, "not_found");
        }
        let own = staff.gets("/api/tokens/").await.json["tokens"][0]["id"].as_str().expect("a name").to_owned();
        staff.deletes(&format!("/api/tokens/{own}/")).await.must_be(204);
    }
}

#[rocket::async_test]
async fn a_wrong_method_is_answered_with_the_allowed_methods() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (staff, member) = staff_and_member(&site).await;
        let user = format!("/api/users/{}", member.name);
        for (path, methods) in [
            ("/api/me", "GET, HEAD"),
            ("/api/me/", "GET, HEAD"),
            ("/api/sessions", "GET, HEAD"),
            ("/api/tokens", "GET, HEAD"),
            ("/api/openapi.json", "GET, HEAD"),
            (&*user, "GET, HEAD"),
            ("/api/token", "POST"),
            ("/api/token/", "POST"),
            ("/api/token/refresh", "POST"),
            ("/api/token/revoke", "POST"),
            ("/api/auth-token", "POST"),
            ("/api/sessions/aaaaaaaaaaaaaaaa", "DELETE"),
            ("/api/tokens/aaaaaaaaaaaaaaaa", "DELETE"),
            (&*format!("{user}/force-logout"), "POST"),
            (&*format!("{user}/deactivate"), "POST"),
            (&*format!("{user}/activate"), "POST"),
        ] {
            for method in [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete, Method::Options] {
                if methods.split(", ").any(|known| known == method.as_str()) {
                    continue;
                }
                let answer = staff.calls(method, path, None).await;
                assert_eq!((answer.status, answer.code()), (405, "method_not_allowed"), "{method} {path}: {answer:?}");
                assert_eq!(answer.header("Allow"), Some(methods), "{method} {path}: {answer:?}");
            }
        }
        for path in ["/api/me", "/api/openapi.json"] {
            let answer = staff.calls(Method::Head, path, None).await;
            assert_eq!((answer.status, &answer.json), (200, &Value::Null), "{path}");
        }
        let mut nobody = staff.clone();
        nobody.authorization.clear();
        nobody.calls(Method::Head, "/api/me", None).await.must_be(401);
        nobody.calls(Method::Put, "/api/me", None).await.must_be_refused(405, "method_not_allowed");
        nobody.gets("/api/nowhere").await.must_be_refused(404, "not_found");
    }
}

#[rocket::async_test]
async fn a_body_must_be_json_of_bounded_size_with_known_fields() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (staff, member) = staff_and_member(&site).await;
        for (path, body) in POSTS {
            let (path, good) = (filled(path, &member), filled(body, &member));
            let dump = site.database.dump().await;
            let mut large = good.trim_end_matches('}').to_owned();
            large.push_str(", \"more\": \"");
            large.push_str(&"a".repeat(33 * 1024));
            large.push_str("\"}");
            posts(&staff, &path, "application/json", large).await.must_be_refused(413, "too_large");
            for kind in ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x"]
            {
                let refused = posts(&staff, &path, kind, good.clone()).await;
                assert_eq!(
                    (refused.status, refused.code()),
                    (415, "unsupported_media_type"),
                    "{path} {kind}: {refused:?}"
                );
            }
            let unknown = format!("{}, \"more\": 1}}", good.trim_end_matches('}'));
            let twice = format!("{}, {}", good.trim_end_matches('}'), good.trim_start_matches('{'));
            let values: Vec<String> =
                ["{", "[]", "null", "1", "\"x\"", "{}x", "é", "{\"a\": }", "[{}]", "//\n{}"].map(str::to_owned).into();
            let numbers = good.replace("\": \"", "\": [\"").replace("\",", "\"],").replace("\"}", "\"]}");
            let array = format!("[{good}]");
            for bad in values.into_iter().chain([unknown, twice, numbers, array, format!("{good} {good}")]) {
                let refused = posts(&staff, &path, "application/json", bad.clone()).await;
                assert_eq!((refused.status, refused.code()), (400, "bad_request"), "{path} {bad}: {refused:?}");
                assert!(!refused.json.to_string().contains(PASSWORD), "{path} {bad}: {refused:?}");
            }
            for bad in [&b"\xff\xfe"[..], b"{\"username\": \"\xff\"}", b"{\"refresh\": \"\xed\xa0\x80\"}", b"\0"] {
                posts(&staff, &path, "application/json", bad).await.must_be_refused(400, "bad_request");
            }
            site.database.must_still_be(&dump, &path).await;
        }
        // If every field is optional, so is the body.
        let path = format!("/api/users/{}/activate", member.name);
        staff.calls(Method::Post, &path, None).await.must_be(200);
        posts(&staff, "/api/token", "application/json", "").await.must_be_refused(400, "bad_request");
        staff.calls(Method::Post, "/api/token", None).await.must_be_refused(415, "unsupported_media_type");
        posts(&staff, &path, "application/json; charset=utf-8", "{}").await.must_be(200);
    }
}

#[rocket::async_test]
async fn an_invalid_field_is_named_in_the_problem() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (staff, member) = staff_and_member(&site).await;
        let dump = site.database.dump().await;
        let user = format!("/api/users/{}", member.name);
        let long = "é".repeat(501);
        for (path, body, field) in [
            ("/api/token", json!({ "username": "", "password": PASSWORD }), "username"),
            ("/api/token", json!({ "username": "a\0b", "password": PASSWORD }), "username"),
            ("/api/token", json!({ "username": "ana", "password": "" }), "password"),
            ("/api/auth-token", json!({ "username": " ", "password": PASSWORD }), "username"),
            ("/api/auth-token", json!({ "username": "ana", "password": PASSWORD, "label": "a\nb" }), "label"),
            ("/api/auth-token", json!({ "username": "ana", "password": PASSWORD, "label": "a\u{202e}b" }), "label"),
            ("/api/auth-token", json!({ "username": "ana", "password": PASSWORD, "label": "é".repeat(101) }), "label"),
            (&*format!("{user}/force-logout"), json!({ "staff_reason": long }), "staff_reason"),
            (&*format!("{user}/force-logout"), json!({ "user_reason": "a\u{1b}[31mb" }), "user_reason"),
            (&*format!("{user}/force-logout"), json!({ "at": "soon" }), "at"),
            (&*format!("{user}/force-logout"), json!({ "at": "2026-02-30T10:00:00Z" }), "at"),
            (&*format!("{user}/force-logout"), json!({ "at": "2026-03-01" }), "at"),
            (&*format!("{user}/deactivate"), json!({ "user_reason": "a\0b" }), "user_reason"),
            (&*format!("{user}/activate"), json!({ "staff_reason": long }), "staff_reason"),
        ] {
            let refused = staff.posts(path, &body).await;
            assert_eq!((refused.status, refused.code()), (400, "bad_request"), "{path} {body}: {refused:?}");
            let errors = refused.json["errors"].as_object().unwrap_or_else(|| panic!("no errors: {path} {refused:?}"));
            assert_eq!(errors.keys().collect::<Vec<_>>(), [field], "{path} {body}: {refused:?}");
        }
        site.database.must_still_be(&dump, "what was refused").await;
    }
}

#[rocket::async_test]
async fn an_impossible_username_in_a_path_is_not_found() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (staff, _) = staff_and_member(&site).await;
        for name in ["nobody", "%00", "%FF", "%20", "..", "a%2Fb", &"a".repeat(3000), "%F0%9F%98%80", "%E2%80%AE"] {
            for path in [format!("/api/users/{name}"), format!("/api/users/{name}/")] {
                let answer = staff.gets(&path).await;
                assert_eq!((answer.status, answer.code()), (404, "not_found"), "{path}: {answer:?}");
            }
            for verb in ["force-logout", "deactivate", "activate"] {
                let answer = staff.posts(&format!("/api/users/{name}/{verb}"), &json!({})).await;
                assert_eq!((answer.status, answer.code()), (404, "not_found"), "{name}/{verb}: {answer:?}");
            }
            for path in ["/api/sessions", "/api/tokens"] {
                let answer = staff.deletes(&format!("{path}/{name}")).await;
                assert_eq!((answer.status, answer.code()), (404, "not_found"), "{path}/{name}: {answer:?}");
            }
        }
    }
}

#[rocket::async_test]
async fn a_session_cookie_does_not_authenticate_api_calls() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let person = site.signed_in(Role::Superuser).await;
        let member = site.person(Role::Member).await;
        let dump = site.database.dump().await;
        for (method, path) in [
            (Method::Get, "/api/me".to_owned()),
            (Method::Get, "/api/sessions".to_owned()),
            (Method::Get, "/api/tokens".to_owned()),
            (Method::Delete, "/api/tokens/aaaaaaaaaaaaaaaa".to_owned()),
            (Method::Get, format!("/api/users/{}", member.name)),
            (Method::Post, format!("/api/users/{}/force-logout", member.name)),
        ] {
            let headers = vec![
                ("Host".to_owned(), HOST.to_owned()),
                ("Origin".to_owned(), format!("http://{HOST}")),
                ("Sec-Fetch-Site".to_owned(), "same-origin".to_owned()),
            ];
            let page = site.send((method, &path), person.address, &person.jar, headers, Vec::new()).await;
            Answer::of(&path, method, &page).must_be_refused(401, "not_authenticated");
        }
        site.database.must_still_be(&dump, "a cookie").await;
        // With a token as well, only the token counts, and the cookie is left alone.
        let program = member.program_with_token().await;
        let headers =
            vec![("Host".to_owned(), HOST.to_owned()), ("Authorization".to_owned(), program.authorization.clone())];
        let page = site.send((Method::Get, "/api/me"), person.address, &person.jar, headers, Vec::new()).await;
        assert_eq!(Answer::of("both", Method::Get, &page).text("username"), member.name);
    }
}

#[rocket::async_test]
async fn the_api_leaves_the_cookie_of_an_ended_session_alone() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let person = site.signed_in(Role::Member).await;
        let program = person.program_with_token().await;
        let headers =
            || vec![("Host".to_owned(), HOST.to_owned()), ("Authorization".to_owned(), program.authorization.clone())];
        site.signed_in(Role::Staff).await.forces_out(&person).await.must_be(303);
        let mut forged = Jar::default();
        forged.set("curfew", "forged");
        for jar in [&person.jar, &forged] {
            let page = site.send((Method::Get, "/api/me"), person.address, jar, headers(), Vec::new()).await;
            Answer::of("an ended session", Method::Get, &page).must_have_ended("forced-out");
        }
    }
}

/// The allowed origin, and whether the preflight was answered.
fn cors(page: &Page) -> (Option<&str>, bool) {
    (page.header("Access-Control-Allow-Origin"), page.header("Access-Control-Allow-Methods").is_some())
}

async fn asks_from(site: &Site, method: Method, path: &str, origin: &str) -> Page {
    let mut headers = vec![("Host".to_owned(), HOST.to_owned()), ("Origin".to_owned(), origin.to_owned())];
    if method == Method::Options {
        headers.push(("Access-Control-Request-Method".to_owned(), "GET".to_owned()));
        headers.push(("Access-Control-Request-Headers".to_owned(), "authorization".to_owned()));
    }
    site.send((method, path), site.visitor().address, &Jar::default(), headers, Vec::new()).await
}

#[rocket::async_test]
async fn other_origins_are_refused_unless_the_settings_allow_them() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        for method in [Method::Get, Method::Options] {
            for origin in ["https://app.example", "null", &format!("http://{HOST}")] {
                let page = asks_from(&site, method, "/api/me", origin).await;
                assert_eq!(cors(&page), (None, false), "{method} {origin}: {page:?}");
                assert!(page.headers.iter().any(|(name, value)| name == "Vary" && value.contains("Origin")));
            }
        }
        let site = with_origin(engine, "https://app.example").await;
        for method in [Method::Get, Method::Options] {
            let page = asks_from(&site, method, "/api/me", "https://app.example").await;
            assert_eq!(cors(&page), (Some("https://app.example"), method == Method::Options), "{method}: {page:?}");
            assert_eq!(page.header("Access-Control-Allow-Credentials"), None, "a cookie is no login");
            assert_eq!(page.status, if method == Method::Options { 204 } else { 401 });
            for origin in [
                "https://app.example.elsewhere.test",
                "http://app.example",
                "https://app.example:444",
                "https://APP.example",
                "https://app.example/",
                "null",
                "*",
                "",
            ] {
                let page = asks_from(&site, method, "/api/me", origin).await;
                assert_eq!(cors(&page), (None, false), "{method} {origin}: {page:?}");
            }
            for path in ["/", "/login", "/account", "/apix", "/admin"] {
                let page = asks_from(&site, method, path, "https://app.example").await;
                assert_eq!(cors(&page), (None, false), "pages never allow other origins: {method} {path}: {page:?}");
            }
        }
        let named = asks_from(&site, Method::Options, "/api/token/", "https://app.example").await;
        let headers = named.header("Access-Control-Allow-Headers").expect("headers").to_ascii_lowercase();
        assert!(headers.contains("authorization") && headers.contains("content-type"), "{headers}");
    }
}

async fn with_origin(engine: Engine, origin: &str) -> Site {
    let mut plan = Plan::default();
    plan.settings.cors_origins = vec![BaseUrl::parse(origin).expect("an origin")];
    plan.on(engine).await
}

#[rocket::async_test]
async fn the_openapi_description_lists_exactly_the_mounted_routes() {
    let site = Site::on(any_engine()[0]).await;
    let mounted: BTreeSet<String> = site
        .routes()
        .filter(|route| route.uri.path().starts_with("/api"))
        .map(|route| format!("{} {}", route.method, route.uri.path().replace('<', "{").replace('>', "}")))
        .collect();
    let answer = site.visitor().program().gets("/api/openapi.json").await;
    answer.must_be(200);
    let paths = answer.json["paths"].as_object().expect("paths");
    let described: BTreeSet<String> = paths
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().expect("methods");
            methods.keys().map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .filter(|operation| !operation.starts_with("PARAMETERS "))
        .collect();
    assert_eq!(mounted, described);
}

#[rocket::async_test]
async fn during_an_outage_the_api_answers_503_and_calls_no_token_invalid() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let (staff, member) = staff_and_member(&site).await;
        let opaque = site.person(Role::Member).await.program_with_token().await;
        // A token that this node has never seen.
        let unseen = site.person(Role::Member).await.program_with_jwt().await;
        assert!(staff.is_logged_in().await && member.is_logged_in().await);
        site.database.goes_away().await;
        for program in [&staff, &member, &opaque, &unseen] {
            for path in ["/api/me", "/api/sessions", "/api/tokens"] {
                program.gets(path).await.must_be_refused(503, "unavailable");
            }
        }
        staff.gets(&format!("/api/users/{}", member.name)).await.must_be_refused(503, "unavailable");
        staff.deletes(&format!("/api/tokens/{}", staff.opaque_id)).await.must_be_refused(503, "unavailable");
        for (path, body) in POSTS {
            let (path, body) = (filled(path, &member), filled(body, &member));
            let answer = posts(&staff, &path, "application/json", body).await;
            assert_eq!((answer.status, answer.code()), (503, "unavailable"), "{path}: {answer:?}");
        }
        site.visitor().program().gets("/api/openapi.json").await.must_be(200);
        staff.gets("/api/nowhere").await.must_be_refused(404, "not_found");
        site.database.comes_back().await;
        for program in [&staff, &member, &opaque, &unseen] {
            assert!(program.is_logged_in().await);
        }
        member.clone().refreshes().await.must_be(200);
    }
}
