//! Everywhere a stranger's text is parsed, and what must hold whatever the text is.

use rocket::http::Method;

use super::{
    page::Page,
    person::form,
    site::{HOST, PROXY, Site},
};

/// Where a stranger's text is parsed.
#[derive(Debug, Clone, Copy)]
pub enum Place {
    ForwardedFor,
    SessionCookie,
    NoticeCookie,
    VisitorCookie,
    KnownCookie,
    Authorization,
    /// Those by which a form says where it comes from, and the browser what it is.
    Headers,
    Host,
    Next,
    LoginForm,
    RegistrationForm,
    ForgottenForm,
    SetupForm,
    RawForm,
    JsonBody,
    JsonField,
    RefreshToken,
    Path,
}

impl Place {
    pub const ALL: [Self; 18] = [
        Self::ForwardedFor,
        Self::SessionCookie,
        Self::NoticeCookie,
        Self::VisitorCookie,
        Self::KnownCookie,
        Self::Authorization,
        Self::Headers,
        Self::Host,
        Self::Next,
        Self::LoginForm,
        Self::RegistrationForm,
        Self::ForgottenForm,
        Self::SetupForm,
        Self::RawForm,
        Self::JsonBody,
        Self::JsonField,
        Self::RefreshToken,
        Self::Path,
    ];

    /// Sends the text to this place, as a visitor of its own.
    pub async fn receives(self, site: &Site, text: &str) -> Page {
        let mut visitor = site.visitor();
        let header = text.replace(['\r', '\n', '\0'], " ");
        match self {
            Self::ForwardedFor => {
                visitor.address = PROXY;
                visitor.sends(Method::Get, "/login", &[("X-Forwarded-For", &header)], Vec::new()).await
            }
            Self::SessionCookie | Self::NoticeCookie | Self::VisitorCookie => {
                let name = match self {
                    Self::SessionCookie => "curfew",
                    Self::NoticeCookie => "curfew-notice",
                    _ => "curfew-visitor",
                };
                visitor.jar.set(name, &header);
                visitor.opens("/login").await
            }
            Self::KnownCookie => {
                visitor.jar.set("curfew-known", &header);
                visitor.opens("/login").await;
                visitor.logs_in_with(&[("username", "ana")]).await
            }
            Self::Headers => {
                visitor.address = PROXY;
                let names = ["Origin", "Referer", "User-Agent", "X-Forwarded-Proto", "Sec-Fetch-Site"];
                let body = form("", &[("username", "ana"), ("password", "a wrong lamp")]);
                visitor.sends(Method::Post, "/login", &names.map(|name| (name, &*header)), body).await
            }
            Self::Authorization => {
                visitor.sends(Method::Get, "/api/me", &[("Authorization", &header)], Vec::new()).await
            }
            Self::Host => visitor.sends(Method::Get, "/login", &[("Host", &header)], Vec::new()).await,
            Self::Next => visitor.opens(&format!("/login?next={}", in_address(text))).await,
            Self::Path => visitor.opens(&format!("/{}", in_address(text))).await,
            Self::LoginForm => {
                visitor.opens("/login").await;
                visitor.posts("/login", &[("username", text), ("password", text)]).await
            }
            Self::RegistrationForm => {
                let fields = [("username", text), ("email", text), ("password", text), ("password_again", "another")];
                visitor.opens("/register").await;
                visitor.posts("/register", &fields).await
            }
            Self::ForgottenForm => {
                visitor.opens("/password/forgot").await;
                visitor.posts("/password/forgot", &[("email", text)]).await
            }
            Self::SetupForm => {
                visitor.opens("/setup").await;
                visitor.sets_up_with(text, text).await
            }
            Self::RawForm => visitor.sends(Method::Post, "/login", &[], text.as_bytes().to_vec()).await,
            Self::JsonBody => api(site, "/api/token", text.as_bytes().to_vec()).await,
            Self::JsonField => {
                let body = serde_json::json!({ "username": text, "password": "a wrong lamp" });
                api(site, "/api/token", body.to_string().into_bytes()).await
            }
            Self::RefreshToken => {
                let body = serde_json::json!({ "refresh": text }).to_string().into_bytes();
                api(site, "/api/token/revoke", body.clone()).await;
                api(site, "/api/token/refresh", body).await
            }
        }
    }

    /// Whether this is an answer that a stranger may get here: no server error, and nothing of a login.
    pub fn may_answer(self, page: &Page) -> bool {
        let is_public = !matches!(self, Self::Authorization | Self::JsonBody | Self::JsonField | Self::RefreshToken);
        let is_plain = page.status == 200 && is_public && !page.body.contains("data-user=");
        let gives_no_login = page.set_cookie("curfew").is_none_or(|cookie| cookie.removes());
        (page.status < 500 && page.status != 200 || is_plain) && gives_no_login
    }
}

/// Percent-encodes what a client could not send in an address.
fn in_address(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_graphic() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

async fn api(site: &Site, path: &str, body: Vec<u8>) -> Page {
    let headers = [("Host", HOST), ("Content-Type", "application/json")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let visitor = site.visitor();
    site.send((Method::Post, path), visitor.address, &visitor.jar, headers, body).await
}
