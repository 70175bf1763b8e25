//! Bundles the sources, each with one concern, into one stylesheet and one script.

use std::collections::BTreeMap;

/// In cascade order.
pub(super) const STYLES: [&str; 8] =
    ["tokens.css", "base.css", "layout.css", "components.css", "users.css", "rows.css", "events.css", "charts.css"];
/// Each script does nothing on a page without its elements. `session-events.js` is last, because the scripts before it
/// listen to its events.
pub(super) const SCRIPTS: [&str; 22] = [
    "submit-once.js",
    "show-password.js",
    "local-charts.js", // before the times, which it changes
    "local-times.js",
    "exact-times.js", // after the script that puts them into the browser's zone
    "tick-times.js",
    "local-moments.js",
    "follow-moment.js",
    "count-characters.js",
    "reason-templates.js",
    "keep-drafts.js",
    "receipt.js",
    "table-roles.js",
    "mark-all.js",
    "keep-marks.js",
    "marked-logins.js",
    "finder.js",
    "forget-secret.js",
    "fresh.js",
    "login-ends.js",
    "login-ended.js",
    "session-events.js",
];

/// Adds `site.css` and `site.js`.
///
/// # Errors
/// Returns the name of a missing source.
pub(super) fn add(contents: &mut BTreeMap<String, Vec<u8>>) -> Result<(), &'static str> {
    let styles = concatenate(contents, &STYLES, "", "")?;
    // A script that fails in a browser that lacks a feature must not stop the others.
    let scripts =
        concatenate(contents, &SCRIPTS, "try { (() => {\n", "})(); } catch (error) { console.error(error); }\n")?;
    contents.insert("site.css".to_owned(), styles);
    contents.insert("site.js".to_owned(), scripts);
    Ok(())
}

fn concatenate(
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
