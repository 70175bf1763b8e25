//! A response of the site, and helpers to read it.

use std::fmt;

use rocket::local::asynchronous::LocalResponse;

use super::jar::SetCookie;

/// A response with its whole body.
#[derive(Clone)]
pub struct Page {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    /// The body; empty for an image.
    pub body: String,
}

impl fmt::Debug for Page {
    /// Leaves out the headers and the layout that all pages share.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let main = self.between("<main", "</main>").unwrap_or(&self.body);
        write!(f, "{} {:?} {:#?}\n{main}", self.status, self.location(), self.set_cookies())
    }
}

impl Page {
    /// Reads the whole response.
    pub async fn of(response: LocalResponse<'_>) -> Self {
        let status = response.status().code;
        let is_picture = response.content_type().is_some_and(|kind| kind.top() == "image");
        let headers =
            response.headers().iter().map(|header| (header.name.to_string(), header.value.to_string())).collect();
        let body = response.into_bytes().await.unwrap_or_default();
        let body = if is_picture { String::new() } else { String::from_utf8(body).expect("a page is UTF-8") };
        Self { status, headers, body }
    }

    /// Whether the body or a header contains a reason for staff, in any encoding.
    pub fn shows_staff_reason(&self) -> bool {
        let is_logged_in =
            |text: &str| ["ticket 4711", "ticket+4711", "ticket%204711"].iter().any(|mark| text.contains(mark));
        is_logged_in(&self.body) || self.headers.iter().any(|(_, value)| is_logged_in(value))
    }

    /// The value of a header. Fails the test if the header appears more than once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        let value = values.next().map(|(_, value)| value.as_str());
        assert!(values.next().is_none(), "{name} appears twice");
        value
    }

    /// The target of the redirect.
    pub fn location(&self) -> &str {
        self.header("Location").unwrap_or_default()
    }

    /// All `Set-Cookie` headers.
    pub fn set_cookies(&self) -> Vec<SetCookie> {
        let is_cookie = |name: &str| name.eq_ignore_ascii_case("Set-Cookie");
        self.headers.iter().filter(|(name, _)| is_cookie(name)).map(|(_, value)| SetCookie::parse(value)).collect()
    }

    /// The `Set-Cookie` header for this cookie. Fails the test if there is more than one.
    pub fn set_cookie(&self, name: &str) -> Option<SetCookie> {
        let mut cookies = self.set_cookies().into_iter().filter(|cookie| cookie.name == name);
        let cookie = cookies.next();
        assert!(cookies.next().is_none(), "{name} is set twice");
        cookie
    }

    /// The CSRF token of the page's forms.
    pub fn csrf_token(&self) -> Option<&str> {
        self.between("name=\"csrf_token\" value=\"", "\"")
    }

    /// The headers, and the body without this text and without the CSRF token, which each page masks anew.
    pub fn without(&self, text: &str) -> (Vec<(String, String)>, String) {
        let body = self.body.replace(text, "");
        (self.headers.clone(), self.csrf_token().map_or_else(|| body.clone(), |token| body.replace(token, "")))
    }

    /// The reason code that the page gives for an ended login.
    pub fn data_reason(&self) -> Option<&str> {
        self.between("data-reason=\"", "\"")
    }

    /// The error message of a field. The field must reference it, so that a screen reader announces it.
    pub fn field_error(&self, field: &str) -> Option<&str> {
        let error = self.between(&format!("id=\"{field}-error\">"), "<")?;
        let input = self.tag_with(&format!(" id=\"{field}\"")).unwrap_or_default();
        assert!(input.contains("aria-invalid=\"true\""), "{field} is not marked invalid: {input}");
        assert!(
            input.contains(&format!("aria-describedby=\"{field}-error")),
            "{field} does not reference its error: {input}"
        );
        Some(error)
    }

    /// The error message for the whole form.
    pub fn form_problem(&self) -> Option<&str> {
        self.between("class=\"form-problem\" role=\"alert\"", "<")?.split_once('>').map(|(_, words)| words.trim())
    }

    /// The text of `<title>`.
    pub fn title(&self) -> &str {
        self.between("<title>", "</title>").unwrap_or_default()
    }

    /// The value of a field.
    pub fn value_in(&self, field: &str) -> Option<&str> {
        let input = self.tag_with(&format!(" id=\"{field}\""))?;
        input.split_once(" value=\"")?.1.split_once('"').map(|(value, _)| value)
    }

    /// The hidden fields of the form with this action, in order.
    pub fn hidden_fields(&self, action: &str) -> Vec<(String, String)> {
        let form = self.between(&format!("action=\"{action}\">"), "</form>").expect("no such form");
        let fields = form.split("<input type=\"hidden\" name=\"").skip(1);
        fields
            .filter_map(|field| {
                let (name, rest) = field.split_once("\" value=\"")?;
                Some((name.to_owned(), rest.split_once('"')?.0.to_owned()))
            })
            .collect()
    }

    /// The first text between `before` and `after`.
    pub fn between(&self, before: &str, after: &str) -> Option<&str> {
        let (_, rest) = self.body.split_once(before)?;
        rest.split_once(after).map(|(piece, _)| piece)
    }

    fn tag_with(&self, piece: &str) -> Option<&str> {
        let at = self.body.find(piece)?;
        let start = self.body[..at].rfind('<')?;
        let end = self.body[at..].find('>')? + at;
        self.body.get(start..end)
    }

    /// Asserts the status and prints the page on failure.
    #[track_caller]
    pub fn must_be(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{self:#?}");
        self
    }

    /// Asserts a redirect to this location.
    #[track_caller]
    pub fn must_lead_to(&self, location: &str) -> &Self {
        assert_eq!((self.status, self.location()), (303, location), "{self:#?}");
        self
    }
}
