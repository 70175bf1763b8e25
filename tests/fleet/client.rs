//! What comes to the site from outside, over TLS and through the proxy.

use std::time::Duration;

use reqwest::{Certificate, Client, RequestBuilder, Response, header, redirect::Policy};
use rocket::tokio::time::timeout;

use crate::balancer::{Balancer, HOST};

/// The session cookie over https.
pub const COOKIE: &str = "__Host-curfew";
/// Far above what a busy machine needs.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// A way to the site.
#[derive(Debug, Clone)]
pub struct Outside {
    client: Client,
    /// Opens a connection for each request.
    unpooled: Client,
    origin: String,
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// The address of the node that did.
    pub node: String,
    pub cookies: Vec<String>,
    pub body: String,
}

impl Outside {
    /// Through that proxy, whose certificate is looked at.
    pub fn of(balancer: &Balancer) -> Self {
        // Another test of this process may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let certificate = Certificate::from_pem(&balancer.certificate).expect("a certificate");
        let client = || {
            Client::builder()
                .tls_certs_only([certificate.clone()])
                .resolve(HOST, balancer.address)
                .redirect(Policy::none())
                .no_proxy()
                .timeout(PATIENCE)
        };
        let unpooled = client().pool_max_idle_per_host(0).build().expect("a client");
        Self {
            client: client().build().expect("a client"),
            unpooled,
            origin: format!("https://{HOST}:{}", balancer.address.port()),
        }
    }

    /// Gets a page with that cookie. As a browser does, it asks once more over a new connection when the proxy closes
    /// one that was open from before: it does that to all of them when it reads its configuration again.
    pub async fn get(&self, path: &str, cookie: &str) -> Answer {
        let ask = |client: &Client| client.get(format!("{}{path}", self.origin)).header(header::COOKIE, cookie);
        match ask(&self.client).send().await {
            Ok(response) => Answer::of(response).await,
            Err(_) => Self::send(ask(&self.unpooled)).await,
        }
    }

    /// Posts a form, once.
    pub async fn post(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Answer {
        let ask = self.client.post(format!("{}{path}", self.origin)).header(header::COOKIE, cookie);
        Self::send(ask.form(fields)).await
    }

    /// Logs in with a form; the cookie of the session.
    pub async fn log_in(&self, name: &str, password: &str) -> String {
        let page = self.get("/login", "").await;
        let visitor = page.cookies.join("; ");
        let fields = [("csrf_token", page.token()), ("username", name), ("password", password)];
        let answer = self.post("/login", &visitor, &fields).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        answer.cookies.into_iter().find(|cookie| cookie.starts_with(COOKIE)).expect("a session")
    }

    /// The text of a stream of events up to those words, and the node that it is on.
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

    /// The token of its forms.
    pub fn token(&self) -> &str {
        let (_, rest) = self.body.split_once("name=\"csrf_token\" value=\"").expect("a form");
        rest.split_once('"').expect("an end").0
    }
}

/// A stream of events that is open.
#[derive(Debug)]
pub struct Listening {
    pub node: String,
    response: Response,
    heard: String,
}

impl Listening {
    /// Waits for those words.
    pub async fn hears(&mut self, words: &str) {
        let hearing = async {
            while !self.heard.contains(words) {
                let chunk = self.response.chunk().await.expect("the stream goes on").expect("it is not over");
                self.heard.push_str(&String::from_utf8_lossy(&chunk));
            }
        };
        timeout(PATIENCE, hearing).await.unwrap_or_else(|_| panic!("{words:?} is not said"));
    }
}

fn node_of(response: &Response) -> String {
    let tried = response.headers().get("X-Node").and_then(|nodes| nodes.to_str().ok()).unwrap_or_default();
    tried.rsplit(", ").next().unwrap_or_default().to_owned()
}
