//! Clients of the site, over TLS and through the proxy.

use std::time::Duration;

use reqwest::{Certificate, Client, RequestBuilder, Response, header, redirect::Policy};
use rocket::tokio::time::timeout;

use crate::{balancer::Balancer, nginx::HOST};

/// The name of the session cookie over HTTPS.
pub const COOKIE: &str = "__Host-curfew";
/// Far longer than a busy machine needs.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// A connection pool to the site.
#[derive(Debug, Clone)]
pub struct Outside {
    client: Client,
    /// A client that opens a new connection for each request.
    unpooled: Client,
    origin: String,
}

/// A response.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// The address of the node that answered.
    pub node: String,
    pub cookies: Vec<String>,
    pub body: String,
}

impl Outside {
    /// A client of this proxy that trusts its certificate.
    pub fn of(balancer: &Balancer) -> Self {
        // Another test in this process may have installed it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let certificate = Certificate::from_pem(&balancer.nginx.certificate).expect("a certificate");
        let client = || {
            Client::builder()
                .tls_certs_only([certificate.clone()])
                .resolve(HOST, balancer.nginx.address)
                .redirect(Policy::none())
                .no_proxy()
                .timeout(PATIENCE)
        };
        let unpooled = client().pool_max_idle_per_host(0).build().expect("a client");
        Self {
            client: client().build().expect("a client"),
            unpooled,
            origin: format!("https://{HOST}:{}", balancer.nginx.address.port()),
        }
    }

    /// Gets a page with this cookie. As a browser does, it retries once on a new connection when the proxy closes a
    /// kept-alive one: nginx closes all of them when it reloads its configuration.
    pub async fn get(&self, path: &str, cookie: &str) -> Answer {
        let ask = |client: &Client| client.get(format!("{}{path}", self.origin)).header(header::COOKIE, cookie);
        match ask(&self.client).send().await {
            Ok(response) => Answer::of(response).await,
            Err(_) => Self::send(ask(&self.unpooled)).await,
        }
    }

    /// Posts a form over a new connection, because a POST cannot be repeated if the proxy closes an idle connection at
    /// the same time.
    pub async fn post(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Answer {
        let ask = self.unpooled.post(format!("{}{path}", self.origin)).header(header::COOKIE, cookie);
        Self::send(ask.form(fields)).await
    }

    /// Logs in with a form and returns the session cookie.
    pub async fn log_in(&self, name: &str, password: &str) -> String {
        let page = self.get("/login", "").await;
        let visitor = page.cookies.join("; ");
        let fields = [("csrf_token", page.token()), ("username", name), ("password", password)];
        let answer = self.post("/login", &visitor, &fields).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        answer.cookies.into_iter().find(|cookie| cookie.starts_with(&format!("{COOKIE}="))).expect("a session")
    }

    /// Opens an event stream and reads until this text; returns the node that serves it.
    pub async fn listen(&self, path: &str, cookie: &str) -> Listening {
        let ask = self.client.get(format!("{}{path}", self.origin)).header(header::COOKIE, cookie);
        let response = ask.timeout(PATIENCE).send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        Listening { node: node_of(&response), response, heard: String::new() }
    }

    async fn send(ask: RequestBuilder) -> Answer {
        Answer::of(ask.send().await.expect("an answer")).await
    }
}

impl Answer {
    async fn of(response: Response) -> Self {
        let cookies = response.headers().get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
        let cookies = cookies.filter_map(|cookie| cookie.split(';').next().map(str::to_owned)).collect();
        let (status, node) = (response.status().as_u16(), node_of(&response));
        Self { status, node, cookies, body: response.text().await.expect("a body") }
    }

    /// The CSRF token of the page's forms.
    pub fn token(&self) -> &str {
        let (_, rest) = self.body.split_once("name=\"csrf_token\" value=\"").expect("a form");
        rest.split_once('"').expect("an end").0
    }
}

/// An open event stream.
#[derive(Debug)]
pub struct Listening {
    pub node: String,
    response: Response,
    heard: String,
}

impl Listening {
    /// Waits for this text.
    pub async fn waits_for(&mut self, words: &str) {
        let hearing = async {
            while !self.heard.contains(words) {
                let chunk =
                    self.response.chunk().await.expect("the stream stays open").expect("the stream is still open");
                self.heard.push_str(&String::from_utf8_lossy(&chunk));
            }
        };
        timeout(PATIENCE, hearing).await.unwrap_or_else(|_| panic!("{words:?} did not arrive"));
    }
}

fn node_of(response: &Response) -> String {
    let tried = response.headers().get("X-Node").and_then(|nodes| nodes.to_str().ok()).unwrap_or_default();
    tried.rsplit(", ").next().unwrap_or_default().to_owned()
}
