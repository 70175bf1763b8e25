//! Arbitrary input for every parser that strangers reach: never a server error, never a login.
//!
//! The generator prefers the characters and words that a parser treats specially. `api/mutated.rs` changes valid tokens,
//! and `tests/fuzz` looks for input that reaches code which no input reached before.

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use rocket::tokio::runtime::Runtime;

use crate::harness::{
    site::Site,
    store::{any_engine, quick_or_soak},
    strangers::Place,
};

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

#[test]
fn no_text_of_a_stranger_causes_a_server_error_or_a_login() {
    for engine in any_engine() {
        let runtime = Runtime::new().expect("a runtime");
        let site = runtime.block_on(Site::on(engine));
        let cases = quick_or_soak(400, 20_000);
        let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
        let outcome = runner.run(&(proptest::sample::select(&Place::ALL[..]), text()), |(place, text)| {
            let page = runtime.block_on(place.receives(&site, &text));
            prop_assert!(place.may_answer(&page), "{:?}: {:?}", place, page);
            Ok(())
        });
        outcome.unwrap_or_else(|error| panic!("{error}"));
        let logins = "SELECT COUNT(*) FROM curfew_logins";
        assert_eq!(runtime.block_on(site.database.number(logins)), 0);
    }
}
