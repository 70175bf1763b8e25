//! Where pages are below the root of a host.

/// A path under which pages are: empty for the root, or a path such as `/auth`, without a slash at its end.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PathPrefix(String);

impl PathPrefix {
    /// Parses an absolute path of plain segments. A slash at its end is removed, so `/` is the root.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let path = text.strip_suffix('/').unwrap_or(text);
        let is_plain = |segment: &str| {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
            !matches!(segment, "" | "." | "..") && segment.bytes().all(is_plain)
        };
        let is_valid = path.is_empty() || path.strip_prefix('/').is_some_and(|path| path.split('/').all(is_plain));
        is_valid.then(|| Self(path.to_owned()))
    }

    /// The prefix, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the root.
    #[must_use]
    pub const fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// This prefix, then the other one.
    #[must_use]
    pub fn followed_by(&self, other: &Self) -> Self {
        Self(format!("{}{}", self.0, other.0))
    }

    /// The rest of a path below this prefix, with a slash at its beginning. `None` if the path is elsewhere.
    #[must_use]
    pub fn rest_of<'p>(&self, path: &'p str) -> Option<&'p str> {
        match path.strip_prefix(&self.0)? {
            "" => Some("/"),
            rest if rest.starts_with(['/', '?']) => Some(rest),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_of_plain_segments_is_accepted() {
        for text in [
            "auth", "//", "//auth", "/auth//", "/a//b", "/..", "/a/../b", "/a b", "/<id>", "/a?b", "/a#b", "/%2e", "/é",
        ] {
            assert_eq!(PathPrefix::parse(text), None, "{text}");
        }
        for (text, path) in
            [("", ""), ("/", ""), ("/auth", "/auth"), ("/auth/", "/auth"), ("/my-site/v1.0", "/my-site/v1.0")]
        {
            assert_eq!(PathPrefix::parse(text), Some(PathPrefix(path.to_owned())));
        }
    }

    #[test]
    fn a_path_is_below_whole_segments_only() {
        let auth = PathPrefix("/auth".to_owned());
        for (path, rest) in [
            ("/auth/login", Some("/login")),
            ("/auth", Some("/")),
            ("/auth?a=b", Some("?a=b")),
            ("/author", None),
            ("/garden", None),
            ("", None),
        ] {
            assert_eq!(auth.rest_of(path), rest, "{path}");
        }
        assert_eq!(PathPrefix::default().rest_of("/login"), Some("/login"));
    }
}
