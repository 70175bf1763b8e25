//! Arbitrary input for every parser that strangers reach: never a server error, never a login.
//!
//! The generator prefers the characters and words that a parser treats specially. `api/mutated.rs` changes valid tokens.

use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};
use rocket::{http::Method, tokio::runtime::Runtime};

use crate::harness::{
    page::Page,
    site::{HOST, PROXY, Site},
    store::{any_engine, quick_or_soak},
};

/// Where a stranger's text is parsed.
#[derive(Debug, Clone, Copy)]
enum Place {
    ForwardedFor,
    SessionCookie,
    NoticeCookie,
    VisitorCookie,
    Authorization,
    Next,
    LoginForm,
    RegistrationForm,
    RawForm,
    JsonBody,
    JsonField,
    Path,
}

const PLACES: [Place; 12] = [
    Place::ForwardedFor,
    Place::SessionCookie,
    Place::NoticeCookie,
    Place::VisitorCookie,
    Place::Authorization,
    Place::Next,
    Place::LoginForm,
    Place::RegistrationForm,
    Place::RawForm,
    Place::JsonBody,
    Place::JsonField,
    Place::Path,
];

/// Pieces that mean something to one of the parsers.
const PIECES: &[&str] = &[
    "",
    " ",
    "/",
    "//",
    "\\",
    "?",
    "&",
    "=",
    ";",
    ",",
    ".",
    "..",
    ":",
    "[",
    "]",
    "[]",
    "{",
    "}",
    "\"",
    "'",
    "<",
    ">",
    "%",
    "%00",
    "%2f",
    "%ff",
    "+",
    "-1",
    "0",
    "99999999999999999999",
    "1e999",
    "null",
    "true",
    "\0",
    "\u{7f}",
    "\u{9b}",
    "\u{202e}",
    "\u{fffd}",
    "\u{10ffff}",
    "ﬁ",
    "İ",
    "ß",
    "а",
    "e\u{301}",
    "::1",
    "::ffff:1.2.3.4",
    "192.0.2.1",
    "[2001:db8::1]:443",
    "xn--",
    "xn--bcher-kva",
    "@",
    "ana@",
    "@example.org",
    "Bearer ",
    "Token ",
    "curfew_",
    "eyJhbGciOiJub25lIn0",
    "eyJhbGciOiJIUzI1NiJ9",
    "username",
    "password",
    "csrf_token",
    "_method=put",
    "next=",
    "http://",
    "javascript:",
    "{\"username\":",
    "{\"refresh\":",
    "[[[[[[[[",
    "AAAAAAAAAAAAAAAAAAAAAAAA",
];

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => proptest::sample::select(PIECES).prop_map(str::to_owned),
        2 => "[a-zA-Z0-9_=+/-]{1,24}",
        1 => any::<char>().prop_map(String::from),
        1 => (proptest::sample::select(PIECES), 1_usize..300).prop_map(|(piece, times)| piece.repeat(times)),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// Percent-encodes what a client could not send in an address.
fn in_address(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_graphic() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

async fn send(site: &Site, place: Place, text: &str) -> Page {
    let mut visitor = site.visitor();
    let header = text.replace(['\r', '\n', '\0'], " ");
    match place {
        Place::ForwardedFor => {
            visitor.address = PROXY;
            visitor.sends(Method::Get, "/login", &[("X-Forwarded-For", &header)], Vec::new()).await
        }
        Place::SessionCookie | Place::NoticeCookie | Place::VisitorCookie => {
            let name = match place {
                Place::SessionCookie => "curfew",
                Place::NoticeCookie => "curfew-notice",
                _ => "curfew-visitor",
            };
            visitor.jar.set(name, &header);
            visitor.opens("/login").await
        }
        Place::Authorization => visitor.sends(Method::Get, "/api/me", &[("Authorization", &header)], Vec::new()).await,
        Place::Next => visitor.opens(&format!("/login?next={}", in_address(text))).await,
        Place::Path => visitor.opens(&format!("/{}", in_address(text))).await,
        Place::LoginForm => {
            visitor.opens("/login").await;
            visitor.posts("/login", &[("username", text), ("password", text)]).await
        }
        Place::RegistrationForm => {
            let fields = [("username", text), ("email", text), ("password", text), ("password_again", "another")];
            visitor.opens("/register").await;
            visitor.posts("/register", &fields).await
        }
        Place::RawForm => visitor.sends(Method::Post, "/login", &[], text.as_bytes().to_vec()).await,
        Place::JsonBody => api(site, text.as_bytes().to_vec()).await,
        Place::JsonField => {
            let body = serde_json::json!({ "username": text, "password": "a wrong lamp" });
            api(site, body.to_string().into_bytes()).await
        }
    }
}

async fn api(site: &Site, body: Vec<u8>) -> Page {
    let headers = [("Host", HOST), ("Content-Type", "application/json")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let visitor = site.visitor();
    site.send((Method::Post, "/api/token"), visitor.address, &visitor.jar, headers, body).await
}

#[test]
fn no_text_of_a_stranger_causes_a_server_error_or_a_login() {
    for engine in any_engine() {
        let runtime = Runtime::new().expect("a runtime");
        let site = runtime.block_on(Site::on(engine));
        let cases = quick_or_soak(400, 20_000);
        let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
        let outcome = runner.run(&(proptest::sample::select(&PLACES[..]), text()), |(place, text)| {
            runtime.block_on(async {
                let page = send(&site, place, &text).await;
                prop_assert!(
                    page.status < 500 && page.status != 200 || is_plain(place, &page),
                    "{:?}: {:?}",
                    place,
                    page
                );
                prop_assert!(
                    page.set_cookie("curfew").is_none_or(|cookie| cookie.removes()),
                    "{:?}: {:?}",
                    place,
                    page
                );
                Ok::<(), TestCaseError>(())
            })
        });
        outcome.unwrap_or_else(|error| panic!("{error}"));
        let logins = "SELECT COUNT(*) FROM curfew_logins";
        assert_eq!(runtime.block_on(site.database.number(logins)), 0);
    }
}

/// Whether the page is one that any visitor sees.
fn is_plain(place: Place, page: &Page) -> bool {
    let is_public = !matches!(place, Place::Authorization | Place::JsonBody | Place::JsonField);
    page.status == 200 && is_public && !page.body.contains("data-user=")
}
