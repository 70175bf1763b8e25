//! The cookie of an ended login: removed by every kind of response.

use curfew::domain::people::role::Role;
use rocket::http::Method;

use crate::harness::{
    jar::SetCookie,
    journeys::{STAFF_REASON, USER_REASON},
    page::Page,
    person::{Person, form},
    probes::probes,
    site::{Plan, Site},
    store::any_engine,
};

/// A request with the cookie of an ended login, and its status. A page shows itself why the login ended; a redirect to
/// the login page leaves that to the login page.
const OUTCOMES: &[(u16, Method, &str)] = &[
    (200, Method::Get, "/"),
    (200, Method::Get, "/login"),
    (303, Method::Get, "/account"),
    (303, Method::Get, "/admin"),
    (303, Method::Post, "/account/profile"),
    (303, Method::Post, "/logout"),
    (303, Method::Post, "/login"),
    (403, Method::Get, "/register"), // closed
    (404, Method::Get, "/nowhere"),
    (404, Method::Get, "/setup"), // set up
    (413, Method::Get, "/probe/status/413"),
    (422, Method::Get, "/probe/status/422"),
    (500, Method::Get, "/probe/status/500"),
    (500, Method::Get, "/probe/panic"),
];

#[rocket::async_test]
async fn the_cookie_of_a_forced_out_session_is_removed_by_every_response() {
    for engine in any_engine() {
        let mut plan = Plan { probes: probes(), ..Plan::default() };
        plan.settings.registration = curfew::settings::RegistrationPolicy::Closed;
        let site = plan.on(engine).await;
        let mut staff = site.signed_in(Role::Superuser).await;
        for is_https in [false, true] {
            for (status, method, path) in OUTCOMES {
                let mut person = forced_out(&site, &mut staff, is_https).await;
                let body = form("", &[]); // the CSRF token is not checked
                let page = person.sends(*method, path, &[], body).await;
                assert_eq!(page.status, *status, "{path}: {page:?}");
                let removal = person.session_change(&page);
                must_be_removal(removal.as_ref(), is_https, path);
                assert_eq!(person.session(), None, "{path}");
                let telling = if *status == 303 { person.opens(page.location()).await } else { page };
                must_say_why(&telling, path);
                let again = person.opens("/login").await;
                assert_eq!(again.data_reason(), None, "shown twice after {path}");
                assert_eq!(person.session_change(&again), None, "removed twice after {path}");
            }
        }
    }
}

#[rocket::async_test]
async fn every_cookie_is_http_only_and_same_site() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        for is_https in [false, true] {
            let mut person = site.person(Role::Member).await;
            person.is_https = is_https;
            let page = person.opens("/login").await;
            let mut cookies = page.set_cookies();
            cookies.extend(person.logs_in().await.set_cookies());
            cookies.extend(person.changes_email("new@example.org").await.set_cookies());
            person.changes_email(&person.email.clone()).await;
            cookies.extend(person.logs_out().await.set_cookies());
            assert!(cookies.len() >= 6, "{cookies:#?}");
            for cookie in cookies {
                assert!(cookie.has("httponly"), "{cookie:?}");
                assert_eq!(cookie.attribute("samesite"), Some("Lax"), "{cookie:?}");
                assert_eq!(cookie.attribute("path"), Some("/"), "{cookie:?}");
                assert_eq!(cookie.has("secure"), is_https, "{cookie:?}");
                assert_eq!(cookie.name.starts_with("__Host-"), is_https, "{cookie:?}");
                assert!(!cookie.has("domain"), "{cookie:?}");
            }
        }
    }
}

#[rocket::async_test]
async fn only_a_trusted_proxy_can_declare_https() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut person = site.person(Role::Member).await;
        let headers = [("X-Forwarded-Proto", "https"), ("X-Forwarded-For", "192.0.2.7")];
        let page = person.sends(Method::Get, "/login", &headers, Vec::new()).await;
        assert!(page.set_cookies().iter().all(|cookie| !cookie.has("secure")), "{page:?}");
        assert_eq!(page.header("Strict-Transport-Security"), None);
        person.logs_in().await.must_lead_to("/account");
        let seen = site.database.texts("SELECT address FROM curfew_logins").await;
        assert_eq!(seen, [person.address.to_string()]);
    }
}

async fn forced_out<'s>(site: &'s Site, staff: &mut Person<'_>, is_https: bool) -> Person<'s> {
    let mut person = site.person(Role::Member).await;
    person.is_https = is_https;
    person.logs_in().await.must_be(303);
    person.opens("/account").await.must_be(200);
    staff.forces_out(&person).await.must_be(303);
    person
}

#[track_caller]
fn must_be_removal(cookie: Option<&SetCookie>, is_https: bool, path: &str) {
    let Some(cookie) = cookie else { panic!("{path} removes no cookie") };
    assert!(cookie.removes(), "{path}: {cookie:?}");
    assert_eq!(cookie.attribute("path"), Some("/"), "{path}: {cookie:?}");
    assert_eq!(cookie.attribute("expires"), Some("Thu, 01 Jan 1970 00:00:00 GMT"), "{path}: {cookie:?}");
    assert!(cookie.has("httponly"), "{path}: {cookie:?}");
    assert_eq!(cookie.has("secure"), is_https, "{path}: {cookie:?}");
}

#[track_caller]
fn must_say_why(page: &Page, path: &str) {
    assert_eq!(page.data_reason(), Some("forced-out"), "{path}: {page:?}");
    assert_eq!(page.body.matches(USER_REASON).count(), 1, "{path}: {page:?}");
    assert!(!page.body.contains("4711") && !page.body.contains(STAFF_REASON), "{path}: {page:?}");
}
