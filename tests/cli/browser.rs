//! A minimal browser: requests, cookies and CSRF tokens.

use std::{
    collections::BTreeMap,
    io::{ErrorKind, Read as _, Write as _},
    net::TcpStream,
    time::{Duration, Instant},
};

use crate::program::{PATIENCE, until};

/// A browser with its cookies.
#[derive(Debug)]
pub struct Browser {
    address: String,
    cookies: BTreeMap<String, String>,
}

/// A response.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub location: Option<String>,
    pub body: String,
}

/// A response that the server is still sending.
#[derive(Debug)]
pub struct Stream(TcpStream);

impl Stream {
    /// Everything until the connection ends, which must happen soon; heartbeats do not extend the wait.
    pub fn until_its_end(mut self) -> String {
        self.0.set_read_timeout(Some(Duration::from_secs(1))).expect("a time limit");
        let (mut all, mut bytes, end) = (Vec::new(), [0; 4096], Instant::now() + PATIENCE);
        loop {
            assert!(Instant::now() < end, "the response does not end: {}", String::from_utf8_lossy(&all));
            match self.0.read(&mut bytes) {
                Ok(0) => return String::from_utf8(all).expect("UTF-8"),
                Ok(read) => all.extend_from_slice(&bytes[..read]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(error) => panic!("the connection is broken: {error}"),
            }
        }
    }
}

impl Browser {
    /// A browser for the server at this address.
    pub fn new(address: &str) -> Self {
        Self { address: address.to_owned(), cookies: BTreeMap::new() }
    }

    /// The value of the session cookie.
    pub fn session(&self) -> &str {
        &self.cookies["curfew"]
    }

    /// The server's address.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Keeps the cookies and uses another server from now on.
    pub fn moves_to(&mut self, address: &str) {
        address.clone_into(&mut self.address);
    }

    /// Gets a page without following redirects.
    pub fn get(&mut self, path: &str) -> Page {
        self.request("GET", path, "")
    }

    /// Sends a GET request as an API client, with this `Authorization` header.
    pub fn calls(&mut self, path: &str, authorization: &str) -> Page {
        let connection = self.send("GET", path, &format!("Authorization: {authorization}\r\n"), "", "");
        self.receive(connection)
    }

    /// Sends a GET request; the response is read later.
    pub fn asks(&self, path: &str) -> TcpStream {
        self.send("GET", path, "", "", "")
    }

    /// Posts a form; the response is read later.
    pub fn sends_post(&self, path: &str, form: &str) -> TcpStream {
        self.send("POST", path, "", form, form)
    }

    /// Reads the response.
    pub fn reads_response(&mut self, connection: TcpStream) -> Page {
        self.receive(connection)
    }

    /// Opens the event stream; the server has started its response.
    pub fn watches(&mut self) -> Stream {
        let mut connection = self.send("GET", "/session/events", "", "", "");
        let mut beginning = [0; 15];
        connection.read_exact(&mut beginning).expect("the server answers");
        assert_eq!(&beginning, b"HTTP/1.1 200 OK", "{}", String::from_utf8_lossy(&beginning));
        Stream(connection)
    }

    /// Opens the page at this path, fills in its form and posts it.
    pub fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let form = self.fill(path, fields);
        self.post(path, &form)
    }

    /// Posts a form body that was filled in earlier.
    pub fn post(&mut self, path: &str, form: &str) -> Page {
        self.request("POST", path, form)
    }

    /// The filled-in body of the form on the page at this path.
    pub fn fill(&mut self, path: &str, fields: &[(&str, &str)]) -> String {
        let body = self.get(path).body;
        let token = body.split_once("name=\"csrf_token\" value=\"").and_then(|(_, rest)| rest.split('"').next());
        form_urlencoded::Serializer::new(String::new())
            .append_pair("csrf_token", token.expect("a form with a token"))
            .extend_pairs(fields)
            .finish()
    }

    /// Posts a form of the page at this path to another address, and runs `meanwhile` after the guards have let the
    /// request pass: only then does the server ask for the body (RFC 9110, section 10.1.1). With `is_cut_off`, the last
    /// byte is never sent.
    pub fn submit_slowly(
        &mut self,
        (page, action): (&str, &str),
        fields: &[(&str, &str)],
        is_cut_off: bool,
        meanwhile: impl FnOnce(),
    ) -> Page {
        let form = self.fill(page, fields);
        let mut connection = self.send("POST", action, "Expect: 100-continue\r\n", &form, "");
        let mut go_on = [0; 25];
        connection.read_exact(&mut go_on).expect("the server asks for the body");
        assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n", "{}", String::from_utf8_lossy(&go_on));
        meanwhile();
        let sent = if is_cut_off { &form[..form.len() - 1] } else { &form };
        connection.write_all(sent.as_bytes()).expect("the server reads");
        self.receive(connection)
    }

    /// Whether logging in with this password succeeds.
    pub fn logs_in(&mut self, name: &str, password: &str) -> bool {
        self.submit("/login", &[("username", name), ("password", password)]).status == 303
    }

    /// Whether this browser is logged in.
    pub fn is_logged_in(&mut self) -> bool {
        match self.get("/account").status {
            200 => true,
            303 => false,
            status => panic!("neither logged in nor logged out: {status}"),
        }
    }

    pub fn cookie(&self) -> &str {
        self.cookies.get("curfew").expect("a session cookie")
    }

    /// Waits until the browser is logged out: changes by another process take effect within a second.
    pub fn must_be_logged_out_soon(&mut self) {
        until("the login has ended", || !self.is_logged_in());
    }

    /// The reason that the login page gives for the ended login, if any. Waits for it, because changes by another
    /// process take effect within a second.
    pub fn end_reason(&mut self) -> Option<String> {
        let mut page = self.get("/account");
        until("the login has ended", || {
            let is_over = page.location.is_some();
            if !is_over {
                page = self.get("/account");
            }
            is_over
        });
        let path = page.location.expect("a redirect to the login page");
        let body = self.get(&path).body;
        let (_, rest) = body.split_once("data-reason=\"")?;
        rest.split('"').next().map(str::to_owned)
    }

    fn request(&mut self, method: &str, path: &str, form: &str) -> Page {
        let connection = self.send(method, path, "", form, form);
        self.receive(connection)
    }

    fn send(&self, method: &str, path: &str, headers: &str, form: &str, body: &str) -> TcpStream {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nCookie: {}\r\n{headers}\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            cookies.join("; "),
            form.len(),
        );
        let mut connection = TcpStream::connect(&self.address).expect("the server listens");
        connection.set_read_timeout(Some(PATIENCE)).expect("a time limit");
        connection.write_all(request.as_bytes()).expect("the server reads");
        connection
    }

    fn receive(&mut self, mut connection: TcpStream) -> Page {
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).expect("the server answers");
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
        let mut page = Page { status: status.expect("a status"), location: None, body: body.to_owned() };
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            match name.to_ascii_lowercase().as_str() {
                "location" => page.location = Some(value.to_owned()),
                "set-cookie" => self.keep(value),
                _ => {}
            }
        }
        page
    }

    fn keep(&mut self, cookie: &str) {
        let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
        let (name, value) = pair.split_once('=').expect("a name and a value");
        if attributes.contains("Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}
