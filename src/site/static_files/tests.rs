//! Addresses change with the content, and every source is in a bundle.

use std::{collections::BTreeSet, fs, path::Path};

use super::{Meant, StaticFiles, bundles};

const FOLDER: &str = "static";

fn copy_of_static() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for entry in fs::read_dir(FOLDER).expect("the static files") {
        let path = entry.expect("an entry").path();
        fs::copy(&path, folder.path().join(path.file_name().expect("a name"))).expect("a copy");
    }
    folder
}

fn address(files: &StaticFiles, name: &str) -> String {
    files.0.get(name).expect(name).address().to_owned()
}

#[test]
fn a_changed_source_changes_the_address_of_its_bundle_and_of_no_other() {
    let folder = copy_of_static();
    let before = StaticFiles::read(folder.path()).expect("the files");
    fs::write(folder.path().join("base.css"), "html {}").expect("it is written");
    let after = StaticFiles::read(folder.path()).expect("the files");
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
fn the_error_names_a_missing_source() {
    let folder = copy_of_static();
    fs::remove_file(folder.path().join("layout.css")).expect("it is gone");
    let refused = StaticFiles::read(folder.path()).expect_err("a source is missing");
    assert!(refused.to_string().contains("layout.css"), "{refused}");
    StaticFiles::read(Path::new("no/such/folder")).expect_err("a folder is missing");
}

#[test]
fn hidden_files_are_not_served_and_files_in_folders_are() {
    let folder = copy_of_static();
    fs::write(folder.path().join(".secret"), "x").expect("it is written");
    fs::create_dir(folder.path().join("pictures")).expect("a folder");
    fs::write(folder.path().join("pictures/a.png"), "x").expect("it is written");
    let files = StaticFiles::read(folder.path()).expect("the files");
    assert!(files.find(".secret").is_none());
    assert!(files.find("pictures/a.png").is_some());
    assert!(address(&files, "pictures/a.png").starts_with("/static/pictures/a."));
}
