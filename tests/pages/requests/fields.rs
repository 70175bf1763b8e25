//! Every field of every form, with every kind of invalid value.

use curfew::domain::people::role::Role;
use rocket::http::Method;

use crate::harness::{
    person::Person,
    site::{PASSWORD, Site},
    store::{any_engine, engines},
};

/// The kind of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Required text of at most this many characters.
    Line(usize),
    /// A required password: any characters except NUL.
    Secret,
    /// An optional reason.
    Reason,
    /// An optional time.
    Moment,
    /// A value that the page sets itself.
    Fixed,
    /// A role.
    Word,
    /// An optional duration.
    Lifetime,
}

use Kind::{Fixed, Lifetime, Line, Moment, Reason, Secret, Word};

type Field = (&'static str, &'static str, Kind);

/// A form: who submits it, and its fields with valid values, by name and by id.
struct Form {
    action: &'static str,
    by: Option<Role>,
    ids: &'static str,
    fields: &'static [Field],
}

const REGISTRATION: &[Field] = &[
    ("username", "zoe", Line(64)),
    ("email", "zoe@example.org", Line(254)),
    ("password", PASSWORD, Secret),
    ("password_again", PASSWORD, Secret),
];

const SETUP: &[Field] = &[
    ("setup_code", "abcd", Line(64)),
    ("username", "zoe", Line(64)),
    ("email", "zoe@example.org", Line(254)),
    ("password", PASSWORD, Secret),
    ("password_again", PASSWORD, Secret),
];

const FORMS: &[Form] = &[
    Form { action: "/setup", by: None, ids: "", fields: SETUP },
    Form { action: "/register", by: None, ids: "", fields: REGISTRATION },
    Form {
        action: "/login",
        by: None,
        ids: "",
        fields: &[("username", "zoe", Line(254)), ("password", PASSWORD, Secret)],
    },
    Form {
        action: "/account/profile",
        by: Some(Role::Member),
        ids: "",
        fields: &[("email", "zoe@example.org", Line(254)), ("password", PASSWORD, Secret)],
    },
    Form {
        action: "/account/password",
        by: Some(Role::Member),
        ids: "",
        fields: &[
            ("current_password", PASSWORD, Secret),
            ("password", "a lamp at sea", Secret),
            ("password_again", "a lamp at sea", Secret),
        ],
    },
    Form {
        action: "/admin/users/<id>/force-logout",
        by: Some(Role::Staff),
        ids: "force-logout-",
        fields: &[("at", "", Moment), ("staff_reason", "", Reason), ("user_reason", "", Reason)],
    },
    Form {
        action: "/admin/users/<id>/deactivate",
        by: Some(Role::Staff),
        ids: "deactivate-",
        fields: &[("until", "", Moment), ("staff_reason", "", Reason), ("user_reason", "", Reason)],
    },
    Form {
        action: "/admin/users/bulk",
        by: Some(Role::Staff),
        ids: "bulk-",
        fields: &[
            ("action", "force-logout", Fixed),
            ("scope", "matching", Fixed),
            ("staff_reason", "", Reason),
            ("user_reason", "", Reason),
        ],
    },
    Form {
        action: "/admin/sessions/bulk",
        by: Some(Role::Staff),
        ids: "end-",
        fields: &[
            ("action", "end", Fixed),
            ("scope", "matching", Fixed),
            ("staff_reason", "", Reason),
            ("user_reason", "", Reason),
        ],
    },
    Form {
        action: "/account/sessions/end-others",
        by: Some(Role::Member),
        ids: "",
        fields: &[("password", PASSWORD, Secret)],
    },
    Form {
        action: "/account/tokens",
        by: Some(Role::Member),
        ids: "",
        fields: &[("label", "backup", Line(100)), ("ttl", "72h", Lifetime)],
    },
    Form {
        action: "/admin/users/<id>/sessions/<sid>/end",
        by: Some(Role::Staff),
        ids: "end-<sid>-",
        fields: &[("staff_reason", "", Reason)],
    },
    Form {
        action: "/admin/users/<id>/activate",
        by: Some(Role::Staff),
        ids: "activate-",
        fields: &[("staff_reason", "", Reason)],
    },
    Form { action: "/confirm", by: Some(Role::Staff), ids: "", fields: &[("password", PASSWORD, Secret)] },
    Form { action: "/account/delete", by: Some(Role::Member), ids: "", fields: &[("password", PASSWORD, Secret)] },
    Form {
        action: "/admin/users/<id>/role",
        by: Some(Role::Superuser),
        ids: "role-",
        fields: &[("role", "staff", Word), ("password", PASSWORD, Secret)],
    },
    Form {
        action: "/admin/users/<id>/delete",
        by: Some(Role::Superuser),
        ids: "delete-",
        fields: &[("staff_reason", "", Reason), ("password", PASSWORD, Secret)],
    },
    Form {
        action: "/admin/force-logout",
        by: Some(Role::Superuser),
        ids: "",
        fields: &[
            ("at", "", Moment),
            ("staff_reason", "", Reason),
            ("user_reason", "", Reason),
            ("password", PASSWORD, Secret),
        ],
    },
];

