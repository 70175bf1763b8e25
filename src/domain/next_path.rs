//! Where to go after a login: only ever a path on this site, never an open redirect.

/// The maximum length of `next`, in bytes. No page of this site has a longer path.
const NEXT_BYTES: usize = 2_000;

/// A path on this site, from the query parameter or form field `next`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextPath(String);

impl NextPath {
    /// Accepts only what every browser resolves to the same site.
    ///
    /// - The text begins with exactly one `/`.
    /// - It has no backslash, which browsers treat as a slash.
    /// - It has only visible ASCII characters: browsers strip control characters before they parse, and a URL has no
    ///   other characters (RFC 3986).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_local = text.starts_with('/')
            && !text.starts_with("//")
            && text.len() <= NEXT_BYTES
            && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        is_local.then(|| Self(text.to_owned()))
    }

    /// The path, with its query.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Django's list of bad URLs (`tests/utils_tests/test_http.py`), and some more.
    const BAD_URLS: &[&str] = &[
        "",
        "http://example.com",
        "http:///example.com",
        "https://example.com",
        "ftp://example.com",
        "\\\\example.com",
        "\\\\\\example.com",
        "/\\\\/example.com",
        "\\\\\\example.com",
        "\\\\example.com",
        "\\\\//example.com",
        "/\\/example.com",
        "\\/example.com",
        "/\\example.com",
        "http:///example.com",
        "http:/\\//example.com",
        "http:\\/example.com",
        "http:/\\example.com",
        "javascript:alert(\"XSS\")",
        "\njavascript:alert(x)",
        "java\nscript:alert(x)",
        "\u{8}//example.com",
        "http://otherserver\\@example.com",
        "http:\\\\testserver\\@example.com",
        "http://testserver\\me:pass@example.com",
        "http://testserver\\@example.com",
        "http:\\\\testserver\\confirm\\me@example.com",
        "http:999999999",
        "ftp:9999999999",
        "\n",
        "http://[2001:cdba:0000:0000:0000:0000:3257:9652/",
        "http://2001:cdba:0000:0000:0000:0000:3257:9652]/",
        "//example.com",
        "///example.com",
        "/\t/example.com",
        "/\n/example.com",
        "/ /example.com",
        " /account",
        "account",
        "/account\0",
    ];

    #[test]
    fn urls_that_leave_the_site_are_refused() {
        for text in BAD_URLS {
            assert_eq!(NextPath::parse(text), None, "{text:?}");
        }
        assert_eq!(NextPath::parse(&format!("/{}", "a".repeat(2_000))), None);
    }

    #[test]
    fn paths_on_this_site_are_accepted() {
        for text in
            ["/", "/account", "/admin/users?q=a&page=2", "/view/?param=http://example.com", "/view?param=//example.com"]
        {
            assert_eq!(NextPath::parse(text).as_ref().map(NextPath::as_str), Some(text));
        }
    }
}
