//! The `Content-Security-Policy` (CSP Level 3) of the site's own pages.

use std::fmt::Write as _;

/// Only this site's own files, nothing inline, and no framing.
const DIRECTIVES: [(&str, &str); 10] = [
    ("default-src", NONE),
    ("style-src", "'self'"),
    ("script-src", "'self'"),
    ("img-src", "'self'"),
    ("font-src", "'self'"),
    ("connect-src", "'self'"),
    ("manifest-src", "'self'"),
    ("form-action", "'self'"),
    ("base-uri", NONE),
    ("frame-ancestors", NONE),
];
const NONE: &str = "'none'";

/// The value of the header.
#[derive(Debug, Clone)]
pub(super) struct Policy {
    directives: Vec<(&'static str, String)>,
    text: String,
}

impl Default for Policy {
    fn default() -> Self {
        let directives = DIRECTIVES.map(|(name, sources)| (name, sources.to_owned()));
        Self { directives: directives.into(), text: String::new() }.written()
    }
}

impl Policy {
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Adds sources, such as `img-src https://cdn.example.org; font-src data:`.
    ///
    /// # Errors
    /// Returns the directive that the policy does not have, or that is malformed.
    pub(super) fn allow(&mut self, directives: &str) -> Result<(), String> {
        for directive in directives.split(';').map(str::trim).filter(|directive| !directive.is_empty()) {
            let refused = || directive.to_owned();
            let (name, added) = directive.split_once(char::is_whitespace).ok_or_else(refused)?;
            let is_text = added.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b',');
            let known = self.directives.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name));
            let (_, sources) = known.filter(|_| is_text).ok_or_else(refused)?;
            if sources == NONE {
                sources.clear(); // `'none'` allows nothing next to it
            }
            let separator = if sources.is_empty() { "" } else { " " };
            let _ = write!(sources, "{separator}{}", added.trim());
        }
        *self = self.clone().written();
        Ok(())
    }

    fn written(self) -> Self {
        let directives: Vec<String> =
            self.directives.iter().map(|(name, sources)| format!("{name} {sources}")).collect();
        Self { text: directives.join("; "), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_added_to_known_directives() {
        let mut policy = Policy::default();
        assert_eq!(policy.allow("img-src https://cdn.example data:; Frame-Ancestors https://shop.example ;"), Ok(()));
        assert!(policy.as_str().contains("img-src 'self' https://cdn.example data:; font-src 'self';"));
        assert!(policy.as_str().ends_with("base-uri 'none'; frame-ancestors https://shop.example"));
        for refused in
            ["image-src https://a.example", "img-src", "img-src a\nb", "img-src https://\u{e9}.example", "img-src a,b"]
        {
            assert_eq!(policy.allow(refused), Err(refused.to_owned()));
        }
    }
}
