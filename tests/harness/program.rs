//! A program of somebody's: it calls the JSON API with a token, and holds no cookie.

use std::{fmt, net::IpAddr};

use rocket::http::Method;
use serde_json::{Value, json};

use super::{
    jar::Jar,
    page::Page,
    person::Person,
    site::{HOST, Site},
};

/// What a program shows who it is with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// The JWT that it calls with.
    Access,
    /// The JWT that it gets the next ones with.
    Refresh,
    /// A text that means nothing by itself.
    Opaque,
}

impl Credential {
    /// Every kind there is.
    pub const ALL: [Self; 3] = [Self::Access, Self::Refresh, Self::Opaque];
}

/// The words that a problem's `code` may be, as the contract has them.
const CODES: [&str; 14] = [
    "bad_request",
    "bad_credentials",
    "not_authenticated",
    "token_invalid",
    "token_expired",
    "session_ended",
    "forbidden",
    "method_not_allowed",
    "too_large",
    "unsupported_media_type",
    "not_found",
    "conflict",
    "too_many_requests",
    "unavailable",
];

/// A program of somebody's, with the tokens that it was given last.
#[derive(Debug, Clone)]
pub struct Program<'s> {
    /// The site whose API it calls.
    pub site: &'s Site,
    /// The number of its account.
    pub id: i64,
    /// The name that it logs in with.
    pub name: String,
    /// The password that it logs in with.
    pub password: String,
    /// The address of its machine.
    pub address: IpAddr,
    /// The host that it names.
    pub host: String,
    /// Its access token.
    pub access: String,
    /// Its refresh token.
    pub refresh: String,
    /// Its opaque token.
    pub opaque: String,
    /// The public name of that.
    pub opaque_id: String,
    /// What it shows on each call; empty is nothing.
    pub authorization: String,
}

impl<'s> Person<'s> {
    /// A program of theirs, not logged in.
    pub fn program(&self) -> Program<'s> {
        Program {
            site: self.site,
            id: self.id,
            name: self.name.clone(),
            password: self.password.clone(),
            address: self.address,
            host: HOST.to_owned(),
            access: String::new(),
            refresh: String::new(),
            opaque: String::new(),
            opaque_id: String::new(),
            authorization: String::new(),
        }
    }

    /// A program of theirs that logged in for a token.
    pub async fn program_with_token(&self) -> Program<'s> {
        let mut program = self.program();
        program.logs_in_for_token().await.must_be(201);
        program
    }

    /// A program of theirs that logged in for JWT.
    pub async fn program_with_jwt(&self) -> Program<'s> {
        let mut program = self.program();
        program.logs_in_for_jwt().await.must_be(200);
        program
    }
}

impl Program<'_> {
    /// Logs in for JWT; from now on it shows the access token.
    pub async fn logs_in_for_jwt(&mut self) -> Answer {
        let body = json!({ "username": self.name, "password": self.password });
        let answer = self.posts("/api/token", &body).await;
        self.keeps_pair(&answer);
        answer
    }

    /// Logs in for an opaque token; from now on it shows that.
    pub async fn logs_in_for_token(&mut self) -> Answer {
        let body = json!({ "username": self.name, "password": self.password, "label": "nightly backup" });
        let answer = self.posts("/api/auth-token", &body).await;
        if answer.status == 201 {
            answer.text("token").clone_into(&mut self.opaque);
            answer.text("id").clone_into(&mut self.opaque_id);
            self.authorization = format!("Token {}", self.opaque);
        }
        answer
    }

    /// Logs in for what has that credential.
    pub async fn logs_in_for(&mut self, credential: Credential) -> Answer {
        match credential {
            Credential::Access | Credential::Refresh => self.logs_in_for_jwt().await,
            Credential::Opaque => self.logs_in_for_token().await,
        }
    }

    /// Uses a credential for what it is there for.
    pub async fn uses(&mut self, credential: Credential) -> Answer {
        match credential {
            Credential::Access | Credential::Opaque => self.asks_who_it_is().await,
            Credential::Refresh => self.refreshes().await,
        }
    }

    /// Asks whose token it shows.
    pub async fn asks_who_it_is(&self) -> Answer {
        self.gets("/api/me").await
    }

    /// Whether it is let in; a refusal of another kind fails the test.
    pub async fn is_in(&self) -> bool {
        let answer = self.asks_who_it_is().await;
        match answer.status {
            200 => true,
            401 => false,
            _ => panic!("neither in nor out: {answer:#?}"),
        }
    }

    /// Exchanges its refresh token; from now on it shows the new access token.
    pub async fn refreshes(&mut self) -> Answer {
        let refresh = self.refresh.clone();
        let answer = self.refreshes_with(&refresh).await;
        self.keeps_pair(&answer);
        answer
    }

    /// Exchanges a refresh token of the test's choice, and keeps what it has.
    pub async fn refreshes_with(&self, refresh: &str) -> Answer {
        self.posts("/api/token/refresh", &json!({ "refresh": refresh })).await
    }

    /// Gives its refresh token back.
    pub async fn revokes(&self) -> Answer {
        self.posts("/api/token/revoke", &json!({ "refresh": self.refresh })).await
    }

    /// Reads an address.
    pub async fn gets(&self, path: &str) -> Answer {
        self.calls(Method::Get, path, None).await
    }

    /// Posts JSON.
    pub async fn posts(&self, path: &str, body: &Value) -> Answer {
        self.calls(Method::Post, path, Some(body)).await
    }

    /// Deletes what is at an address.
    pub async fn deletes(&self, path: &str) -> Answer {
        self.calls(Method::Delete, path, None).await
    }

    /// Calls with what it shows.
    pub async fn calls(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let mut headers = Vec::new();
        if !self.authorization.is_empty() {
            headers.push(("Authorization", self.authorization.as_str()));
        }
        if body.is_some() {
            headers.push(("Content-Type", "application/json"));
        }
        let body = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        self.sends(method, path, &headers, body).await
    }

    /// Calls with another `Authorization`.
    pub async fn shows(&self, authorization: &str) -> Answer {
        self.sends(Method::Get, "/api/me", &[("Authorization", authorization)], Vec::new()).await
    }

    /// Sends a request with these headers and no more than that it must have.
    pub async fn sends(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let own = [("Host", self.host.as_str()), ("User-Agent", "requests")];
        let sent = own.iter().chain(headers).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let page = self.site.send((method, path), self.address, &Jar::default(), sent, body).await;
        Answer::of(&format!("{method} {path}"), method, &page)
    }

    fn keeps_pair(&mut self, answer: &Answer) {
        if answer.status == 200 {
            answer.text("access").clone_into(&mut self.access);
            answer.text("refresh").clone_into(&mut self.refresh);
            self.authorization = format!("Bearer {}", self.access);
        }
    }
}

