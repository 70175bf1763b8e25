//! `curfew man` and `curfew completions`

use std::fs;

use crate::program::Program;

#[test]
fn manual_pages_and_completions_are_made_from_the_commands_whatever_the_settings_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |arguments: &[&str]| Program::new(arguments).in_folder(folder.path()).set("ROCKET_PORT", "none").run();

    let page = run(&["man"]).done();
    for text in [".TH curfew 1", "force\\-logout", "ROCKET_"] {
        assert!(page.contains(text), "{text} is not in {page}");
    }
    assert_eq!(run(&["man", "--into", "pages"]).done(), "");
    for name in ["curfew.1", "curfew-serve.1", "curfew-user-create.1"] {
        assert!(folder.path().join("pages").join(name).is_file(), "{name}");
    }
    fs::write(folder.path().join("file"), "").expect("it is written");
    assert!(run(&["man", "--into", "file/pages"]).refused().contains("cannot write file/pages"));

    for shell in ["bash", "zsh", "fish"] {
        let script = run(&["completions", shell]).done();
        assert!(script.contains("force-logout") && script.contains("curfew"), "{script}");
    }
}
