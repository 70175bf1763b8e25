//! Requests that no browser sends. Each must get a response, because a proxy treats a connection closed without one as
//! a failed node.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use crate::site::{Server, on_every_engine};

const METHODS: [&str; 12] =
    ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", "PROPFIND", "X", "CONNECT"];
const ADDRESSES: [&str; 8] =
    ["/", "/login", "/account", "/admin/users", "/api/me", "/api/token", "/static/base.css", "/nowhere"];
const FORM: &str = "Content-Type: application/x-www-form-urlencoded";

/// Sends bytes on a new connection. Returns the head of the response, or what happened instead.
fn answer(address: &str, request: &[u8]) -> String {
    let mut connection = TcpStream::connect(address).expect("a connection");
    connection.set_read_timeout(Some(Duration::from_mins(1))).expect("a time limit");
    connection.write_all(request).expect("the request is sent");
    let mut answer = Vec::new();
    let mut bytes = [0; 4096];
    loop {
        match connection.read(&mut bytes) {
            Ok(0) => break,
            Ok(read) => answer.extend_from_slice(&bytes[..read]),
            Err(error) => return error.to_string(),
        }
        if answer.windows(4).any(|end| end == b"\r\n\r\n") {
            break;
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// The status of the response, or what happened instead.
fn status(address: &str, request: &[u8]) -> Result<u16, String> {
    let text = answer(address, request);
    let status = text.strip_prefix("HTTP/1.1 ").or_else(|| text.strip_prefix("HTTP/1.0 "));
    status.and_then(|rest| rest[..3].parse().ok()).ok_or(text)
}

fn post(address: &str, body: &str) -> Vec<u8> {
    format!("POST {address} HTTP/1.1\r\nHost: x\r\n{FORM}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

#[test]
fn every_method_gets_a_response_at_every_path() {
    on_every_engine(|site| {
        let browser = site.browser();
        for method in METHODS {
            for address in ADDRESSES {
                for body in ["", "a=b"] {
                    let length = format!("{FORM}\r\nContent-Length: {}", body.len());
                    let request = format!("{method} {address} HTTP/1.1\r\nHost: x\r\n{length}\r\n\r\n{body}");
                    let answer = status(browser.address(), request.as_bytes());
                    assert!(matches!(answer, Ok(200..=499)), "{method} {address}: {answer:?}");
                }
            }
        }
    });
}

/// The methods that a form could select with `_method`; Rocket ignores names longer than `DELETE`.
const CHOICES: [&str; 6] = ["GET", "HEAD", "PUT", "DELETE", "PATCH", "TRACE"];

#[test]
fn a_form_cannot_override_its_method() {
    on_every_engine(|site| {
        let browser = site.browser();
        let plain = ADDRESSES.map(|address| status(browser.address(), &post(address, "a=b")));
        for method in METHODS.iter().flat_map(|method| [(*method).to_owned(), method.to_lowercase()]) {
            for (address, plain) in ADDRESSES.iter().zip(&plain) {
                for rest in ["", "&a=b"] {
                    let answer = |name| status(browser.address(), &post(address, &format!("{name}={method}{rest}")));
                    let is_choice = CHOICES.contains(&method.to_uppercase().as_str());
                    let expected = if is_choice { &Ok(400) } else { plain };
                    assert_eq!(&answer("_method"), expected, "{address}: {method}{rest}");
                    assert_eq!(&answer("_METHOD"), plain, "{address}: {method}{rest}");
                }
            }
        }
    });
}

/// Otherwise `GET /login` with such a form would log in.
#[test]
fn a_get_with_a_form_does_not_become_a_post() {
    on_every_engine(|site| {
        let browser = site.browser();
        for method in CHOICES {
            for address in ADDRESSES {
                let body = format!("_method={method}");
                let length = format!("{FORM}\r\nContent-Length: {}", body.len());
                let request = format!("{method} {address} HTTP/1.1\r\nHost: x\r\n{length}\r\n\r\n{body}");
                assert_eq!(status(browser.address(), request.as_bytes()), Ok(400), "{method} {address}");
            }
        }
    });
}

#[test]
fn a_request_must_name_exactly_one_host() {
    on_every_engine(|site| {
        let browser = site.browser();
        for address in ADDRESSES {
            for hosts in ["", "Host: a\r\nHost: b\r\n", "Host: a\r\nHost: a\r\n", "Host: a b\r\n", "Host: a/b\r\n"] {
                let request = format!("GET {address} HTTP/1.1\r\n{hosts}\r\n");
                assert_eq!(status(browser.address(), request.as_bytes()), Ok(400), "{address}: {hosts:?}");
            }
        }
    });
}

#[test]
fn odd_headers_and_broken_bodies_get_a_response() {
    on_every_engine(|site| {
        let browser = site.browser();
        let long = "a".repeat(100_000);
        for request in [
            "GET / HTTP/1.0\r\nHost: x\r\n\r\n".to_owned(),
            "GET / HTTP/2.0\r\nHost: x\r\n\r\n".to_owned(),
            "GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
            "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
            "GET /% HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
            "GET /\u{e9} HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
            "GET //x HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
            "GET x HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
            "nonsense\r\n\r\n".to_owned(),
            format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", &long[..20_000]),
            format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", &long[..20_000]),
            format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "A: b\r\n".repeat(150)),
            "GET / HTTP/1.1\r\nHost: x\r\nBad Name: b\r\n\r\n".to_owned(),
            "GET / HTTP/1.1\r\nHost: x\r\nCookie: \u{1}\r\n\r\n".to_owned(),
            "GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n".to_owned(),
            "GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n".to_owned(),
            "GET / HTTP/1.1\r\nHost: x\r\nRange: bytes=5-1\r\n\r\n".to_owned(),
            "GET / HTTP/1.1\r\nHost: x\r\nAccept: \r\nContent-Type: ;;\r\nAuthorization: \u{e9}\r\n\r\n".to_owned(),
            format!("POST /login HTTP/1.1\r\nHost: x\r\n{FORM}\r\nContent-Length: x\r\n\r\n"),
            format!("POST /login HTTP/1.1\r\nHost: x\r\n{FORM}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
            format!("POST /login HTTP/1.1\r\nHost: x\r\n{FORM}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
            format!(
                "POST /login HTTP/1.1\r\nHost: x\r\n{FORM}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\na=b\r\n0\r\n\r\n"
            ),
            format!("POST /login HTTP/1.1\r\nHost: x\r\n{FORM}\r\nTransfer-Encoding: gzip\r\n\r\n"),
            format!("POST /login HTTP/1.1\r\nHost: x\r\n{FORM}\r\n\r\n"),
            "POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data\r\nContent-Length: 1\r\n\r\na"
                .to_owned(),
        ] {
            let answer = status(browser.address(), request.as_bytes());
            assert!(matches!(answer, Ok(200..=499 | 505)), "{:?}: {answer:?}", &request[..request.len().min(90)]);
        }
        assert!(site.browser().get("/livez").status == 200);
    });
}

/// Cookies ignore ports, so two sites on one host share them.
#[test]
fn of_two_cookies_with_our_name_ours_is_used_and_the_other_left_alone() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        let ana = site.logged_in("ana");
        let ours = format!("curfew={}", ana.session());
        let asks = |cookies: &str| {
            let request = format!("GET /account HTTP/1.1\r\nHost: x\r\nCookie: {cookies}\r\n\r\n");
            answer(ana.address(), request.as_bytes())
        };
        for cookies in [
            format!("curfew=another; {ours}"),
            format!("{ours}; curfew=another"),
            format!("curfew=a; curfew=b; {ours}"),
        ] {
            let answer = asks(&cookies);
            assert!(answer.starts_with("HTTP/1.1 200 "), "{cookies}: {answer}");
            assert!(!answer.to_lowercase().contains("set-cookie: curfew="), "{cookies}: {answer}");
        }
        let refused = asks("curfew=another");
        assert!(refused.starts_with("HTTP/1.1 303 ") && !refused.to_lowercase().contains("set-cookie"), "{refused}");
    });
}

#[test]
fn the_log_names_the_origin_of_a_form_and_the_sites_own() {
    on_every_engine(|site| {
        let server = Server::wait_for(site.program(&["serve"]).start());
        let head = format!("POST /login HTTP/1.1\r\nHost: a.example\r\n{FORM}\r\nContent-Length: 0");
        let refused = status(&server.address, format!("{head}\r\nOrigin: https://www.a.example\r\n\r\n").as_bytes());
        assert_eq!(refused, Ok(403));
        let outcome = server.stop();
        let line = "it came from the origin https://www.a.example, and this site is at http://a.example";
        assert!(outcome.err.contains(line), "{outcome:?}");
    });
}
