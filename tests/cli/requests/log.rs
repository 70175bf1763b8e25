//! The server's log: mistakes of a client are not logged as errors of the server.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use crate::site::on_every_engine;

/// Invalid requests of every kind that a stranger can send.
const WRONG: [&str; 14] = [
    "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /admin HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /api/nothing HTTP/1.1\r\nHost: x\r\n\r\n",
    "PUT /login HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    "BREW / HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /%ff?%ff=%ff HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /static/.htaccess HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /login HTTP/1.1\r\nHost: x\r\nUser-Agent: \u{ff}\r\nCookie: \u{ff}\r\n\r\n",
    "POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n\
     Transfer-Encoding: chunked\r\n\r\nZZ\r\nabc\r\n0\r\n\r\n",
    "POST /api/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
     Transfer-Encoding: chunked\r\n\r\nZZ\r\nabc\r\n0\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    "CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
];
/// Requests that end too early.
const CUT_OFF: [&str; 3] = [
    "GET /log",
    "POST /api/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    "\u{16}\u{3}\u{1}",
];
/// Warnings about the server itself.
const ABOUT_THE_SERVER: [&str; 2] = ["Rocket has launched", "Received SIGTERM"];

#[test]
fn invalid_requests_are_not_logged_as_errors_or_warnings() {
    for level in ["critical", "normal", "debug"] {
        on_every_engine(|site| {
            let program = site.program(&["serve"]).set("ROCKET_LOG_LEVEL", level);
            let server = crate::site::Server::wait_for(program.start());
            let send = |request: &str| {
                let mut stream = TcpStream::connect(&server.address).expect("a connection");
                // As single bytes: a lone 0xff is not UTF-8.
                let bytes: Vec<u8> = request.chars().filter_map(|c| u8::try_from(u32::from(c)).ok()).collect();
                stream.write_all(&bytes).expect("the request is sent");
                stream
            };
            for request in WRONG {
                let read = send(request).read(&mut [0; 16]).expect("a response");
                assert!(read > 0, "{request}");
            }
            for request in WRONG.iter().chain(&CUT_OFF) {
                let mut stream = send(request);
                stream.shutdown(std::net::Shutdown::Write).expect("the end of the request");
                // The response does not matter; some of these get none.
                let _ = stream.read_to_end(&mut Vec::new());
            }
            let log = server.stop().err;
            let is_about_clients = |line: &&str| {
                (line.contains("WARN") || line.contains("ERROR"))
                    && !ABOUT_THE_SERVER.iter().any(|words| line.contains(words))
            };
            let lines: Vec<&str> = log.lines().filter(is_about_clients).collect();
            assert!(lines.is_empty(), "{level}: {lines:#?}");
        });
    }
}

#[test]
fn control_characters_in_a_request_are_escaped_at_every_level() {
    for level in ["critical", "normal", "debug"] {
        on_every_engine(|site| {
            let program = site.program(&["serve"]).set("ROCKET_LOG_LEVEL", level);
            let server = crate::site::Server::wait_for(program.start());
            let mut stream = TcpStream::connect(&server.address).expect("a connection");
            let request = "POST /login HTTP/1.1\r\nHost: x\r\nOrigin: http://\u{9b}2J\u{202e}elsewhere\r\n\
                Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 0\r\n\r\n";
            stream.write_all(request.as_bytes()).expect("the request is sent");
            assert!(stream.read(&mut [0; 16]).expect("a response") > 0);
            let log = server.stop().err;
            assert!(log.contains("\\u{9b}2J\\u{202e}elsewhere"), "{level}: {log}");
            assert!(!log.contains(['\u{9b}', '\u{202e}']), "{level}: {log}");
        });
    }
}
