//! Addresses change with the content, and every source is in a bundle.

use std::{collections::BTreeSet, fs};

use super::{Meant, SiteFiles, StaticFiles, bundles};
use crate::gate::Root;

const FOLDER: &str = "static";

/// The files of a site with these overrides, by their paths in the override folder.
fn with_overrides(overrides: &[(&str, &str)]) -> StaticFiles {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, content) in overrides {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, content).expect("it is written");
    }
    StaticFiles::load(&SiteFiles::new(Some(folder.path().to_owned())), &Root::default()).expect("the files")
}

fn address(files: &StaticFiles, name: &str) -> String {
    files.0.get(name).expect(name).address().to_owned()
}

#[test]
fn a_changed_source_changes_the_address_of_its_bundle_and_of_no_other() {
    let (before, after) = (with_overrides(&[]), with_overrides(&[("static/base.css", "html {}")]));
    assert_ne!(address(&before, "site.css"), address(&after, "site.css"));
    assert_eq!(address(&before, "site.js"), address(&after, "site.js"));

    let old = address(&before, "site.css");
    let path = old.strip_prefix("/static/").expect("a static address");
    assert_eq!(before.find(path).map(|(_, meant)| meant), Some(Meant::This));
    assert_eq!(after.find(path).map(|(_, meant)| meant), Some(Meant::Another));
    assert_eq!(after.find("site.css").map(|(_, meant)| meant), Some(Meant::Any));
}

#[test]
fn every_style_and_script_is_in_its_bundle() {
    let names = fs::read_dir(FOLDER).expect("the static files").map(|entry| entry.expect("an entry").file_name());
    let is_source = |name: &String| [".css", ".js"].iter().any(|ending| name.ends_with(ending));
    let sources: BTreeSet<String> = names.filter_map(|name| name.into_string().ok()).filter(is_source).collect();
    let bundled = bundles::STYLES.iter().chain(&bundles::SCRIPTS).map(|name| (*name).to_owned()).collect();
    assert_eq!(sources, bundled);
}

#[test]
fn hidden_files_and_templates_are_not_served_and_files_in_folders_are() {
    let files = with_overrides(&[("static/.secret", "x"), ("static/pictures/a.png", "x"), ("login.html.tera", "x")]);
    assert!(files.find(".secret").is_none() && files.find("login.html.tera").is_none());
    assert!(files.find("pictures/a.png").is_some());
    assert!(address(&files, "pictures/a.png").starts_with("/static/pictures/a."));
}

#[test]
fn addresses_are_below_the_root_of_the_pages() {
    let prefix = |text| crate::domain::path_prefix::PathPrefix::parse(text).expect("a prefix");
    let root = Root::new(prefix("/auth"), prefix("/shop"));
    let files = StaticFiles::load(&SiteFiles::default(), &root).expect("the files");
    assert!(address(&files, "site.css").starts_with("/shop/auth/static/site."));
}
