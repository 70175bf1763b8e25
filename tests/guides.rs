//! Checks the configurations that the guides and the packages contain with the programs that will read them.
//!
//! `tests/run` installs these programs and sets `CURFEW_TEST_TOOLS`. Without it, a missing program skips its test.

#![allow(clippy::expect_used, reason = "a test that cannot go on fails there, saying what is missing")]

#[path = "harness/guides.rs"]
mod guides;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use guides::block;

/// Runs a tool, which must succeed, and returns its output. `None` if the tool is missing.
#[track_caller]
fn ask(tool: &str, args: &[&str]) -> Option<String> {
    let folders: Vec<PathBuf> = env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect();
    let mut places = folders.iter().map(PathBuf::as_path).chain([Path::new("/usr/sbin")]);
    let Some(path) = places.find_map(|folder| Some(folder.join(tool)).filter(|path| path.is_file())) else {
        assert!(env::var_os("CURFEW_TEST_TOOLS").is_none(), "{tool} is missing");
        eprintln!("skipped: {tool} is missing");
        return None;
    };
    let done = Command::new(path).args(args).output().expect("the tool runs");
    let said = String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned();
    assert!(done.status.success(), "{said}");
    Some(said)
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// The unit, with a program that exists on this machine.
fn unit(folder: &Path) -> PathBuf {
    let program = folder.join("curfew");
    fs::copy("/bin/true", &program).expect("a program");
    let unit = fs::read_to_string("src/debian/curfew.service").expect("the unit");
    assert!(unit.contains("\nExecStart=/usr/lib/curfew/curfew\n"), "{unit}");
    let file = folder.join("curfew.service");
    fs::write(&file, unit.replace("/usr/lib/curfew/curfew", &program.display().to_string())).expect("a file");
    file
}

#[test]
fn the_guide_shows_the_program_of_the_host_line_for_line() {
    let program = fs::read_to_string("tests/host/src/main.rs").expect("the program");
    let (_, code) = program.split_once("\n\n").expect("its code, after its documentation");
    let guide = fs::read_to_string("src/guide/library.md").expect("the guide");
    assert!(guide.contains(code), "src/guide/library.md does not have:\n{code}");
}

#[test]
fn the_container_copies_what_exists() {
    let container = fs::read_to_string("Containerfile").expect("the file");
    let let_in = fs::read_to_string(".dockerignore").expect("the file");
    let mut copied = 0;
    for line in container.lines().filter_map(|line| line.strip_prefix("COPY ")).filter(|line| !line.starts_with("--")) {
        let paths: Vec<&str> = line.split(' ').collect();
        for path in &paths[..paths.len() - 1] {
            assert!(Path::new(path).exists(), "{path} does not exist");
            assert!(let_in.lines().any(|line| line.strip_prefix('!') == Some(path)), ".dockerignore leaves out {path}");
            copied += 1;
        }
    }
    assert!(copied >= 6, "{container}");
    // Where cargo puts the program of this profile.
    assert!(container.contains("\nRUN cargo build --locked --profile dist\n"));
    assert!(container.contains("\nCOPY --from=builder /build/target/dist/curfew /usr/bin/curfew\n"));
}

#[test]
fn the_program_is_linked_only_with_what_the_container_has() {
    let Some(said) = ask("ldd", &[env!("CARGO_BIN_EXE_curfew")]) else { return };
    let names =
        said.lines().filter_map(|line| line.split_whitespace().next()).filter_map(|path| path.rsplit('/').next());
    for name in names {
        let known = ["linux-vdso.so.1", "libc.so.6", "libm.so.6", "libgcc_s.so.1"];
        assert!(known.contains(&name) || name.starts_with("ld-linux"), "{said}");
    }
}

#[test]
fn the_settings_of_the_package_are_those_of_the_guide() {
    let settings = fs::read_to_string("src/debian/Rocket.toml").expect("the settings");
    // As in the guide, apart from the keys that depend on the site.
    for line in block("# /etc/curfew/Rocket.toml").lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let line = line.split("   #").next().unwrap_or(line).trim_end();
        assert!(settings.lines().any(|other| other.trim_start_matches("# ") == line), "{line:?} is not in {settings}");
    }
}

#[test]
fn systemd_accepts_the_unit_without_a_warning() {
    let folder = folder();
    let unit = unit(folder.path());
    let said = ask("systemd-analyze", &["verify", "--man=no", "--recursive-errors=no", &unit.display().to_string()]);
    assert_eq!(said.unwrap_or_default(), "");
}

#[test]
fn the_sandbox_of_the_unit_is_tight() {
    let folder = folder();
    let unit = unit(folder.path()).display().to_string();
    // In tenths, from 0 (closed) to 100 (open).
    let said = ask("systemd-analyze", &["security", "--offline=true", "--threshold=15", &unit]);
    assert!(said.is_none_or(|said| said.contains("Overall exposure level")));
}

#[test]
fn nginx_accepts_the_sites() {
    let folder = folder();
    let place = folder.path().display();
    let (certificate, key) = (format!("{place}/cert.pem"), format!("{place}/key.pem"));
    let request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=example.org"];
    if ask("openssl", &[&request[..], &["-keyout", &key, "-out", &certificate]].concat()).is_none() {
        return;
    }
    for name in ["# /etc/nginx/sites-available/curfew", "# /etc/nginx/sites-available/curfew, for many nodes"] {
        let site = block(name)
            .replace("/etc/ssl/example.org.pem", &certificate)
            .replace("/etc/ssl/example.org.key", &key)
            // Sockets need no rights, and no other test uses them.
            .replace("listen 80;", &format!("listen unix:{place}/http;"))
            .replace("listen 443 ssl;", &format!("listen unix:{place}/https ssl;"));
        assert!(site.contains("/http;") && site.contains("/https ssl;") && site.contains(&key), "{site}");
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let temporary = temporary.map(|name| format!("{name}_temp_path {place}/{name};\n")).concat();
        let whole = format!("pid {place}/pid;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}{site}\n}}\n");
        let file = folder.path().join("nginx.conf");
        fs::write(&file, &whole).expect("a file");
        let said = ask("nginx", &["-t", "-q", "-e", "stderr", "-c", &file.display().to_string()]);
        assert_eq!(said.unwrap_or_default(), "", "{whole}");
    }
}
