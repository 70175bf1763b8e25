//! A rejected form says why, and is shown again with what was typed.

use curfew::{
    domain::people::role::Role,
    settings::{BaseUrl, SecureCookies},
};
use rocket::http::Method;

use crate::harness::{
    jar::Jar,
    page::Page,
    person::{Person, form},
    site::{PASSWORD, PROXY, Plan, Site},
    store::any_engine,
};

const EMAIL: &str = "typed@example.org";

/// The page with Tera's escaped slashes unescaped.
fn shown(page: &Page) -> String {
    page.body.replace("&#x2F;", "/")
}

/// Submits the form of a page that was opened earlier.
async fn sends_old(person: &mut Person<'_>, headers: &[(&str, &str)]) -> Page {
    let old = person.token.clone();
    person.jar = Jar::default();
    person.logs_in().await.must_be(303);
    let body = form(&old, &[("email", EMAIL), ("password", PASSWORD)]);
    person.sends(Method::Post, "/account/profile", headers, body).await
}

#[rocket::async_test]
async fn an_expired_form_is_shown_again_without_its_password() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut ana = site.signed_in(Role::Member).await;
        ana.opens("/account/profile").await;
        let page = sends_old(&mut ana, &[]).await;
        assert!(page.must_be(403).body.contains("Send this form again"), "{page:?}");
        assert_eq!(page.value_in("email"), Some(EMAIL));
        assert!(!page.body.contains(PASSWORD), "{page:?}");
        let fields = [("email", EMAIL), ("password", PASSWORD)];
        ana.posts_with(&ana.token.clone(), "/account/profile", &fields).await.must_be(303);
    }
}

#[rocket::async_test]
async fn a_page_without_the_form_does_not_ask_to_send_it_again() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        // Without an `Origin`, nothing shows that the values were typed on this site, so the form is not shown.
        let without_origin = [("Origin", ""), ("Referer", "http://curfew.test/account/profile")];
        let mut ana = site.signed_in(Role::Member).await;
        ana.opens("/account/profile").await;
        let old = sends_old(&mut ana, &without_origin).await;
        let mut visitor = site.visitor();
        let body = form("a token", &[("username", "ana"), ("password", PASSWORD)]);
        let no_cookie = visitor.sends(Method::Post, "/login", &[("Origin", "")], body).await;
        for page in [old, no_cookie] {
            let words = page.must_be(403).body.to_lowercase();
            assert!(!words.contains("send this form again") && !words.contains("send the form again"), "{page:?}");
            assert!(!words.contains("form-problem"), "no form is shown: {page:?}");
            assert!(words.contains("fill in the form"), "the page must say what to do: {page:?}");
        }
    }
}

/// If an attacker could fill in a form for a user, the user would only have to press its button.
#[rocket::async_test]
async fn values_from_another_site_are_never_filled_in() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        for headers in [&[("Origin", "")][..], &[("Origin", "https://elsewhere.test")], &[("Origin", "null")]] {
            let mut ana = site.signed_in(Role::Member).await;
            ana.opens("/account/profile").await;
            let page = sends_old(&mut ana, headers).await;
            assert!(!page.must_be(403).body.contains(EMAIL), "{headers:?}: {page:?}");
        }
    }
}

#[rocket::async_test]
async fn the_hidden_fields_of_a_form_are_sent_again() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut visitor = site.person(Role::Member).await;
        visitor.opens("/login").await;
        let fields =
            [("username", visitor.name.as_str()), ("password", PASSWORD), ("next", "/account/sessions?a=\"<b>")];
        let body = form("old", &fields);
        let page = visitor.sends(Method::Post, "/login", &[], body).await;
        assert_eq!(page.must_be(403).value_in("username"), Some(visitor.name.as_str()));
        let hidden = page.hidden_fields("&#x2F;login");
        assert!(hidden.iter().any(|(name, value)| name == "next" && value.contains("account")), "{hidden:?}");
        assert!(!page.body.contains("<b>") && !page.body.contains(PASSWORD), "{page:?}");
        assert!(hidden.iter().all(|(name, _)| !name.contains("password")), "{hidden:?}");
    }
}

/// Two readers of such a form may take different values.
#[rocket::async_test]
async fn a_form_with_a_repeated_field_is_refused() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let member = site.person(Role::Member).await;
        let mut visitor = site.visitor();
        for (path, fields) in [
            ("/login", vec![("username", &*member.name), ("password", PASSWORD)]),
            (
                "/register",
                vec![
                    ("username", &*visitor.name.clone()),
                    ("email", &*visitor.email.clone()),
                    ("password", PASSWORD),
                    ("password_again", PASSWORD),
                ],
            ),
        ] {
            visitor.opens(path).await;
            for (name, value) in fields.iter().chain([&("csrf_token", &*visitor.token.clone())]) {
                let repeated: Vec<_> = fields.iter().copied().chain([(*name, *value)]).collect();
                let page = visitor.posts_with(&visitor.token.clone(), path, &repeated).await;
                assert_eq!(page.status, 400, "{path} {name}: {page:?}");
                let page = visitor.posts_with("a wrong token", path, &repeated).await;
                assert_eq!(page.status, 400, "and it is not shown again, {path} {name}: {page:?}");
            }
            visitor.posts_with(&visitor.token.clone(), path, &fields).await.must_lead_to("/account");
            visitor.jar = Jar::default();
        }
    }
}

