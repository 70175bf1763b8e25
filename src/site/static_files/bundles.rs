//! Bundles the sources, each with one concern, into one stylesheet and one script.

use std::collections::BTreeMap;

/// In cascade order.
pub(super) const STYLES: [&str; 8] =
    ["tokens.css", "base.css", "layout.css", "components.css", "users.css", "rows.css", "events.css", "charts.css"];
/// Each script does nothing on a page without its elements. `session-events.js` is last, because the scripts before it
/// listen to its events.
pub(super) const SCRIPTS: [&str; 23] = [
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
    "end-buttons.js", // before the roles, which its cells need too
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

/// Adds `site.css` and `site.js`, and `within_layout.css` for the layout of a host.
pub(super) fn add(contents: &mut BTreeMap<String, Vec<u8>>) {
    let styles = concatenate(contents, &STYLES, "", "");
    // A script that fails in a browser that lacks a feature must not stop the others.
    let scripts =
        concatenate(contents, &SCRIPTS, "try { (() => {\n", "})(); } catch (error) { console.error(error); }\n");
    contents.insert("within_layout.css".to_owned(), within_layout(&styles));
    contents.insert("site.css".to_owned(), styles);
    contents.insert("site.js".to_owned(), scripts);
}

/// The styles for pages in the layout of a host. They hold for Curfew's part of the page alone, which is not the `main` of
/// the page but an element of its own, with the same specificity.
fn within_layout(styles: &[u8]) -> Vec<u8> {
    const SELECTORS: [(&str, &str); 6] = [
        (":root", ":scope"),
        ("\nhtml {", "\n:scope {"),
        ("\nbody {", "\n:scope {"),
        ("\nmain", "\ncurfew-main"),
        ("  main", "  curfew-main"),
        ("+ main", "+ curfew-main"),
    ];
    const OWN: &str = ":scope { min-height: 0; }\ncurfew-main { display: block; }\n";
    let styles = String::from_utf8_lossy(styles);
    let styles = SELECTORS.iter().fold(styles.into_owned(), |styles, (alone, within)| styles.replace(alone, within));
    format!("@scope (.curfew) {{\n{styles}{OWN}}}\n").into_bytes()
}

fn concatenate(contents: &BTreeMap<String, Vec<u8>>, sources: &[&'static str], before: &str, after: &str) -> Vec<u8> {
    let mut bundle = Vec::new();
    for content in sources.iter().filter_map(|source| contents.get(*source)) {
        for part in [before.as_bytes(), content, b"\n", after.as_bytes()] {
            bundle.extend_from_slice(part);
        }
    }
    bundle
}