/// Invalid values for this kind of field.
fn bad_values(kind: Kind) -> Vec<String> {
    let mut bad: Vec<String> =
        ["a\0b", "a\u{1b}[31mb", "a\u{202e}b", "a\u{2066}b", "a\u{7f}b", "a\u{200b}b"].map(str::to_owned).into();
    match kind {
        Line(limit) => bad.extend([String::new(), " ".to_owned(), "a".repeat(limit + 1)]),
        Secret => bad = vec![String::new(), "a\0 lamp at sea".to_owned(), "é".repeat(129)],
        Fixed => bad.clear(),
        Reason => bad.push("é".repeat(501)),
        Lifetime => bad.extend(["soon", "72", "0 s", "367 days", "-1 h"].map(str::to_owned)),
        Word => bad.extend(["", " ", "root", "Staff", "staff "].map(str::to_owned)),
        Moment => bad.extend(["soon", "2026-02-30T10:00", "2026-03-01", "1e9", "0000-01-01T00:00"].map(str::to_owned)),
    }
    bad
}

#[rocket::async_test]
async fn an_invalid_value_is_shown_next_to_its_field_and_nothing_is_stored() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        for form in FORMS {
            let (mut person, path) = ready(&site, form).await;
            let ids = form.ids.replace("<sid>", path.rsplit('/').nth(1).unwrap_or_default());
            let dump = site.database.dump().await;
            for (index, (field, _, kind)) in form.fields.iter().enumerate() {
                for bad in bad_values(*kind) {
                    let fields = filled(form.fields, index, &bad);
                    let page = person.posts_with(&person.token.clone(), &path, &fields).await;
                    assert_eq!(page.status, 422, "{path} {field}={bad:?}: {page:?}");
                    let error = page.field_error(&format!("{ids}{field}"));
                    assert!(error.is_some_and(|error| error.ends_with('.')), "{path} {field}={bad:?}: {page:?}");
                    assert!(page.form_problem().is_some(), "{path} {field}={bad:?}: {page:?}");
                    assert!(page.title().starts_with("Error: "), "{path} {field}={bad:?}: {}", page.title());
                    assert_eq!(page.body.matches(" autofocus").count(), 1, "{path} {field}={bad:?}: {page:?}");
                }
            }
            assert_eq!(site.database.dump().await, dump, "{path}");
        }
    }
}

#[rocket::async_test]
async fn only_the_first_of_several_invalid_fields_takes_the_focus() {
    let site = Site::on(engines()[0]).await;
    site.signed_in(Role::Superuser).await;
    let mut visitor = site.visitor();
    visitor.opens("/register").await.must_be(200);
    let invalid = [("username", "?"), ("email", "?"), ("password", "short"), ("password_again", "other")];
    let page = visitor.posts_with(&visitor.token.clone(), "/register", &invalid).await;
    page.must_be(422);
    assert_eq!(page.body.matches(" autofocus").count(), 1, "{page:?}");
    let first = page.body.split(" autofocus").next().unwrap_or_default();
    assert!(first.rsplit('<').next().is_some_and(|tag| tag.contains("name=\"username\"")), "{page:?}");
}

