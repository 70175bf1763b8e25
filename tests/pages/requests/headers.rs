//! The headers of every response.

use curfew::domain::people::role::Role;

use crate::harness::{
    page::Page,
    probes::probes,
    site::{Plan, Site},
    store::any_engine,
};

/// One route for each kind of response.
const ANSWERS: &[(&str, u16)] = &[
    ("/", 200),
    ("/login", 200),
    ("/account", 303),
    ("/admin", 303),
    ("/setup", 404),
    ("/nowhere", 404),
    ("/static/nothing.css", 404),
    ("/static/base.css", 200),
    ("/static/site.js", 200),
    ("/favicon.ico", 200),
    ("/robots.txt", 200),
    ("/.well-known/change-password", 303),
    ("/livez", 200),
    ("/readyz", 200),
    ("/probe/status/413", 413),
    ("/probe/status/503", 503),
    ("/probe/panic", 500),
];

#[rocket::async_test]
async fn every_response_has_the_security_headers() {
    for engine in any_engine() {
        let site = Plan { probes: probes(), ..Plan::default() }.on(engine).await;
        let mut superuser = site.signed_in(Role::Superuser).await;
        for is_https in [false, true] {
            let mut visitor = site.visitor();
            visitor.is_https = is_https;
            for (path, status) in ANSWERS {
                let page = visitor.opens(path).await;
                assert_eq!(page.status, *status, "{path}");
                must_have_security_headers(&page, path, is_https);
            }
        }
        for path in ["/account", "/admin", "/admin/users", "/account/password", "/login"] {
            must_have_security_headers(&superuser.opens(path).await, path, false);
        }
        must_have_security_headers(&superuser.logs_in_with(&[("username", "")]).await, "POST /login", false);
    }
}

fn must_have_security_headers(page: &Page, path: &str, is_https: bool) {
    let policy = page.header("Content-Security-Policy").unwrap_or_default();
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{path}: {policy}");
    for directive in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"] {
        assert!(policy.split("; ").any(|part| part == directive), "{path}: {policy}");
    }
    assert_eq!(page.header("X-Content-Type-Options"), Some("nosniff"), "{path}");
    assert_eq!(page.header("Referrer-Policy"), Some("same-origin"), "{path}");
    assert_eq!(page.header("Cross-Origin-Opener-Policy"), Some("same-origin"), "{path}");
    assert_eq!(page.header("Strict-Transport-Security").is_some(), is_https, "{path}");
    let is_file =
        ["/static/", "/favicon.ico", "/robots.txt"].iter().any(|file| path.starts_with(file)) && page.status == 200;
    let caching = page.header("Cache-Control").unwrap_or_default();
    assert_eq!(caching.contains("no-store"), !is_file, "{path}: {caching}");
    assert_eq!(page.header("Clear-Site-Data"), None, "{path}");
}

/// Browsers count characters differently from the site, and silently cut pasted text.
#[rocket::async_test]
async fn no_field_has_a_maxlength_that_cuts_text() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut owner = site.signed_in(Role::Superuser).await;
        let other = site.person(Role::Member).await;
        let user = format!("/admin/users/{}", other.id);
        let mut visitor = site.visitor();
        let mut pages = vec![visitor.opens("/login").await, visitor.opens("/register").await];
        for path in
            ["/account/password", "/account/tokens", "/account/delete", "/confirm", "/admin/force-logout", &user]
        {
            pages.push(owner.opens(path).await);
        }
        for page in pages {
            assert!(!page.must_be(200).body.contains("maxlength"), "{page:?}");
        }
    }
}

#[rocket::async_test]
async fn no_page_has_inline_scripts_or_styles() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut superuser = site.signed_in(Role::Superuser).await;
        let other = site.signed_in(Role::Member).await;
        let user = format!("/admin/users/{}", other.id);
        let mut pages = Vec::new();
        for path in ["/", "/account", "/account/profile", "/account/password", "/admin", "/admin/users", &user, "/no"] {
            pages.push(superuser.opens(path).await);
        }
        for path in ["/", "/login", "/register"] {
            pages.push(site.visitor().opens(path).await);
        }
        pages.push(Site::on(engine).await.visitor().opens("/setup").await);
        for page in pages {
            let words = page.body.to_lowercase();
            for inline in ["<style", " style=\"", "javascript:", " onclick=", " onload=", " onsubmit=", "<script>"] {
                assert!(!words.contains(inline), "{inline}: {page:?}");
            }
            assert_eq!(words.matches("<script").count(), words.matches("<script src=\"/static/").count(), "{page:?}");
            let outside_templates = words.split("<template").filter_map(|part| part.rsplit("</template>").next());
            assert_eq!(outside_templates.map(|part| part.matches("<h1").count()).sum::<usize>(), 1, "{page:?}");
        }
    }
}

#[rocket::async_test]
async fn a_logout_over_https_clears_the_browsers_data() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        for is_https in [false, true] {
            let mut person = site.person(Role::Member).await;
            person.is_https = is_https;
            person.logs_in().await.must_be(303);
            let cookies = person.jar.clone();
            let page = person.logs_out().await;
            let cleared = page.must_lead_to("/").header("Clear-Site-Data");
            assert_eq!(cleared, is_https.then_some("\"cache\", \"storage\""));
            assert!(person.session_change(&page).is_some_and(|cookie| cookie.removes()));
            assert!(person.opens("/").await.body.contains("You have logged out."));
            person.jar = cookies;
            assert!(!person.is_logged_in().await, "the session must end, not only its cookie");
        }
    }
}

#[rocket::async_test]
async fn logging_out_requires_a_post() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut person = site.signed_in(Role::Member).await;
        person.opens("/logout").await.must_be(404);
        assert!(person.is_logged_in().await);
    }
}
