//! A visitor of the real site: registers and logs in, by the forms.

use std::net::SocketAddr;

use rocket::tokio::{io::BufReader, net::TcpStream};

use super::client::{Answer, ask, connect, get};

/// Everybody's.
pub const PASSWORD: &str = "tangerine-lamp-post";

/// A form that was opened, on a connection of its own; it can be sent again and again.
pub struct Form {
    stream: BufReader<TcpStream>,
    request: String,
}

impl Form {
    /// Opens the form of that path, and fills it in.
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

    /// The login of that person.
    pub async fn login(address: SocketAddr, name: &str) -> Self {
        Self::open(address, "/login", &format!("username={name}&password={PASSWORD}")).await
    }

    /// Sends it, and returns the cookie of the session that it begins.
    pub async fn send(&mut self) -> String {
        let answer = ask(&mut self.stream, self.request.as_bytes()).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        format!("curfew={}", between(&answer.head, "set-cookie: curfew=", ";"))
    }
}

/// Makes somebody's account and returns the cookie of their first session.
pub async fn register(address: SocketAddr, name: &str) -> String {
    let fields = format!("username={name}&email={name}@example.org&password={PASSWORD}&password_again={PASSWORD}");
    Form::open(address, "/register", &fields).await.send().await
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let start = text.find(before).map(|at| at + before.len()).expect(before);
    let end = text[start..].find(after).map(|at| start + at).expect(after);
    &text[start..end]
}
