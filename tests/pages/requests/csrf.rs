//! The CSRF matrix: every posted form × every way to forge it.

use std::{collections::BTreeSet, time::Duration};

use chrono::TimeDelta;
use curfew::{
    accounts::{Actor, Target},
    domain::{letters::link::LinkPurpose, logins::token::TokenLabel, people::role::Role},
};
use rocket::http::Method;

use crate::harness::{
    person::{Person, form},
    site::{PASSWORD, Plan, Site},
    store::{Engine, any_engine},
};

/// Who posts the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Visitor,
    Member,
    Superuser,
}

type Fields = &'static [(&'static str, &'static str)];

/// A forgery: its description, its body, and the headers that differ.
type Forgery = (&'static str, Vec<u8>, Fields);

/// Every form with valid fields, so that only the forgery can cause the refusal. `CODE` is the setup code, `NAME` the
/// person's own name.
const TABLE: &[(&str, By, Fields)] = &[
    (
        "/setup",
        By::Visitor,
        &[
            ("setup_code", "CODE"),
            ("username", "zoe"),
            ("email", "zoe@example.org"),
            ("password", PASSWORD),
            ("password_again", PASSWORD),
        ],
    ),
    (
        "/register",
        By::Visitor,
        &[("username", "zoe"), ("email", "zoe@example.org"), ("password", PASSWORD), ("password_again", PASSWORD)],
    ),
    ("/login", By::Visitor, &[("username", "NAME"), ("password", PASSWORD)]),
    ("/logout", By::Member, &[]),
    ("/account/profile", By::Member, &[("email", "new@example.org"), ("password", PASSWORD)]),
    (
        "/account/password",
        By::Member,
        &[("current_password", PASSWORD), ("password", "a lamp at sea"), ("password_again", "a lamp at sea")],
    ),
    ("/password/forgot", By::Visitor, &[("email", "nobody@example.org")]),
    ("/password/reset/<token>", By::Visitor, &[("password", "a lamp at sea"), ("password_again", "a lamp at sea")]),
    ("/email/verify", By::Visitor, &[("email", "nobody@example.org")]),
    ("/email/verify/<token>", By::Visitor, &[]),
    ("/not-me/<token>", By::Visitor, &[]),
    ("/account/email/verify", By::Member, &[]),
    ("/account/email/cancel", By::Member, &[]),
    ("/admin/users/<id>/reset-link", By::Superuser, &[]),
    ("/admin/users/<id>/force-logout", By::Superuser, &[("user_reason", "forged")]),
    ("/admin/users/<id>/force-logout/cancel", By::Superuser, &[]),
    ("/admin/users/<id>/deactivate", By::Superuser, &[("user_reason", "forged")]),
    ("/admin/users/<id>/activate", By::Superuser, &[]),
    (
        "/admin/users/bulk",
        By::Superuser,
        &[
            ("action", "force-logout"),
            ("scope", "matching"),
            ("confirm", "yes"),
            // A bulk action that does not exist yet, on the first four users: two superusers, of whom the acting user is
            // one, and two members.
            ("promised", "aaaaaaaaaaaaaaaa:9999:4:8229976527224190662:2:true:0:0:0:0:0:0"),
        ],
    ),
    (
        "/admin/sessions/bulk",
        By::Superuser,
        &[
            ("action", "end"),
            ("scope", "matching"),
            ("confirm", "yes"),
            // Of at most nine users, with nine sessions and tokens each, and with the acting user's own.
            ("promised", "aaaaaaaaaaaaaaaa:4102444800000000:9:0:9:true:9:9:9:0:0:0"),
        ],
    ),
    ("/admin/users/paste", By::Superuser, &[("names", "NAME")]),
    ("/account/sessions/<id>/end", By::Member, &[]),
    ("/account/sessions/end-others", By::Member, &[("password", PASSWORD)]),
    ("/account/tokens", By::Member, &[("label", "forged"), ("ttl", "72h")]),
    ("/account/tokens/<id>/revoke", By::Member, &[]),
    ("/admin/users/<id>/sessions/<sid>/end", By::Superuser, &[("staff_reason", "forged")]),
    ("/admin/users/<id>/tokens/<tid>/end", By::Superuser, &[("staff_reason", "forged")]),
    ("/admin/reasons", By::Superuser, &[("title", "forged"), ("user_reason", "forged")]),
    ("/admin/reasons/<id>/delete", By::Superuser, &[]),
    ("/confirm", By::Superuser, &[("password", PASSWORD)]),
    ("/account/delete", By::Member, &[("password", PASSWORD)]),
    ("/admin/users/<id>/role", By::Superuser, &[("role", "staff"), ("password", PASSWORD)]),
    ("/admin/users/<id>/delete", By::Superuser, &[("staff_reason", "forged"), ("password", PASSWORD)]),
    ("/admin/force-logout", By::Superuser, &[("user_reason", "forged"), ("password", PASSWORD)]),
    ("/admin/force-logout/cancel", By::Superuser, &[]),
];

#[rocket::async_test]
async fn a_forged_form_is_refused_and_changes_nothing() {
    for engine in any_engine() {
        for (address, by, fields) in TABLE {
            forge(engine, address, *by, fields).await;
        }
    }
}

/// The API needs no CSRF token, because a cookie is no login there (see `api/routes.rs` and `api/http.rs`).
#[rocket::async_test]
async fn every_post_route_is_in_the_csrf_matrix() {
    let site = Site::on(any_engine()[0]).await;
    let of_pages = site.routes().filter(|route| !route.uri.path().starts_with("/api/"));
    let posts = of_pages.filter(|route| !matches!(route.method, Method::Get | Method::Head));
    let mounted: BTreeSet<String> = posts.map(|route| route.uri.path().to_owned()).collect();
    let listed: BTreeSet<String> = TABLE.iter().map(|(address, ..)| (*address).to_owned()).collect();
    assert_eq!(mounted, listed);
}

/// The browser says so for the forms of links too, whose origin is `null`.
const FROM_NOWHERE: &[(&str, &str)] = &[("Origin", "null"), ("Sec-Fetch-Site", "cross-site")];

async fn forge(engine: Engine, address: &str, by: By, fields: Fields) {
    let site = Plan::default().on(engine).await;
    let code = site.accounts().renew_setup_code().await.expect("the database answers").unwrap_or_default();
    let (mut person, before) = victim(&site, address, by).await;
    let target = target(&site, address, by).await;
    let own = person.token.clone();
    let mut other = if by == By::Visitor { site.visitor() } else { site.signed_in(Role::Member).await };
    other.opens(if by == By::Visitor { "/login" } else { "/account" }).await;
    assert_ne!(own, other.token);

    if address.contains("/email/") {
        let waits = if address.ends_with("/cancel") { "'new@example.org'" } else { "NULL" };
        let sql = format!("UPDATE curfew_users SET email_verified_at = NULL, pending_email = {waits}");
        site.database.execute(&sql).await;
    }
    let path = place(&site, address, &person, target).await;
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(field, value)| (*field, filled(value, &code, &person.name))).collect();
    let good = form(&own, &fields);
    let without_token = good[good.iter().position(|byte| *byte == b'&').map_or(good.len(), |at| at + 1)..].to_vec();
    let forgeries: [Forgery; 11] = [
        ("without a token", without_token, &[]),
        ("with an empty token", form("", &fields), &[]),
        ("with another's token", form(&other.token, &fields), &[]),
        ("with the token from before", form(&before, &fields), &[]),
        ("with a shortened token", form(&own[..own.len() - 1], &fields), &[]),
        ("from nowhere", good.clone(), FROM_NOWHERE),
        ("from elsewhere", good.clone(), &[("Origin", "https://elsewhere.test")]),
        ("from a like name", good.clone(), &[("Origin", "http://curfew.test.elsewhere.test")]),
        ("from another port", good.clone(), &[("Origin", "http://curfew.test:81")]),
        ("from another site, says the browser", good.clone(), &[("Origin", ""), ("Sec-Fetch-Site", "cross-site")]),
        ("from a neighbour, says the browser", good.clone(), &[("Sec-Fetch-Site", "same-site")]),
    ];
    let dump = site.database.dump_without_events().await;
    for (how, body, headers) in forgeries {
        let page = person.sends(Method::Post, &path, headers, body).await;
        assert_eq!(page.status, 403, "{address} {how}: {page:?}");
        assert_eq!(site.database.dump_without_events().await, dump, "{address} {how}");
        assert_eq!(person.session_change(&page), None, "{address} {how}");
    }
    let page = person.sends(Method::Post, &path, &[], good).await;
    let done = if address == "/admin/users/paste" { 200 } else { 303 };
    assert_eq!(page.status, done, "{address}, not forged: {page:?}");
    assert_ne!(site.database.dump_without_events().await, dump, "{address}, not forged");
}

