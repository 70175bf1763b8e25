//! Forms that arrive slowly: an actor whose login ended meanwhile does nothing, and no connection waits forever.

use crate::site::on_every_engine;

/// Actions of staff on a member, and the field that would show their effect.
const ACTS: [(&str, &str); 2] = [("force-logout", "force_logout_date"), ("deactivate", "is_active")];

#[test]
fn a_staff_form_does_nothing_if_the_login_ended_before_its_body_arrived() {
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
            assert!(!sam.is_logged_in(), "{act}: the cookie must be gone");
            // The same form in time succeeds.
            let mut sam = site.logged_in("sam");
            let page = sam.submit_slowly((&ana, &format!("{ana}/{act}")), &[("staff_reason", "early")], false, || {});
            assert_eq!((page.status, page.location.as_deref()), (303, Some(&*ana)), "{act}");
            assert_ne!(site.show("ana")[trace], before[trace], "{act}");
        }
    });
}

#[test]
fn a_form_that_never_arrives_times_out() {
    on_every_engine(|site| {
        site.make_user("ana", &[]);
        let mut ana = site.logged_in("ana");
        let page = ana.submit_slowly(("/account/profile", "/account/profile"), &[("email", "a@b.org")], true, || {});
        assert_eq!(page.status, 408);
        assert!(page.body.contains("Request timed out"), "{}", page.body);
        assert!(ana.is_logged_in());
    });
}
