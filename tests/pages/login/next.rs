//! Where a login leads: to the page that the person wanted, and never off the site.

use curfew::domain::people::role::Role;

use crate::harness::{site::Site, store::any_engine};

/// Django's list of unsafe URLs (`tests/utils_tests/test_http.py`), and some more.
const BAD: &[&str] = &[
    "http://example.com",
    "http:///example.com",
    "https://example.com",
    "ftp://example.com",
    r"\\example.com",
    r"\\\example.com",
    r"/\\/example.com",
    r"\\//example.com",
    r"/\/example.com",
    r"\/example.com",
    r"/\example.com",
    r"http:/\//example.com",
    r"http:\/example.com",
    r"http:/\example.com",
    "javascript:alert(\"XSS\")",
    "\njavascript:alert(x)",
    "java\nscript:alert(x)",
    "\u{8}//example.com",
    r"http://otherserver\@example.com",
    r"http:\\testserver\@example.com",
    r"http://testserver\me:pass@example.com",
    r"http://testserver\@example.com",
    r"http:\\testserver\confirm\me@example.com",
    "http:999999999",
    "ftp:9999999999",
    "\n",
    "http://[2001:cdba:0000:0000:0000:0000:3257:9652/",
    "http://2001:cdba:0000:0000:0000:0000:3257:9652]/",
    "//example.com",
    "///example.com",
    "////example.com",
    "/\t/example.com",
    "/\r\nSet-Cookie: curfew=x",
    " /account",
    "account/profile",
    "curfew.test/account/profile",
    "http://curfew.test/account/profile",
];

/// Paths of this site.
const GOOD: &[&str] = &[
    "/",
    "/account/profile",
    "/admin/users?q=a%20b&page=2",
    "/view/?param=http://example.com",
    "/view/?param=//example.com",
    "/view?param=ftp://example.com",
];

#[rocket::async_test]
async fn a_login_never_leads_off_the_site() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let person = site.person(Role::Member).await;
        for next in BAD {
            let page = person.another_browser().logs_in_with(&[("next", next)]).await;
            assert_eq!((page.status, page.location()), (303, "/account"), "{next:?}");
        }
    }
}

#[rocket::async_test]
async fn a_login_leads_to_the_requested_page() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let person = site.person(Role::Member).await;
        for next in GOOD {
            person.another_browser().logs_in_with(&[("next", next)]).await.must_lead_to(next);
        }
    }
}

#[rocket::async_test]
async fn the_login_page_keeps_only_a_safe_next() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut visitor = site.visitor();
        for (next, is_good) in BAD.iter().map(|next| (next, false)).chain(GOOD.iter().map(|next| (next, true))) {
            let query: String = form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
            let page = visitor.opens(&format!("/login?{query}")).await;
            let carried = page.must_be(200).between("name=\"next\" value=\"", "\"").expect("a hidden field");
            let carried = carried.replace("&#x2F;", "/").replace("&amp;", "&");
            assert_eq!(carried, if is_good { next } else { "" }, "{next:?}");
        }
    }
}

#[rocket::async_test]
async fn a_page_that_needs_a_login_opens_after_it() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.person(Role::Staff).await;
        let address = "/admin/users?q=a%20b&sort=-last_login";
        let page = staff.opens(address).await;
        let login = page.must_be(303).location().to_owned();
        let page = staff.opens(&login).await;
        let next = page.between("name=\"next\" value=\"", "\"").expect("a hidden field");
        let next = next.replace("&#x2F;", "/").replace("&amp;", "&");
        staff.logs_in_with(&[("next", &next)]).await.must_lead_to(address);
        staff.opens(address).await.must_be(200);
    }
}

/// Scripts put a page's path into links.
#[rocket::async_test]
async fn no_page_names_a_path_that_leads_off_the_site() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut person = site.signed_in(Role::Member).await;
        for (path, named) in [("//evil.example/x", "/"), ("/no/such/page", "/no/such/page"), ("/account", "/account")] {
            let page = person.opens(path).await;
            let shown = page.between("data-path=\"", "\"").expect("a path").replace("&#x2F;", "/");
            assert_eq!(shown, named, "{path}: {page:?}");
        }
    }
}
