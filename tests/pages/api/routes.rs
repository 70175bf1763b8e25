//! The route matrix of the API: every route × every kind of caller.

use std::collections::BTreeSet;

use curfew::domain::people::role::Role;
use rocket::http::Method;
use serde_json::{Value, json};

use crate::harness::{
    journeys::USER_REASON,
    person::Person,
    program::{Answer, Credential},
    site::{HOST, Site},
    store::engines,
};

/// The expected answer: its status, and the `code` of a problem.
type Is = (u16, &'static str);

const OK: Is = (200, "");
const DONE: Is = (204, "");
const NOBODY: Is = (401, "not_authenticated");
const ENDED: Is = (401, "session_ended");
const INVALID: Is = (401, "token_invalid");
const WRONG: Is = (400, "bad_request");
const NO: Is = (403, "forbidden");
const NOT_FOUND: Is = (404, "not_found");

/// Every kind of caller, in the order of the columns.
const PEOPLE: [&str; 6] = ["nobody", "cookie only", "member", "staff", "superuser", "ended"];

/// A method, a route, and the answer for each caller. `NAME` is a member who is not changed otherwise. POST bodies are
/// empty objects; where a refresh token is required, an unknown one is sent.
#[rustfmt::skip]
const TABLE: &[(Method, &str, [Is; 6])] = &[
    // method       address                             nobody  cookie  member     staff      superuser  ended
    (Method::Post,   "/api/token",                      [WRONG; 6]),
    (Method::Post,   "/api/token/refresh",              [INVALID; 6]),
    (Method::Post,   "/api/token/revoke",               [DONE; 6]),
    (Method::Post,   "/api/auth-token",                 [WRONG; 6]),
    (Method::Get,    "/api/me",                         [NOBODY, NOBODY, OK, OK, OK, ENDED]),
    (Method::Get,    "/api/sessions",                   [NOBODY, NOBODY, OK, OK, OK, ENDED]),
    (Method::Delete, "/api/sessions/<id>",              [NOBODY, NOBODY, NOT_FOUND, NOT_FOUND, NOT_FOUND, ENDED]),
    (Method::Get,    "/api/tokens",                     [NOBODY, NOBODY, OK, OK, OK, ENDED]),
    (Method::Delete, "/api/tokens/<id>",                [NOBODY, NOBODY, NOT_FOUND, NOT_FOUND, NOT_FOUND, ENDED]),
    (Method::Get,    "/api/users/<name>",               [NOBODY, NOBODY, NO, OK, OK, ENDED]),
    (Method::Post,   "/api/users/<name>/force-logout",  [NOBODY, NOBODY, NO, OK, OK, ENDED]),
    (Method::Post,   "/api/users/<name>/deactivate",    [NOBODY, NOBODY, NO, OK, OK, ENDED]),
    (Method::Post,   "/api/users/<name>/activate",      [NOBODY, NOBODY, NO, OK, OK, ENDED]),
    (Method::Get,    "/api/openapi.json",               [OK; 6]),
];

#[rocket::async_test]
async fn every_route_answers_everyone_as_the_table_says() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let mut wrong = Vec::new();
        for credential in [Credential::Access, Credential::Opaque] {
            for (method, address, row) in TABLE {
                for (who, expected) in PEOPLE.into_iter().zip(row) {
                    let answer = asks(&site, credential, who, (*method, address)).await;
                    if (answer.status, answer.code()) != *expected {
                        wrong.push(format!("{method} {address} as {who} with {credential:?}: {answer:?}"));
                    }
                    if *expected == ENDED && answer.text("user_reason") != USER_REASON {
                        wrong.push(format!("{method} {address} does not say why: {answer:?}"));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

async fn asks(site: &Site, credential: Credential, who: &str, (method, address): (Method, &str)) -> Answer {
    let role = match who {
        "staff" => Role::Staff,
        "superuser" | "cookie only" => Role::Superuser,
        _ => Role::Member,
    };
    let target = site.person(Role::Member).await;
    let person = site.signed_in(role).await;
    let path = address.replace("<name>", &target.name).replace("<id>", "aaaaaaaaaaaaaaaa");
    let body = (method == Method::Post).then(|| match address {
        "/api/token/refresh" | "/api/token/revoke" => json!({ "refresh": "nobody's" }),
        _ => json!({}),
    });
    if who == "cookie only" {
        return asks_with_cookie(&person, (method, &path), body.as_ref()).await;
    }
    let mut program = person.program();
    if who != "nobody" {
        program.logs_in_for(credential).await;
    }
    if who == "ended" {
        site.signed_in(Role::Superuser).await.forces_out(&person).await.must_be(303);
    }
    program.calls(method, &path, body.as_ref()).await
}

async fn asks_with_cookie(person: &Person<'_>, (method, path): (Method, &str), body: Option<&Value>) -> Answer {
    let headers = [("Host", HOST), ("Content-Type", "application/json"), ("Sec-Fetch-Site", "same-origin")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
    let page = person.site.send((method, path), person.address, &person.jar, headers, body).await;
    Answer::of(path, method, &page)
}

#[rocket::async_test]
async fn every_route_has_a_row_and_every_row_a_route() {
    let site = Site::on(engines()[0]).await;
    let of_api = site.routes().filter(|route| route.uri.path().starts_with("/api"));
    let mounted: BTreeSet<String> = of_api.map(|route| format!("{} {}", route.method, route.uri.path())).collect();
    let listed: BTreeSet<String> = TABLE.iter().map(|(method, address, _)| format!("{method} {address}")).collect();
    assert_eq!(mounted, listed);
    assert_eq!(listed.len(), TABLE.len(), "a duplicate row");
}
