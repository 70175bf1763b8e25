//! An API client: it calls the JSON API with a token and has no cookies.

use std::{fmt, net::IpAddr};

use rocket::http::Method;
use serde_json::{Value, json};

use super::{
    jar::Jar,
    page::Page,
    person::Person,
    site::{HOST, Site},
};

/// The kinds of credential that an API client can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// A JWT for calls.
    Access,
    /// A JWT that is exchanged for the next pair.
    Refresh,
    /// An opaque token.
    Opaque,
}

impl Credential {
    pub const ALL: [Self; 3] = [Self::Access, Self::Refresh, Self::Opaque];
}

/// Every `code` that a problem may have, from the contract.
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

/// An API client with the tokens that it received last.
#[derive(Debug, Clone)]
pub struct Program<'s> {
    /// The site under test.
    pub site: &'s Site,
    /// The user id.
    pub id: i64,
    /// The username.
    pub name: String,
    /// The password.
    pub password: String,
    /// The client's IP address.
    pub address: IpAddr,
    /// The `Host` header.
    pub host: String,
    pub access: String,
    pub refresh: String,
    pub opaque: String,
    /// The public id of the opaque token.
    pub opaque_id: String,
    /// The token sent with each call; if empty, no `Authorization` header is sent.
    pub authorization: String,
}

impl<'s> Person<'s> {
    /// An API client of this person, not logged in.
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

    /// An API client of this person, logged in with an opaque token.
    pub async fn program_with_token(&self) -> Program<'s> {
        let mut program = self.program();
        program.logs_in_for_token().await.must_be(201);
        program
    }

    /// An API client of this person, logged in with a JWT pair.
    pub async fn program_with_jwt(&self) -> Program<'s> {
        let mut program = self.program();
        program.logs_in_for_jwt().await.must_be(200);
        program
    }
}

impl Program<'_> {
    /// Logs in for a JWT pair and uses the access token from now on.
    pub async fn logs_in_for_jwt(&mut self) -> Answer {
        let body = json!({ "username": self.name, "password": self.password });
        let answer = self.posts("/api/token", &body).await;
        self.keeps_pair(&answer);
        answer
    }

    /// Logs in for an opaque token and uses it from now on.
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

    /// Logs in for the given kind of credential.
    pub async fn logs_in_for(&mut self, credential: Credential) -> Answer {
        match credential {
            Credential::Access | Credential::Refresh => self.logs_in_for_jwt().await,
            Credential::Opaque => self.logs_in_for_token().await,
        }
    }

    /// Uses a credential for its purpose.
    pub async fn uses(&mut self, credential: Credential) -> Answer {
        match credential {
            Credential::Access | Credential::Opaque => self.asks_who_it_is().await,
            Credential::Refresh => self.refreshes().await,
        }
    }

    /// Queries the user of its token.
    pub async fn asks_who_it_is(&self) -> Answer {
        self.gets("/api/me").await
    }

    /// Whether its token is accepted. Any other refusal fails the test.
    pub async fn is_logged_in(&self) -> bool {
        let answer = self.asks_who_it_is().await;
        match answer.status {
            200 => true,
            401 => false,
            _ => panic!("neither logged in nor logged out: {answer:#?}"),
        }
    }

    /// Exchanges its refresh token and uses the new access token from now on.
    pub async fn refreshes(&mut self) -> Answer {
        let refresh = self.refresh.clone();
        let answer = self.refreshes_with(&refresh).await;
        self.keeps_pair(&answer);
        answer
    }

    /// Exchanges the given refresh token and keeps its own tokens.
    pub async fn refreshes_with(&self, refresh: &str) -> Answer {
        self.posts("/api/token/refresh", &json!({ "refresh": refresh })).await
    }

    /// Revokes its refresh token.
    pub async fn revokes(&self) -> Answer {
        self.posts("/api/token/revoke", &json!({ "refresh": self.refresh })).await
    }

    /// Sends a GET request.
    pub async fn gets(&self, path: &str) -> Answer {
        self.calls(Method::Get, path, None).await
    }

    /// Posts JSON.
    pub async fn posts(&self, path: &str, body: &Value) -> Answer {
        self.calls(Method::Post, path, Some(body)).await
    }

    /// Sends a DELETE request.
    pub async fn deletes(&self, path: &str) -> Answer {
        self.calls(Method::Delete, path, None).await
    }

    /// Sends a request with its current token.
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

    /// Sends a request with another `Authorization` header.
    pub async fn shows(&self, authorization: &str) -> Answer {
        self.sends(Method::Get, "/api/me", &[("Authorization", authorization)], Vec::new()).await
    }

    /// Sends a request with only the given headers and those that are required.
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

/// A response of the API.
#[derive(Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    /// The body; null if there is none.
    pub json: Value,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:#}", self.status, self.json)
    }
}

impl Answer {
    /// Reads a response and asserts what holds for all of them.
    pub fn of(what: &str, method: Method, page: &Page) -> Self {
        let Page { status, headers, body } = page;
        assert_eq!(page.set_cookies(), [], "{what}: the API must not touch cookies");
        assert!(!page.shows_staff_reason(), "{what} shows a reason for staff: {body}");
        assert!(*status < 500 || *status == 503, "{what} is a server error: {status} {body}");
        assert_eq!(page.header("Cache-Control"), Some("no-store"), "{what}");
        let json = if body.is_empty() { Value::Null } else { serde_json::from_str(body).expect("JSON") };
        if *status >= 400 && method != Method::Head {
            assert_eq!(page.header("Content-Type"), Some("application/problem+json"), "{what}: {body}");
            assert_eq!(json["status"], *status, "{what}: {body}");
            assert!(
                CODES.iter().any(|code| json["code"] == *code),
                "{what}: a code that is not in the contract: {body}"
            );
            assert!(json["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{what}: {body}");
        }
        let challenge = page.header("WWW-Authenticate").unwrap_or_default();
        assert_eq!(challenge.starts_with("Bearer realm=\"api\""), *status == 401, "{what}: {status} {challenge}");
        Self { status: *status, headers: headers.clone(), json }
    }

    /// The value of a header. Fails the test if the header appears more than once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        let value = values.next().map(|(_, value)| value.as_str());
        assert!(values.next().is_none(), "{name} appears twice");
        value
    }

    /// A string field; empty if it is missing.
    pub fn text(&self, field: &str) -> &str {
        self.json[field].as_str().unwrap_or_default()
    }

    /// The problem's `code`.
    pub fn code(&self) -> &str {
        self.text("code")
    }

    /// The reason code of the ended login.
    pub fn reason(&self) -> Option<&str> {
        self.json["reason"].as_str()
    }

    /// Asserts the status and prints the response on failure.
    #[track_caller]
    pub fn must_be(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{self:#?}");
        self
    }

    /// Asserts that the request was refused, with this code.
    #[track_caller]
    pub fn must_be_refused(&self, status: u16, code: &str) -> &Self {
        assert_eq!((self.status, self.code()), (status, code), "{self:#?}");
        self
    }

    /// Asserts that the login has ended, with this reason.
    #[track_caller]
    pub fn must_have_ended(&self, reason: &str) -> &Self {
        self.must_be_refused(401, "session_ended");
        assert_eq!(self.reason(), Some(reason), "{self:#?}");
        self
    }
}
