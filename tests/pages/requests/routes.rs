//! The route matrix: every route × every kind of visitor.

use std::collections::BTreeSet;

use curfew::domain::people::role::Role;
use rocket::http::Method;

use crate::harness::{
    page::Page,
    person::{Person, form},
    site::Site,
    store::engines,
};

/// The expected answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Is {
    /// A page with this status.
    Status(u16),
    /// A 303 to this address.
    To(&'static str),
    /// A 303 to the login page, and from there back.
    LoginAndBack,
    /// A 200 with an event stream.
    Stream,
}

use Is::{LoginAndBack as BACK, Status, Stream as STREAM, To};

const OK: Is = Status(200);
const NO: Is = Status(403);
const NOT_FOUND: Is = Status(404);
const WRONG: Is = Status(422);
const GONE: Is = Status(410);
const PROFILE: Is = To("/account/profile");
const LOGIN: Is = To("/login");
const ACCOUNT: Is = To("/account");
const USER: Is = To("/admin/users/ID");
const EVERYONE: Is = To("/admin/force-logout");

/// Every kind of visitor, in the order of the columns.
const PEOPLE: [&str; 6] = ["visitor", "member", "staff", "superuser", "forced-out", "deactivated"];

/// A method, a route, and the answer for each visitor. `ID` is a member who is not changed otherwise. A POST carries
/// the right CSRF token and an otherwise empty form.
#[rustfmt::skip]
const TABLE: &[(Method, &str, [Is; 6])] = &[
    // method     address                               visitor  member   staff    superuser forced-out deactivated
    (Method::Get,  "/",                                 [OK,      OK,      OK,      OK,      OK,       OK]),
    (Method::Get,  "/setup",                            [NOT_FOUND; 6]),
    (Method::Post, "/setup",                            [NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND, LOGIN, LOGIN]),
    (Method::Get,  "/register",                         [OK,      ACCOUNT, ACCOUNT, ACCOUNT, OK,       OK]),
    (Method::Post, "/register",                         [WRONG,   ACCOUNT, ACCOUNT, ACCOUNT, LOGIN,    LOGIN]),
    (Method::Get,  "/login",                            [OK,      ACCOUNT, ACCOUNT, ACCOUNT, OK,       OK]),
    (Method::Post, "/login",                            [WRONG,   ACCOUNT, ACCOUNT, ACCOUNT, LOGIN,    LOGIN]),
    (Method::Get,  "/password/forgot",                  [OK; 6]),
    (Method::Post, "/password/forgot",                  [WRONG,   WRONG,   WRONG,   WRONG,   LOGIN,    LOGIN]),
    // The form of a link is a visitor's for everyone, so it takes no token of a session.
    (Method::Get,  "/password/reset/<token>",           [GONE; 6]),
    (Method::Post, "/password/reset/<token>",           [GONE,    NO,      NO,      NO,      NO,       NO]),
    (Method::Get,  "/email/verify",                     [OK; 6]),
    (Method::Post, "/email/verify",                     [WRONG,   WRONG,   WRONG,   WRONG,   LOGIN,    LOGIN]),
    (Method::Get,  "/email/verify/<token>",             [GONE; 6]),
    (Method::Post, "/email/verify/<token>",             [GONE,    NO,      NO,      NO,      NO,       NO]),
    (Method::Get,  "/not-me/<token>",                   [GONE; 6]),
    (Method::Post, "/not-me/<token>",                   [GONE,    NO,      NO,      NO,      NO,       NO]),
    (Method::Post, "/logout",                           [To("/"), To("/"), To("/"), To("/"), LOGIN,    LOGIN]),
    (Method::Get,  "/account",                          [BACK, OK, OK, OK, BACK, BACK]),
    (Method::Get,  "/account/profile",                  [BACK, OK, OK, OK, BACK, BACK]),
    (Method::Post, "/account/profile",                  [LOGIN,   WRONG,   WRONG,   WRONG,   LOGIN,    LOGIN]),
    (Method::Post, "/account/email/verify",             [LOGIN,   PROFILE, PROFILE, PROFILE, LOGIN,    LOGIN]),
    (Method::Post, "/account/email/cancel",             [LOGIN,   PROFILE, PROFILE, PROFILE, LOGIN,    LOGIN]),
    (Method::Get,  "/account/password",                 [BACK, OK, OK, OK, BACK, BACK]),
    (Method::Post, "/account/password",                 [LOGIN,   WRONG,   WRONG,   WRONG,   LOGIN,    LOGIN]),
    (Method::Get,  "/account/sessions",                 [BACK, OK, OK, OK, BACK, BACK]),
    (Method::Post, "/account/sessions/<id>/end",        [LOGIN, NOT_FOUND, NOT_FOUND, NOT_FOUND, LOGIN, LOGIN]),
    (Method::Post, "/account/sessions/end-others",      [LOGIN,   WRONG,   WRONG,   WRONG,   LOGIN,    LOGIN]),
    (Method::Get,  "/account/tokens",                   [BACK, OK, OK, OK, BACK, BACK]),
    (Method::Post, "/account/tokens",                   [LOGIN,   WRONG,   WRONG,   WRONG,   LOGIN,    LOGIN]),
    (Method::Post, "/account/tokens/<id>/revoke",       [LOGIN, NOT_FOUND, NOT_FOUND, NOT_FOUND, LOGIN, LOGIN]),
    (Method::Get,  "/account/delete",                   [BACK, OK, OK, OK, BACK, BACK]),
    (Method::Post, "/account/delete",                   [LOGIN,   WRONG,   WRONG,   WRONG,   LOGIN,    LOGIN]),
    (Method::Get,  "/confirm",                          [BACK, OK, OK, OK, BACK, BACK]),
    (Method::Post, "/confirm",                          [LOGIN,   WRONG,   WRONG,   WRONG,   LOGIN,    LOGIN]),
    (Method::Get,  "/session/events",                   [Status(401), STREAM, STREAM, STREAM, STREAM, STREAM]),
    (Method::Get,  "/admin",                            [BACK, NO, OK, OK, BACK, BACK]),
    (Method::Get,  "/admin/find",                       [BACK, NO, OK, OK, BACK, BACK]),
    (Method::Get,  "/admin/users",                      [BACK, NO, OK, OK, BACK, BACK]),
    (Method::Get,  "/admin/users/bulk",                 [BACK, NO, Status(400), Status(400), BACK, BACK]),
    (Method::Post, "/admin/users/bulk",                 [LOGIN, NO, Status(400), Status(400), LOGIN, LOGIN]),
    (Method::Get,  "/admin/users/paste",                [BACK, NO, OK, OK, BACK, BACK]),
    (Method::Post, "/admin/users/paste",                [LOGIN, NO, WRONG, WRONG, LOGIN, LOGIN]),
    (Method::Get,  "/admin/bulk/<id>",                  [BACK, NO, NOT_FOUND, NOT_FOUND, BACK, BACK]),
    (Method::Get,  "/admin/sessions",                   [BACK, NO, OK, OK, BACK, BACK]),
    (Method::Get,  "/admin/sessions/bulk",              [BACK, NO, Status(400), Status(400), BACK, BACK]),
    (Method::Post, "/admin/sessions/bulk",              [LOGIN, NO, Status(400), Status(400), LOGIN, LOGIN]),
    (Method::Get,  "/admin/events",                     [BACK, NO, OK, OK, BACK, BACK]),
    (Method::Get,  "/admin/mail",                       [BACK, NO, OK, OK, BACK, BACK]),
    (Method::Get,  "/admin/events/<id>",                [BACK, NO, OK, OK, BACK, BACK]),
    (Method::Get,  "/admin/events.csv",                 [BACK, NO, OK, OK, BACK, BACK]),
    (Method::Get,  "/admin/users/<id>",                 [BACK, NO, OK, OK, BACK, BACK]),
    (Method::Get,  "/admin/users/<id>/receipt",         [BACK, NO, OK, OK, BACK, BACK]),
    (Method::Get,  "/admin/users/<id>/force-logout/effect", [BACK, NO, OK, OK, BACK, BACK]),
    (Method::Post, "/admin/users/<id>/force-logout",        [LOGIN, NO, USER, USER, LOGIN, LOGIN]),
    (Method::Post, "/admin/users/<id>/force-logout/cancel", [LOGIN, NO, USER, USER, LOGIN, LOGIN]),
    (Method::Post, "/admin/users/<id>/deactivate",          [LOGIN, NO, USER, USER, LOGIN, LOGIN]),
    (Method::Post, "/admin/users/<id>/activate",            [LOGIN, NO, USER, USER, LOGIN, LOGIN]),
    (Method::Post, "/admin/users/<id>/reset-link",          [LOGIN, NO, USER, USER, LOGIN, LOGIN]),
    (Method::Get,  "/admin/users/<id>/sessions",            [BACK, NO, OK, OK, BACK, BACK]),
    (Method::Get,  "/admin/users/<id>/tokens",              [BACK, NO, OK, OK, BACK, BACK]),
    (Method::Post, "/admin/users/<id>/sessions/<sid>/end",  [LOGIN, NO, NOT_FOUND, NOT_FOUND, LOGIN, LOGIN]),
    (Method::Post, "/admin/users/<id>/tokens/<tid>/end",    [LOGIN, NO, NOT_FOUND, NOT_FOUND, LOGIN, LOGIN]),
    (Method::Post, "/admin/users/<id>/role",                [LOGIN, NO, NO, WRONG, LOGIN, LOGIN]),
    (Method::Post, "/admin/users/<id>/delete",              [LOGIN, NO, NO, WRONG, LOGIN, LOGIN]),
    (Method::Get,  "/admin/force-logout",               [BACK, NO, NO, OK, BACK, BACK]),
    (Method::Post, "/admin/force-logout",               [LOGIN, NO, NO, WRONG, LOGIN, LOGIN]),
    (Method::Post, "/admin/force-logout/cancel",        [LOGIN, NO, NO, EVERYONE, LOGIN, LOGIN]),
    (Method::Get,  "/admin/force-logout/effect",        [BACK, NO, NO, OK, BACK, BACK]),
    (Method::Get,  "/admin/force-logout/receipt",       [BACK, NO, NO, OK, BACK, BACK]),
    (Method::Get,  "/admin/reasons",                    [BACK, NO, NO, OK, BACK, BACK]),
    (Method::Post, "/admin/reasons",                    [LOGIN, NO, NO, WRONG, LOGIN, LOGIN]),
    (Method::Post, "/admin/reasons/<id>/delete",        [LOGIN, NO, NO, NOT_FOUND, LOGIN, LOGIN]),
    (Method::Get,  "/livez",                            [OK; 6]),
    (Method::Get,  "/readyz",                           [OK; 6]),
    (Method::Get,  "/static/<_..>",                     [OK; 6]),
    (Method::Get,  "/favicon.ico",                      [OK; 6]),
    (Method::Get,  "/apple-touch-icon.png",             [OK; 6]),
    (Method::Get,  "/robots.txt",                       [OK; 6]),
    (Method::Get,  "/.well-known/change-password",      [To("/account/password"); 6]),
];