/// No form of the site has so many, and to look through them costs time.
#[rocket::async_test]
async fn a_form_with_more_fields_than_any_page_has_is_refused() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let ana = site.person(Role::Member).await;
        let mut visitor = site.visitor();
        visitor.opens("/login").await;
        let more: Vec<String> = (0..98).map(|number| format!("field{number}")).collect();
        let login = [("username", &*ana.name), ("password", PASSWORD)];
        let padded = |count: usize| login.into_iter().chain(more[..count].iter().map(|name| (name.as_str(), "x")));
        for (count, token, expected) in [(98, "right", 400), (98, "wrong", 400), (97, "wrong", 403), (97, "right", 303)]
        {
            let token = if token == "right" { visitor.token.clone() } else { token.to_owned() };
            let page = visitor.posts_with(&token, "/login", &padded(count).collect::<Vec<_>>()).await;
            assert_eq!(page.status, expected, "{count} {token}: {page:?}");
            assert!(!page.body.contains("field0"), "too many to show again: {page:?}");
        }
    }
}

#[rocket::async_test]
async fn a_browser_without_cookies_is_warned_and_can_resubmit_the_form() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut visitor = site.person(Role::Member).await;
        visitor.opens("/login").await;
        visitor.jar = Jar::default();
        let name = visitor.name.clone();
        let fields = [("username", name.as_str()), ("password", PASSWORD)];
        let page = visitor.posts_with(&visitor.token.clone(), "/login", &fields).await;
        assert!(page.must_be(403).body.contains("allow cookies"), "{page:?}");
        assert_eq!(page.value_in("username"), Some(visitor.name.as_str()));
        visitor.posts_with(&visitor.token.clone(), "/login", &fields).await.must_lead_to("/account");
    }
}

#[rocket::async_test]
async fn a_visitor_over_http_is_told_that_the_cookies_need_https() {
    for engine in any_engine() {
        for (secure_cookies, says_proxy) in [(SecureCookies::Always, ""), (SecureCookies::Auto, "https")] {
            let mut plan = Plan::default();
            plan.settings.secure_cookies = secure_cookies;
            let site = plan.on(engine).await;
            let visitor = site.visitor();
            let headers = visitor.own_headers(Method::Post, &[("X-Forwarded-Proto", says_proxy)]);
            // A browser would have kept none of these cookies.
            let body = form("a token", &[("username", "ana")]);
            let page = site.send((Method::Post, "/login"), PROXY, &Jar::default(), headers, body).await;
            assert!(page.must_be(403).body.contains("This site needs https"), "{page:?}");
            assert!(shown(&page).contains("href=\"https://curfew.test/\""), "{page:?}");
        }
    }
}

#[rocket::async_test]
async fn a_form_from_another_origin_is_refused_with_both_origins() {
    for engine in any_engine() {
        for (base_url, received, own) in [
            (None, "http://www.curfew.test", "http://curfew.test"),
            (None, "http://curfew.test:8000", "http://curfew.test"),
            (Some("https://accounts.example:8443"), "https://accounts.example", "https://accounts.example:8443"),
        ] {
            let mut plan = Plan::default();
            plan.settings.base_url = base_url.and_then(BaseUrl::parse);
            let site = plan.on(engine).await;
            let mut visitor = if base_url.is_some() { site.visitor().over_https() } else { site.visitor() };
            visitor.opens("/login").await;
            let body = form(&visitor.token, &[("username", "ana")]);
            let page = visitor.sends(Method::Post, "/login", &[("Origin", received)], body).await;
            assert!(shown(page.must_be(403)).contains(&format!("from the origin {received}, but")), "{page:?}");
            assert!(shown(&page).contains(&format!("href=\"{own}/\"")), "{page:?}");
        }
    }
}

#[rocket::async_test]
async fn a_forbidden_page_does_not_mention_a_form() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut ana = site.signed_in(Role::Member).await;
        for page in [ana.opens("/admin").await, ana.posts_with("old", "/admin/force-logout", &[("at", EMAIL)]).await] {
            assert!(page.must_be(403).body.contains("You do not have access to this page"), "{page:?}");
            assert!(!page.body.contains(EMAIL), "{page:?}");
        }
    }
}
