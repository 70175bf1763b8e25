//! A visitor of the real site, who registers and logs in with the forms.

use std::net::SocketAddr;

use rocket::tokio::{io::BufReader, net::TcpStream};

use super::client::{Answer, ask, connect, get};

/// The password of every user.
pub const PASSWORD: &str = "tangerine-lamp-post";

/// An opened form with a connection of its own; it can be sent repeatedly.
pub struct Form {
    stream: BufReader<TcpStream>,
    request: String,
}

impl Form {
    /// Opens the form at this path and fills it in.
    pub async fn open(address: SocketAddr, path: &str, fields: &str) -> Self {
        let mut stream = connect(address).await;
        let form: Answer = ask(&mut stream, get(path, None).as_bytes()).await;
        let token = between(&form.body, "name=\"csrf_token\" value=\"", "\"");
        let visitor = between(&form.head, "set-cookie: ", ";");
        let body = format!("csrf_token={token}&{fields}");
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: bench\r\nCookie: {visitor}\r\nContent-Length: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}",
            body.len()
        );
        Self { stream, request }
    }

    /// The login form for this user.
    pub async fn login(address: SocketAddr, name: &str) -> Self {
        Self::open(address, "/login", &format!("username={name}&password={PASSWORD}")).await
    }

    /// Sends the form and returns the cookie of the new session.
    pub async fn send(&mut self) -> String {
        let answer = ask(&mut self.stream, self.request.as_bytes()).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        format!("curfew={}", between(&answer.head, "set-cookie: curfew=", ";"))
    }
}

/// Registers a user and returns the cookie of the first session.
pub async fn register(address: SocketAddr, name: &str) -> String {
    let fields = format!("username={name}&email={name}@example.org&password={PASSWORD}&password_again={PASSWORD}");
    Form::open(address, "/register", &fields).await.send().await
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let start = text.find(before).map(|at| at + before.len()).expect(before);
    let end = text[start..].find(after).map(|at| start + at).expect(after);
    &text[start..end]
}
