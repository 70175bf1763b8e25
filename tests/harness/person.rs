//! A person with a browser.

use std::net::IpAddr;

use rocket::http::Method;

use super::{
    jar::{Jar, SetCookie},
    page::Page,
    site::{HOST, PASSWORD, PROXY, Site},
};

/// A person with a browser: an account and a cookie jar.
#[derive(Debug, Clone)]
pub struct Person<'s> {
    /// The site under test.
    pub site: &'s Site,
    /// The user id; 0 before the account exists.
    pub id: i64,
    pub name: String,
    pub email: String,
    pub password: String,
    pub jar: Jar,
    /// The client's IP address.
    pub address: IpAddr,
    /// Whether requests come over HTTPS, through the proxy.
    pub is_https: bool,
    /// The `User-Agent` header.
    pub user_agent: String,
    /// The CSRF token of the last page with a form.
    pub token: String,
}

impl<'s> Person<'s> {
    /// A person at this address, without cookies.
    pub fn new(site: &'s Site, name: &str, address: IpAddr) -> Self {
        Self {
            site,
            id: 0,
            name: name.to_owned(),
            email: format!("{name}@example.org"),
            password: PASSWORD.to_owned(),
            jar: Jar::default(),
            address,
            is_https: false,
            user_agent: "Firefox".to_owned(),
            token: String::new(),
        }
    }

    /// The same person in another browser.
    pub fn another_browser(&self) -> Self {
        Self { jar: Jar::default(), token: String::new(), ..self.clone() }
    }

    /// The same person over HTTPS.
    pub fn over_https(mut self) -> Self {
        self.is_https = true;
        self
    }

    /// The name of the session cookie on this person's connection.
    pub const fn session_name(&self) -> &'static str {
        if self.is_https { "__Host-curfew" } else { "curfew" }
    }

    /// The value of the session cookie.
    pub fn session(&self) -> Option<&str> {
        self.jar.get(self.session_name())
    }

    /// How a page changed the session cookie.
    pub fn session_change(&self, page: &Page) -> Option<SetCookie> {
        page.set_cookie(self.session_name())
    }

    /// Gets a page.
    pub async fn opens(&mut self, path: &str) -> Page {
        self.sends(Method::Get, path, &[], Vec::new()).await
    }

    /// Posts a form with the CSRF token of its page.
    pub async fn posts(&mut self, action: &str, fields: &[(&str, &str)]) -> Page {
        let page = self.opens(&page_with_form(action)).await;
        let token = page.csrf_token().unwrap_or_default().to_owned();
        self.posts_with(&token, action, fields).await
    }

    /// Posts a form with the given CSRF token.
    pub async fn posts_with(&mut self, token: &str, action: &str, fields: &[(&str, &str)]) -> Page {
        self.sends(Method::Post, action, &[], form(token, fields)).await
    }

    /// Sends a request as a browser does. Headers given here replace the browser's own.
    pub async fn sends(&mut self, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Page {
        let own = self.own_headers(method, headers);
        let page = self.site.send((method, path), self.from(), &self.jar, own, body).await;
        // Every page is searched for the staff reason; the route matrix tests who may see `/admin`.
        let is_for_staff = path.starts_with("/admin") && page.status != 403;
        assert!(is_for_staff || !page.shows_staff_reason(), "{method} {path} shows a reason for staff: {page:?}");
        self.receives(page)
    }

    /// The headers that the browser sends. Headers given here replace them.
    pub fn own_headers(&self, method: Method, headers: &[(&str, &str)]) -> Vec<(String, String)> {
        let scheme = if self.is_https { "https" } else { "http" };
        let mut own = vec![("Host".to_owned(), HOST.to_owned()), ("User-Agent".to_owned(), self.user_agent.clone())];
        if method == Method::Post {
            own.push(("Origin".to_owned(), format!("{scheme}://{HOST}")));
            own.push(("Sec-Fetch-Site".to_owned(), "same-origin".to_owned()));
            own.push(("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned()));
        }
        if self.is_https {
            own.push(("X-Forwarded-Proto".to_owned(), "https".to_owned()));
            own.push(("X-Forwarded-For".to_owned(), self.address.to_string()));
        }
        own.retain(|(name, _)| !headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name)));
        let given = headers.iter().filter(|(_, value)| !value.is_empty());
        own.extend(given.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        own
    }

    /// The remote address of the requests.
    pub const fn from(&self) -> IpAddr {
        if self.is_https { PROXY } else { self.address }
    }

    /// Handles a response as a browser does: keeps its cookies and its CSRF token.
    pub fn receives(&mut self, page: Page) -> Page {
        for cookie in page.set_cookies() {
            self.jar.apply(&cookie, self.is_https);
        }
        if let Some(token) = page.csrf_token() {
            token.clone_into(&mut self.token);
        }
        page
    }
}

/// An encoded form body.
pub fn form(token: &str, fields: &[(&str, &str)]) -> Vec<u8> {
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.append_pair("csrf_token", token).extend_pairs(fields);
    body.finish().into_bytes()
}

/// The address of the page that has the form with this action.
fn page_with_form(action: &str) -> String {
    if action == "/logout" {
        return "/account".to_owned();
    }
    let mut parts = action.split('/').skip(1);
    match (parts.next(), parts.next(), parts.next()) {
        (Some("admin"), Some("users"), Some(id)) => format!("/admin/users/{id}"),
        _ => action.to_owned(),
    }
}
