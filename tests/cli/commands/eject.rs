//! `curfew eject`

use std::fs;

use crate::program::Program;

#[test]
fn embedded_files_are_written_and_never_overwrite_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let eject = |names: &[&str]| {
        let arguments: Vec<&str> = ["eject"].iter().chain(names).copied().collect();
        Program::new(&arguments).in_folder(folder.path())
    };
    let listed = eject(&[]).run().done();
    for path in ["login.html.tera", "admin/user.html.tera", "letters/letter_text.txt.tera", "static/tokens.css"] {
        assert!(listed.lines().any(|line| line == path), "{path} is not in {listed}");
    }
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0);

    eject(&["login", "admin/user", "static/tokens.css"]).run().done();
    for path in ["login.html.tera", "admin/user.html.tera"] {
        let written = fs::read(folder.path().join("templates/curfew").join(path)).expect("it is written");
        assert_eq!(written, fs::read(format!("templates/{path}")).expect("the template"));
    }
    let written = fs::read(folder.path().join("templates/curfew/static/tokens.css")).expect("it is written");
    assert_eq!(written, fs::read("static/tokens.css").expect("the styles"));

    fs::write(folder.path().join("templates/curfew/login.html.tera"), "mine").expect("it is written");
    let refusal = eject(&["base", "login"]).run().refused();
    assert!(refusal.contains("templates/curfew/login.html.tera exists already, so nothing was written"), "{refusal}");
    let kept = fs::read_to_string(folder.path().join("templates/curfew/login.html.tera")).expect("it is there");
    assert_eq!(kept, "mine");
    assert!(!folder.path().join("templates/curfew/base.html.tera").exists());

    let refusal = eject(&["logon"]).run().refused();
    assert!(refusal.contains("There is no embedded file \"logon\""), "{refusal}");
    eject(&["base", "--into", "elsewhere"]).run().done();
    assert!(folder.path().join("elsewhere/base.html.tera").exists());
}
