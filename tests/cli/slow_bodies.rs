//! Forms that are long on their way: what ended meanwhile acts no more, and nobody waits for ever.

use crate::site::on_every_engine;

/// An act of staff on a member, and what would show that it was done.
const ACTS: [(&str, &str); 2] = [("force-logout", "force_logout_date"), ("deactivate", "is_active")];

#[test]
fn a_form_of_staff_that_arrives_after_their_end_does_nothing() {
    on_every_engine(|site| {
        for name in ["root", "sam", "ana"] {
            site.make_user(name, if name == "ana" { &[] } else { &["--superuser"] });
        }
        let ana = format!("/admin/users/{}", site.show("ana")["id"]);
        for (act, trace) in ACTS {
            let before = site.show("ana");
            let mut sam = site.logged_in("sam");
            let page = sam.submit_slowly((&ana, &format!("{ana}/{act}")), &[("staff_reason", "late")], false, || {
                site.run(&["force-logout", "sam"]).done();
            });
            assert_eq!((page.status, page.location.as_deref()), (303, Some("/login")), "{act}");
            assert_eq!(site.show("ana")[trace], before[trace], "{act}");
            assert!(!sam.is_in(), "{act}: and the cookie is gone");
            // The same in time is done.
            let mut sam = site.logged_in("sam");
            let page = sam.submit_slowly((&ana, &format!("{ana}/{act}")), &[("staff_reason", "early")], false, || {});
            assert_eq!((page.status, page.location.as_deref()), (303, Some(&*ana)), "{act}");
            assert_ne!(site.show("ana")[trace], before[trace], "{act}");
        }
    });
}

#[test]
fn a_form_that_never_ends_is_given_up() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        let mut ana = site.logged_in("ana");
        let page = ana.submit_slowly(("/account/profile", "/account/profile"), &[("email", "a@b.org")], true, || {});
        assert_eq!(page.status, 408);
        assert!(page.body.contains("This took too long"), "{}", page.body);
        assert!(ana.is_in());
    });
}
