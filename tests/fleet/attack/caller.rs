//! A client with an address of its own, which costs the machine as little as possible.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use rocket::tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use crate::nginx::HOST;

/// Longer than any wait that a person would accept.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client at one address.
#[derive(Debug, Clone)]
pub struct Caller {
    from: Ipv4Addr,
    door: SocketAddr,
}

/// A response.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    text: String,
}

/// A browser's cookies, and the CSRF token of a form.
#[derive(Debug, Clone)]
pub struct Form {
    cookies: String,
    token: String,
}

impl Caller {
    /// A client that calls the site at this door, from the first address of a network. Each network of loopback
    /// addresses is one for the site too.
    pub const fn from_network(door: SocketAddr, (block, network): (u8, u8)) -> Self {
        Self { from: Ipv4Addr::new(127, block, network, 1), door }
    }

    /// Gets a page.
    pub async fn get(&self, path: &str, cookies: &str) -> io::Result<Reply> {
        self.ask(&request("GET", path, cookies, "")).await
    }

    /// Opens a page with a form.
    pub async fn open_form(&self, path: &str, cookies: &str) -> io::Result<Form> {
        let page = self.get(path, cookies).await?;
        let token = page.text.split_once("name=\"csrf_token\" value=\"").and_then(|(_, rest)| rest.split('"').next());
        let token = token.ok_or_else(|| io::Error::other(format!("no form, but {}", page.status)))?.to_owned();
        let cookies: Vec<&str> = page.cookies().chain([cookies]).collect();
        Ok(Form { cookies: cookies.join("; "), token })
    }

    /// Posts the form.
    pub async fn post(&self, path: &str, form: &Form, fields: &[(&str, &str)]) -> io::Result<Reply> {
        self.ask(&form.filled(path, fields)).await
    }

    /// Opens a connection.
    pub async fn connect(&self) -> io::Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((self.from, 0)))?;
        socket.connect(self.door).await
    }

    async fn ask(&self, request: &str) -> io::Result<Reply> {
        let asked = async {
            let mut connection = self.connect().await?;
            connection.write_all(request.as_bytes()).await?;
            let mut reply = Vec::new();
            connection.read_to_end(&mut reply).await?;
            io::Result::Ok(String::from_utf8_lossy(&reply).into_owned())
        };
        let text = timeout(PATIENCE, asked).await.map_err(|_| io::ErrorKind::TimedOut)??;
        let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
        Ok(Reply { status: status.ok_or(io::ErrorKind::UnexpectedEof)?, text })
    }
}

impl Reply {
    /// The cookies that the response sets.
    pub fn cookies(&self) -> impl Iterator<Item = &str> {
        self.text.lines().filter_map(|line| line.strip_prefix("set-cookie: ")?.split(';').next())
    }

    /// Where the response leads.
    pub fn location(&self) -> Option<&str> {
        self.text.lines().find_map(|line| line.strip_prefix("location: "))
    }

    /// Whether too many logins wait.
    pub fn is_busy(&self) -> bool {
        self.status == 503 && self.text.contains("The site is busy")
    }

    /// The status, and which kind of 503 it is.
    pub fn outcome(&self) -> String {
        match self.status {
            503 if self.is_busy() => "503 (busy)".to_owned(),
            503 => "503 (no database)".to_owned(),
            status => status.to_string(),
        }
    }
}

impl Form {
    /// The request that posts the form.
    pub fn filled(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let fields = fields.iter().copied().chain([("csrf_token", &*self.token)]);
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        request("POST", path, &self.cookies, &body)
    }
}

/// A request of a browser that closes the connection after the response.
fn request(method: &str, path: &str, cookies: &str, body: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\nCookie: {cookies}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