/// What the API answered.
#[derive(Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Every header.
    pub headers: Vec<(String, String)>,
    /// The body; null is none.
    pub json: Value,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:#}", self.status, self.json)
    }
}

impl Answer {
    /// Reads an answer, and asserts what is true of every one of them.
    pub fn of(what: &str, method: Method, page: &Page) -> Self {
        let Page { status, headers, body } = page;
        assert_eq!(page.set_cookies(), [], "{what}: the API sets and clears no cookie");
        assert!(!page.tells_staff_reason(), "{what} tells a reason for staff: {body}");
        assert!(*status < 500 || *status == 503, "{what} is broken: {status} {body}");
        assert_eq!(page.header("Cache-Control"), Some("no-store"), "{what}");
        let json = if body.is_empty() { Value::Null } else { serde_json::from_str(body).expect("JSON") };
        if *status >= 400 && method != Method::Head {
            assert_eq!(page.header("Content-Type"), Some("application/problem+json"), "{what}: {body}");
            assert_eq!(json["status"], *status, "{what}: {body}");
            assert!(CODES.iter().any(|code| json["code"] == *code), "{what}: no code of the contract: {body}");
            assert!(json["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{what}: {body}");
        }
        let challenge = page.header("WWW-Authenticate").unwrap_or_default();
        assert_eq!(challenge.starts_with("Bearer realm=\"api\""), *status == 401, "{what}: {status} {challenge}");
        Self { status: *status, headers: headers.clone(), json }
    }

    /// The value of a header that is there once or not at all.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        let value = values.next().map(|(_, value)| value.as_str());
        assert!(values.next().is_none(), "{name} is there twice");
        value
    }

    /// A field of text; one that is not there is empty.
    pub fn text(&self, field: &str) -> &str {
        self.json[field].as_str().unwrap_or_default()
    }

    /// The word that programs go by.
    pub fn code(&self) -> &str {
        self.text("code")
    }

    /// Why a login ended.
    pub fn reason(&self) -> Option<&str> {
        self.json["reason"].as_str()
    }

    /// Asserts the status, with the answer in the message.
    #[track_caller]
    pub fn must_be(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{self:#?}");
        self
    }

    /// Asserts a refusal, with its code.
    #[track_caller]
    pub fn must_be_refused(&self, status: u16, code: &str) -> &Self {
        assert_eq!((self.status, self.code()), (status, code), "{self:#?}");
        self
    }

    /// Asserts that it says that the login has ended, and why.
    #[track_caller]
    pub fn must_have_ended(&self, reason: &str) -> &Self {
        self.must_be_refused(401, "session_ended");
        assert_eq!(self.reason(), Some(reason), "{self:#?}");
        self
    }
}