/// Otherwise the lengths of compressed pages reveal the token.
#[rocket::async_test]
async fn each_page_masks_the_token_anew_and_every_one_is_accepted() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut person = site.signed_in(Role::Member).await;
        let mut tokens = BTreeSet::new();
        for _ in 0..4 {
            let page = person.opens("/account/profile").await;
            tokens.insert(page.csrf_token().expect("a token").to_owned());
        }
        assert_eq!(tokens.len(), 4, "{tokens:?}");
        for token in &tokens {
            person.posts_with(token, "/account/profile", &[]).await.must_be(422);
            let cut = &token[..token.len() / 2];
            person.posts_with(cut, "/account/profile", &[]).await.must_be(403);
        }
    }
}

/// The victim, in whose name the form is posted, and an old CSRF token of theirs.
async fn victim<'s>(site: &'s Site, address: &str, by: By) -> (Person<'s>, String) {
    let role = if by == By::Superuser { Role::Superuser } else { Role::Member };
    let mut person = if address == "/setup" { site.visitor() } else { site.person(role).await };
    person.opens("/login").await;
    let mut before = person.token.clone();
    if by == By::Visitor {
        // A visitor's old token is from a session that they logged out of.
        if address == "/setup" {
            person.jar.remove("curfew-visitor"); // nobody can be logged in yet
        } else {
            person.logs_in().await.must_be(303);
            person.opens("/account").await;
            before = person.token.clone();
            person.logs_out().await.must_be(303);
        }
        person.opens("/login").await.must_be(200);
    } else {
        person.logs_in().await.must_be(303);
        person.opens("/account").await.must_be(200);
    }
    assert_ne!(before, person.token);
    (person, before)
}

