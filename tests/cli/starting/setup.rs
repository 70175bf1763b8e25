//! The setup code printed when the server starts.

use crate::{
    browser::Browser,
    site::{PASSWORD, Site, on_every_new_site},
};

/// Starts the server and returns the code that it prints.
fn code_of_a_start(site: &mut Site) -> Option<String> {
    if let Some(server) = site.server.take() {
        server.stop().done();
    }
    site.start();
    site.server.as_ref().and_then(|server| server.setup_code.clone())
}

fn set_up(browser: &mut Browser, code: &str) -> u16 {
    let fields = [
        ("setup_code", code),
        ("username", "ana"),
        ("email", "ana@example.org"),
        ("password", PASSWORD),
        ("password_again", PASSWORD),
    ];
    browser.submit("/setup", &fields).status
}

#[test]
fn each_start_prints_a_new_setup_code_and_invalidates_the_old_one() {
    on_every_new_site(|site| {
        let old = code_of_a_start(site).expect("a code");
        site.make_user("ben", &["--staff"]);
        let new = code_of_a_start(site).expect("a code is still needed: staff are not superusers");
        assert_ne!(old, new);
        let mut browser = site.browser();
        assert_eq!(set_up(&mut browser, &old), 422);
        assert_eq!(set_up(&mut browser, &new), 303);
        assert_eq!(browser.get("/admin").status, 200);
        assert_eq!(site.show("ana")["role"], "superuser");
        assert_eq!(code_of_a_start(site), None, "the site is set up");
        assert_eq!(site.browser().get("/setup").status, 404);
    });
}

#[test]
fn a_superuser_from_the_command_line_closes_the_setup() {
    on_every_new_site(|site| {
        let code = code_of_a_start(site).expect("a code");
        let mut browser = site.browser();
        assert_eq!(browser.get("/setup").status, 200);
        site.make_user("ben", &["--superuser"]);
        assert_eq!(browser.get("/setup").status, 404, "the running server must notice");
        assert_eq!(code_of_a_start(site), None);
        assert!(!code.is_empty());
    });
}

#[test]
fn a_failed_start_keeps_the_printed_setup_code_valid() {
    on_every_new_site(|site| {
        let code = code_of_a_start(site).expect("a code");
        let address = site.server.as_ref().expect("a server").address.clone();
        let (_, port) = address.rsplit_once(':').expect("a port");
        let refusal = site.program(&["serve"]).set("ROCKET_PORT", port).run().refused();
        assert!(refusal.contains("Address already in use") && refusal.contains("ROCKET_PORT"), "{refusal}");
        assert_eq!(set_up(&mut site.browser(), &code), 303);
    });
}
