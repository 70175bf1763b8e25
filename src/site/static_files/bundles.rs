//! One stylesheet and one script for every page, out of sources with one concern each.

use std::collections::BTreeMap;

/// In their order of precedence.
pub(super) const STYLES: [&str; 4] = ["tokens.css", "base.css", "layout.css", "components.css"];
/// Each does nothing on a page without what it is for. `session-events.js` is heard by those before it.
pub(super) const SCRIPTS: [&str; 13] = [
    "submit-once.js",
    "show-password.js",
    "local-times.js",
    "local-moments.js",
    "follow-moment.js",
    "count-characters.js",
    "keep-drafts.js",
    "receipt.js",
    "mark-all.js",
    "forget-secret.js",
    "login-ends.js",
    "login-ended.js",
    "session-events.js",
];

/// Adds `site.css` and `site.js`; the sources stay as they are.
///
/// # Errors
/// The name of a source that is not there.
pub(super) fn add(contents: &mut BTreeMap<String, Vec<u8>>) -> Result<(), &'static str> {
    let styles = joined(contents, &STYLES, "", "")?;
    // A script that fails, in a browser that lacks something, leaves the others alone.
    let scripts = joined(contents, &SCRIPTS, "try { (() => {\n", "})(); } catch (error) { console.error(error); }\n")?;
    contents.insert("site.css".to_owned(), styles);
    contents.insert("site.js".to_owned(), scripts);
    Ok(())
}

fn joined(
    contents: &BTreeMap<String, Vec<u8>>,
    sources: &[&'static str],
    before: &str,
    after: &str,
) -> Result<Vec<u8>, &'static str> {
    let mut bundle = Vec::new();
    for source in sources {
        let content = contents.get(*source).ok_or(*source)?;
        for part in [before.as_bytes(), content, b"\n", after.as_bytes()] {
            bundle.extend_from_slice(part);
        }
    }
    Ok(bundle)
}
