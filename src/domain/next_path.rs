//! Where to go after a login: a path on this site and nothing else.

/// The greatest length of a `next`, in bytes: longer ones are no page of ours.
const NEXT_BYTES: usize = 2_000;

/// A path of this site, as found in `next`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextPath(String);

impl NextPath {
    /// Accepts only what every browser takes for a path on the same site: one `/` first and not
    /// two, no backslash (browsers read it as a slash), and only the visible characters of ASCII,
    /// since browsers drop controls before they look and an address has no others (RFC 3986).
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

    /// Django's known bad addresses (`tests/utils_tests/test_http.py`), and some more.
    const BAD: &[&str] = &[
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
    fn addresses_that_leave_the_site_are_no_path() {
        for text in BAD {
            assert_eq!(NextPath::parse(text), None, "{text:?}");
        }
        assert_eq!(NextPath::parse(&format!("/{}", "a".repeat(2_000))), None);
    }

    #[test]
    fn paths_of_this_site_are_kept() {
        for text in
            ["/", "/account", "/admin/users?q=a&page=2", "/view/?param=http://example.com", "/view?param=//example.com"]
        {
            assert_eq!(NextPath::parse(text).as_ref().map(NextPath::as_str), Some(text));
        }
    }
}