#[rocket::async_test]
async fn a_body_that_is_not_utf8_is_refused() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        for form in FORMS {
            let (mut person, path) = ready(&site, form).await;
            let dump = site.database.dump().await;
            for (index, (field, ..)) in form.fields.iter().enumerate() {
                let marked = filled(form.fields, index, "MARK");
                for bad in ["%FF", "%C3", "%ED%A0%80", "\u{ff}"] {
                    let body = String::from_utf8(crate::harness::person::form(&person.token, &marked)).expect("ASCII");
                    let mut body = body.replace("MARK", bad).into_bytes();
                    if bad == "\u{ff}" {
                        let at = body.iter().position(|byte| *byte == 0xC3).expect("its first byte");
                        body.remove(at); // an incomplete character, and not percent-encoded either
                    }
                    let page = person.sends(Method::Post, &path, &[], body).await;
                    assert_eq!(page.status, 400, "{path} {field}={bad:?}: {page:?}");
                }
            }
            assert_eq!(site.database.dump().await, dump, "{path}");
        }
    }
}

#[rocket::async_test]
async fn a_body_must_have_the_size_and_type_of_a_form() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        for form in FORMS {
            let (mut person, path) = ready(&site, form).await;
            let dump = site.database.dump_without_events().await;
            let good = crate::harness::person::form(&person.token, &filled(form.fields, usize::MAX, ""));
            let mut large = good.clone();
            large.extend_from_slice(b"&more=");
            large.resize(32 * 1024 + 1, b'a');
            person.sends(Method::Post, &path, &[], large).await.must_be(413);
            for kind in ["application/json", "text/plain", "multipart/form-data; boundary=x"] {
                let page = person.sends(Method::Post, &path, &[("Content-Type", kind)], good.clone()).await;
                assert_eq!(page.status, 415, "{path} {kind}: {page:?}");
            }
            person.sends(Method::Post, &path, &[], Vec::new()).await.must_be(403);
            assert_eq!(site.database.dump_without_events().await, dump, "{path}");
        }
    }
}

#[rocket::async_test]
async fn an_invalid_id_in_a_path_is_not_found() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Superuser).await;
        staff.opens("/account").await;
        let token = staff.token.clone();
        let nobodys = ["0", "-1", "999999999", "9223372036854775807"];
        let none = ["9223372036854775808", "abc", "1e3", "%00", "%FF"];
        for id in nobodys.into_iter().chain(none) {
            staff.opens(&format!("/admin/users/{id}")).await.must_be(404);
            for verb in ["force-logout", "force-logout/cancel", "deactivate", "activate", "role", "delete"] {
                let page = staff.posts_with(&token, &format!("/admin/users/{id}/{verb}"), &[]).await;
                assert_eq!(page.status, 404, "{id}/{verb}: {page:?}");
            }
        }
    }
}

/// Postgres rejects a NUL in text; SQLite accepts it.
#[rocket::async_test]
async fn no_field_value_makes_a_statement_fail() {
    for engine in engines() {
        let site = Site::on(engine).await;
        for form in FORMS {
            let (mut person, path) = ready(&site, form).await;
            for (index, (field, ..)) in form.fields.iter().enumerate() {
                for bad in ["\0", "a\0b", &"a".repeat(9_000), &"💥".repeat(1_000)] {
                    let fields = filled(form.fields, index, bad);
                    let page = person.posts_with(&person.token.clone(), &path, &fields).await;
                    assert!(page.status < 500, "{engine:?} {path} {field}: {page:?}");
                }
            }
        }
    }
}

/// A person who may submit the form, and its address.
async fn ready<'s>(site: &'s Site, form: &Form) -> (Person<'s>, String) {
    let Some(role) = form.by else {
        let mut visitor = site.visitor();
        visitor.opens(form.action).await.must_be(200);
        return (visitor, form.action.to_owned());
    };
    let mut person = site.signed_in(role).await;
    let target = site.signed_in(Role::Member).await;
    if form.action.ends_with("/activate") {
        person.deactivates(&target, "").await.must_be(303);
    }
    person.opens("/account").await.must_be(200);
    if form.action.contains("/sessions/") && !form.action.contains('<') {
        person.another_browser().logs_in().await.must_be(303);
    }
    let sql = format!("SELECT id FROM curfew_logins WHERE user_id = {}", target.id);
    let session = site.database.texts(&sql).await.pop().expect("a session");
    (person, form.action.replace("<id>", &target.id.to_string()).replace("<sid>", &session))
}

/// The form with valid values, except for one field.
fn filled<'a>(fields: &'a [Field], index: usize, value: &'a str) -> Vec<(&'a str, &'a str)> {
    fields.iter().enumerate().map(|(at, (name, good, _))| (*name, if at == index { value } else { *good })).collect()
}
