//! The token of a link is in its letter and nowhere else, and opening a link changes nothing.

use curfew::{domain::people::role::Role, settings::BaseUrl};
use rocket::http::Method;

use crate::harness::{
    letters::Letter,
    person::form,
    site::{Plan, Site},
    store::{any_engine, engines},
};

/// One letter of each purpose.
async fn three_letters(site: &Site) -> Vec<Letter> {
    let mut ana = site.visitor();
    ana.registers().await.must_be(303);
    site.visitor().posts("/password/forgot", &[("email", &ana.email)]).await.must_be(303);
    ana.another_browser().logs_in().await.must_be(303);
    let letters = site.sends_letters().await;
    assert_eq!(letters.len(), 3, "{letters:?}");
    letters
}

fn token(letter: &Letter) -> String {
    letter.link().rsplit('/').next().expect("a token").to_owned()
}

#[rocket::async_test]
async fn a_scanner_that_opens_every_link_changes_nothing() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let letters = three_letters(&site).await;
        let mut scanner = site.visitor();
        for letter in &letters {
            for method in [Method::Get, Method::Head, Method::Options] {
                scanner.sends(method, &letter.link(), &[], Vec::new()).await;
            }
        }
        assert_eq!(site.database.number("SELECT COUNT(*) FROM curfew_links WHERE used_at IS NOT NULL").await, 0);
        for letter in &letters {
            site.visitor().opens(&letter.link()).await.must_be(200);
        }
    }
}

#[rocket::async_test]
async fn no_page_event_or_header_repeats_a_token() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        for letter in three_letters(&site).await {
            let (link, token) = (letter.link(), token(&letter));
            let mut pages = vec![
                site.visitor().opens(&link).await,
                // Without a CSRF token, from another site, and with the address slightly wrong.
                site.visitor().sends(Method::Post, &link, &[], form("wrong", &[("password", "x")])).await,
                site.visitor().sends(Method::Post, &link, &[("Sec-Fetch-Site", "cross-site")], Vec::new()).await,
                site.visitor().sends(Method::Put, &link, &[], Vec::new()).await,
                site.signed_in(Role::Member).await.opens(&link).await,
            ];
            assert_eq!(pages.iter().map(|page| page.status).collect::<Vec<_>>()[..3], [200, 403, 403], "{link}");
            let (before, _) = link.rsplit_once('/').expect("a path");
            for odd in [
                format!("/{before}/{token}"),
                format!("{}/{token}", before.to_uppercase()),
                format!("{}/{token}", before.replacen('/', "//", 2)),
                format!("{}/{token}", before.replace('e', "%65")),
                format!("{link}/"),
                format!("{link}/more"),
            ] {
                pages.push(site.visitor().sends(Method::Get, &odd, &[("Accept", "text/html")], Vec::new()).await);
            }
            let mut visitor = site.visitor();
            visitor.opens(&link).await;
            let used =
                visitor.posts_with(&visitor.token.clone(), &link, &[("password", "x"), ("password_again", "y")]).await;
            pages.push(used);
            pages.push(site.visitor().opens(&link).await);
            for page in &pages {
                assert!(!page.body.contains(&token), "{link}: {page:?}");
                assert!(page.headers.iter().all(|(_, value)| !value.contains(&token)), "{link}: {page:?}");
                assert_eq!(page.header("Referrer-Policy"), Some("no-referrer"), "{link}: {page:?}");
                assert_eq!(page.header("Cache-Control"), Some("no-store"), "{link}: {page:?}");
            }
            let in_events = format!("SELECT COUNT(*) FROM curfew_events WHERE detail LIKE '%{token}%'");
            assert_eq!(site.database.number(&in_events).await, 0, "{link}");
        }
        let refused = "SELECT COUNT(*) FROM curfew_events WHERE kind = 'form-refused'";
        assert!(site.database.number(refused).await > 0);
    }
}

/// A page that sends no referrer gives its forms the origin `null` (Fetch Standard). Over plain HTTP, browsers do not
/// say which site the form is of.
#[rocket::async_test]
async fn the_form_of_a_link_may_have_the_origin_null_unless_the_browser_names_another_site() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let letters = three_letters(&site).await;
        let letter = letters.iter().find(|letter| letter.link().starts_with("/not-me/")).expect("a not-me link");
        let mut visitor = site.visitor();
        visitor.opens(&letter.link()).await.must_be(200);
        let body = form(&visitor.token.clone(), &[]);
        for headers in [
            [("Origin", "null"), ("Sec-Fetch-Site", "cross-site")],
            [("Origin", "null"), ("Sec-Fetch-Site", "none")],
            [("Origin", "null"), ("Sec-Fetch-Site", "same-site")],
        ] {
            visitor.sends(Method::Post, &letter.link(), &headers, body.clone()).await.must_be(403);
        }
        let unsaid = [("Origin", "null"), ("Sec-Fetch-Site", "")]; // without the header
        visitor.sends(Method::Post, "/password/forgot", &unsaid, body.clone()).await.must_be(403);
        let no_token = form("wrong", &[]);
        visitor.sends(Method::Post, &letter.link(), &unsaid, no_token).await.must_be(403);
        let verify = letters.iter().find(|letter| letter.link().starts_with("/email/verify/")).expect("a letter");
        let said = [("Origin", "null"), ("Sec-Fetch-Site", "same-origin")];
        visitor.sends(Method::Post, &verify.link(), &said, body.clone()).await.must_lead_to("/login");
        visitor.sends(Method::Post, &letter.link(), &unsaid, body).await.must_lead_to("/login");
    }
}

#[rocket::async_test]
async fn with_base_url_no_request_decides_where_links_lead() {
    for engine in any_engine() {
        let mut plan = Plan::default();
        plan.settings.base_url = BaseUrl::parse("http://curfew.test");
        let site = plan.on(engine).await;
        let ana = site.person(Role::Member).await;
        let mut visitor = site.visitor();
        visitor.opens("/password/forgot").await.must_be(200);
        let forged =
            [("Host", "evil.example"), ("X-Forwarded-Host", "evil.example"), ("Forwarded", "host=evil.example")];
        let body = form(&visitor.token.clone(), &[("email", &ana.email)]);
        visitor.sends(Method::Post, "/password/forgot", &forged, body).await.must_be(303);
        let letter = site.sends_letter().await;
        assert_eq!(letter.origin(), "http://curfew.test");
        assert!(!letter.text.contains("evil.example"), "{}", letter.text);
    }
}