#[rocket::async_test]
async fn every_route_answers_everyone_as_the_table_says() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let mut superuser = site.signed_in(Role::Superuser).await;
        // A GET changes nobody, so all of them are sent by the same people, each time with the cookies of the start.
        let bystander = site.person(Role::Member).await;
        let mut readers = Vec::new();
        for who in PEOPLE {
            readers.push(somebody(&site, &mut superuser, who).await);
        }
        let mut wrong = Vec::new();
        for (method, address, row) in TABLE {
            for ((who, reader), expected) in PEOPLE.into_iter().zip(&readers).zip(row) {
                let (target, mut person) = if *method == Method::Get {
                    (bystander.clone(), reader.clone())
                } else {
                    (site.person(Role::Member).await, somebody(&site, &mut superuser, who).await)
                };
                let id = target.id.to_string();
                let path = address
                    .replace("<id>", &id)
                    .replace("<sid>", "aaaaaaaaaaaaaaaa")
                    .replace("<tid>", "aaaaaaaaaaaaaaaa");
                let path = path.replace("<_..>", "base.css").replace("<token>", &"a".repeat(32));
                let body = if *method == Method::Post { form(&person.token, &[]) } else { Vec::new() };
                let page = match path.as_str() {
                    "/session/events" => match person.watches().await {
                        Ok(_) if *expected == STREAM => continue,
                        Ok(_) => panic!("{who} got a stream"),
                        Err(page) => page,
                    },
                    _ => person.sends(*method, &path, &[], body).await,
                };
                if !fits(&page, *expected, &path, &id) {
                    wrong.push(format!("{method} {address} as {who}: {} {:?}", page.status, page.location()));
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

/// The API has its own matrix in `api/routes.rs`: its clients are never sent to a login page.
#[rocket::async_test]
async fn every_route_has_a_row_and_every_row_a_route() {
    let site = Site::on(engines()[0]).await;
    let of_pages = site.routes().filter(|route| !route.uri.path().starts_with("/api/"));
    let mounted: BTreeSet<String> = of_pages.map(|route| format!("{} {}", route.method, route.uri.path())).collect();
    let listed: BTreeSet<String> = TABLE.iter().map(|(method, address, _)| format!("{method} {address}")).collect();
    assert_eq!(mounted, listed);
    assert_eq!(listed.len(), TABLE.len(), "a duplicate row");
}

/// A person of this kind, with the CSRF token of the last page that they saw.
async fn somebody<'s>(site: &'s Site, superuser: &mut Person<'_>, who: &str) -> Person<'s> {
    let role = match who {
        "staff" => Role::Staff,
        "superuser" => Role::Superuser,
        _ => Role::Member,
    };
    let mut person = if who == "visitor" { site.visitor() } else { site.signed_in(role).await };
    let page_with_a_form = if who == "visitor" { "/login" } else { "/account" };
    person.opens(page_with_a_form).await.must_be(200);
    let page = match who {
        "forced-out" => superuser.forces_out(&person).await,
        "deactivated" => superuser.deactivates(&person, "").await,
        _ => return person,
    };
    page.must_be(303);
    person
}

fn fits(page: &Page, expected: Is, path: &str, id: &str) -> bool {
    let location = match expected {
        Status(status) => return page.status == status,
        STREAM => return false,
        To(location) => location.replace("ID", id),
        BACK => format!("/login?next={}", path.replace('/', "%2F")),
    };
    page.status == 303 && page.location() == location
}
