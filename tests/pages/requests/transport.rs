//! HTTP and HTTPS, as settings and trusted proxies determine it, and what each means for the cookies.

use curfew::settings::{BaseUrl, Configuration, DatabaseAddress, SecureCookies, Settings};
use rocket::{
    error::ErrorKind,
    figment::Figment,
    http::{Header, Method, Status, uri::Host},
};

use crate::harness::{
    jar::{Jar, SetCookie},
    site::{HOST, PROXY, Plan, Site},
    store::any_engine,
};

/// The proxy's header, two settings, and whether the cookie is Secure and HSTS is sent.
type Row = (Option<&'static str>, SecureCookies, Option<&'static str>, bool, bool);

#[rustfmt::skip]
const TABLE: &[Row] = &[
    // X-Forwarded-Proto  secure_cookies         base_url                        cookie  HSTS
    (None,                SecureCookies::Auto,   None,                           false,  false),
    (Some("http"),        SecureCookies::Auto,   None,                           false,  false),
    (Some("https"),       SecureCookies::Auto,   None,                           true,   true),
    (Some("HTTPS"),       SecureCookies::Auto,   None,                           true,   true),
    (Some("https, http"), SecureCookies::Auto,   None,                           false,  false),
    (Some("http, https"), SecureCookies::Auto,   None,                           true,   true),
    (None,                SecureCookies::Auto,   Some("https://curfew.test"),    true,   true), // it decides alone
    (Some("http"),        SecureCookies::Auto,   Some("https://curfew.test"),    true,   true),
    (Some("https"),       SecureCookies::Auto,   Some("http://curfew.test"),     false,  false),
    (None,                SecureCookies::Auto,   Some("http://curfew.test"),     false,  false),
    (None,                SecureCookies::Always, None,                           true,   false),
    (Some("https"),       SecureCookies::Never,  None,                           false,  true),
];

#[rocket::async_test]
async fn the_cookies_follow_the_browsers_protocol() {
    for engine in any_engine() {
        for (protocol, secure_cookies, base_url, is_secure, is_strict) in TABLE {
            let mut plan = Plan::default();
            let base_url = base_url.and_then(BaseUrl::parse);
            plan.settings = Settings { secure_cookies: *secure_cookies, base_url, ..plan.settings };
            let site = plan.on(engine).await;
            let mut headers = vec![("Host".to_owned(), HOST.to_owned())];
            headers.extend(protocol.map(|protocol| ("X-Forwarded-Proto".to_owned(), protocol.to_owned())));
            let page = site.send((Method::Get, "/login"), PROXY, &Jar::default(), headers, Vec::new()).await;
            let cookies = page.set_cookies();
            assert_eq!(cookies.len(), 1, "the visitor's: {cookies:?}");
            let is_host = |cookie: &SetCookie| cookie.name.starts_with("__Host-");
            let seen = (cookies[0].has("secure"), is_host(&cookies[0]));
            assert_eq!(seen, (*is_secure, *is_secure), "{protocol:?} {secure_cookies:?}: {cookies:?}");
            let strict = page.header("Strict-Transport-Security").is_some();
            assert_eq!(strict, *is_strict, "{protocol:?} {secure_cookies:?}");
        }
    }
}

#[rocket::async_test]
async fn a_site_that_others_can_reach_does_not_launch_without_its_own_origin() {
    let Plan { settings, keys, .. } = Plan::default();
    let configuration = |address: &str, base_url: Option<&str>| Configuration {
        settings: Settings { base_url: base_url.and_then(BaseUrl::parse), ..settings.clone() },
        database: DatabaseAddress::parse("sqlite:nowhere.db").expect("an address"),
        redis: None,
        mail_server: None,
        connections: None,
        figment: Figment::from(rocket::Config::default()).merge(("address", address)),
    };
    for address in ["0.0.0.0", "::", "192.0.2.1"] {
        let refused = configuration(address, None).must_have_origin().expect_err("no site").to_string();
        assert!(refused.contains("base_url is missing") && refused.contains(address), "{refused}");
        let refused = curfew::site::rocket(&configuration(address, None), &keys).ignite().await.expect_err("no site");
        assert!(matches!(refused.kind(), ErrorKind::FailedFairings(_)), "{}", refused.kind());
        assert_eq!(configuration(address, Some("https://curfew.test")).must_have_origin(), Ok(()));
    }
    assert_eq!(configuration("127.0.0.1", None).must_have_origin(), Ok(()));
}

#[rocket::async_test]
async fn hsts_covers_the_subdomains_only_where_the_operator_says_so() {
    for engine in any_engine() {
        for (of_all, value) in [(false, "max-age=31536000"), (true, "max-age=31536000; includeSubDomains")] {
            let mut plan = Plan::default();
            plan.settings.base_url = BaseUrl::parse("https://curfew.test");
            plan.settings.hsts_include_subdomains = of_all;
            let site = plan.on(engine).await;
            let page = site.visitor().over_https().opens("/login").await;
            assert_eq!(page.header("Strict-Transport-Security"), Some(value));
        }
    }
}

#[rocket::async_test]
async fn with_a_base_url_only_that_origin_may_post() {
    for engine in any_engine() {
        let mut plan = Plan::default();
        plan.settings.base_url = BaseUrl::parse("https://accounts.example");
        let site = plan.on(engine).await;
        let mut visitor = site.visitor().over_https();
        visitor.opens("/login").await.must_be(200);
        for (origin, status) in [
            ("https://accounts.example", 422),
            ("https://ACCOUNTS.example", 422),
            ("", 422),                    // not a browser
            ("https://curfew.test", 403), // the host that the proxy calls
            ("http://accounts.example", 403),
            ("https://accounts.example:8443", 403),
            ("https://accounts.example.elsewhere.test", 403),
            ("null", 403),
        ] {
            let body = crate::harness::person::form(&visitor.token, &[]);
            let page = visitor.sends(Method::Post, "/login", &[("Origin", origin)], body).await;
            assert_eq!(page.status, status, "{origin}: {page:?}");
        }
    }
}

/// Over HTTP/2, which a host's Rocket may speak, a request has `:authority`, which Rocket takes as its host.
#[rocket::async_test]
async fn a_request_of_http2_needs_no_host_header() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        for (authority, header, status) in [
            (Some(HOST), None, Status::Ok),
            (Some(HOST), Some(HOST), Status::Ok),
            (Some(HOST), Some("other.test"), Status::BadRequest),
            (None, None, Status::BadRequest),
        ] {
            let mut request = site.client().get("/login");
            if let Some(authority) = authority {
                request.inner_mut().set_host(Host::parse(authority).expect("a host"));
            }
            if let Some(header) = header {
                request.add_header(Header::new("Host", header));
            }
            assert_eq!(request.dispatch().await.status(), status, "{authority:?} {header:?}");
        }
    }
}