/// The address to post to: for the target user, or for another session of the victim.
async fn place(site: &Site, address: &str, person: &Person<'_>, target: i64) -> String {
    let newest = async |user: i64| {
        let sql = format!("SELECT id FROM curfew_logins WHERE user_id = {user} ORDER BY login_date DESC LIMIT 1");
        site.database.texts(&sql).await.pop().unwrap_or_default()
    };
    if let Some(path) = address.strip_suffix("<token>") {
        let purpose = match path {
            "/password/reset/" => LinkPurpose::Reset,
            "/email/verify/" => LinkPurpose::Verify,
            _ => LinkPurpose::NotMe,
        };
        return format!("{path}{}", site.link(purpose, person.id, &person.email).await.reveal());
    }
    if address.starts_with("/account/sessions/") {
        person.another_browser().logs_in().await.must_be(303);
        return address.replace("<id>", &newest(person.id).await);
    }
    if address.starts_with("/account/tokens/") {
        return address.replace("<id>", &token_of(site, person.id).await);
    }
    if address == "/admin/reasons/<id>/delete" {
        let sql = "INSERT INTO curfew_reason_templates (title, title_key, user_reason) VALUES ('a', 'a', 'b')";
        site.database.execute(sql).await;
        return address.replace("<id>", "1");
    }
    if address.ends_with("/tokens/<tid>/end") {
        return address.replace("<id>", &target.to_string()).replace("<tid>", &token_of(site, target).await);
    }
    address.replace("<id>", &target.to_string()).replace("<sid>", &newest(target).await)
}

/// The id of a new token of a user.
async fn token_of(site: &Site, user: i64) -> String {
    let (label, operator) = (TokenLabel::parse("backup").expect("a label"), Actor::operator("root"));
    let made = site.accounts().create_token(&operator, &Target::Id(user), &label, Duration::from_hours(1)).await;
    made.expect("a token").0.id.as_str().to_owned()
}

/// The target user, in a state in which the form has something to change.
async fn target(site: &Site, address: &str, by: By) -> i64 {
    if by != By::Superuser {
        return 0;
    }
    let target = site.signed_in(Role::Member).await;
    let mut staff = site.signed_in(Role::Superuser).await;
    let at = site.accounts().store().clock().process_now() + TimeDelta::hours(1);
    if address == "/admin/force-logout/cancel" {
        staff.forces_everyone_out_at(&at.to_rfc3339()).await.must_be(303);
    } else if address.ends_with("/cancel") {
        staff.forces_out_at(&target, &at.to_rfc3339()).await.must_be(303);
    }
    if address.ends_with("/activate") {
        staff.deactivates(&target, "").await.must_be(303);
    }
    target.id
}

fn filled<'a>(value: &'a str, code: &'a str, name: &'a str) -> &'a str {
    match value {
        "CODE" => code,
        "NAME" => name,
        other => other,
    }
}
