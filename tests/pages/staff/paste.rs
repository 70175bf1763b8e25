//! Pasted lists of names: what the page says of each, and the bulk actions on the users found.

use curfew::{domain::people::role::Role, gate::UPLOAD_BYTES};
use rocket::http::Method;

use crate::harness::{
    page::Page,
    person::{Person, form},
    site::{PASSWORD, Site},
    store::{any_engine, engines},
};

const PASTE: &str = "/admin/users/paste";
const BULK: &str = "/admin/users/bulk";
const BOUNDARY: &str = "----curfew7MA4YWxk";

/// Posts the list as a browser does: in parts, also without a file.
async fn pastes(staff: &mut Person<'_>, names: &str, file: &[u8]) -> Page {
    staff.opens(PASTE).await.must_be(200);
    let body = parts(&staff.token, names, file);
    sends_parts(staff, body).await
}

async fn sends_parts(staff: &mut Person<'_>, body: Vec<u8>) -> Page {
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    staff.sends(Method::Post, PASTE, &[("Content-Type", &kind)], body).await
}

fn parts(token: &str, names: &str, file: &[u8]) -> Vec<u8> {
    let part = |head: &str, content: &[u8]| {
        let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n");
        [head.as_bytes(), content, b"\r\n"].concat()
    };
    let name = if file.is_empty() { "" } else { "list.csv" };
    [
        part("name=\"csrf_token\"", token.as_bytes()),
        part("name=\"names\"", names.as_bytes()),
        part(&format!("name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/csv"), file),
        format!("--{BOUNDARY}--\r\n").into_bytes(),
    ]
    .concat()
}

/// Posts the form of the force logout on the page with the result.
async fn forces_out_all(staff: &mut Person<'_>, page: &Page) -> Page {
    let hidden = page.hidden_fields(BULK);
    let mut fields: Vec<(&str, &str)> = hidden
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .filter(|(name, _)| *name != "csrf_token")
        .collect();
    fields.push(("confirm", "yes"));
    let token = page.csrf_token().expect("a token").to_owned();
    staff.posts_with(&token, BULK, &fields).await
}

#[rocket::async_test]
async fn a_list_is_found_and_forced_out_with_one_button() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        let boss = site.named("boss", Role::Superuser).await;
        let (mut ana, mut ben) = (site.named("Ana", Role::Member).await, site.named("ben", Role::Member).await);
        let mut eve = site.signed_in(Role::Member).await;
        for person in [&mut ana, &mut ben] {
            person.logs_in().await.must_be(303);
        }
        let names = format!("aNA, nobody\r\nBEN@EXAMPLE.ORG;{}\r\n\r\nboss <gone@example.org>\r\nnobody", ben.id);
        let page = pastes(&mut staff, &names, b"").await;
        page.must_be(200);
        assert!(page.body.contains("<h1>2 users found</h1>"), "{page:?}");
        for words in
            ["2 unknown, 2 repeated, 1 out of reach.", "Nobody was found for <a href=\"#unknown\">2 names</a>."]
        {
            assert!(page.body.contains(words), "{page:?}");
        }
        assert!(page.body.contains("A force logout ends 2 sessions"), "{page:?}");
        for line in [
            "Line 1</span> nobody</li>",
            "Line 2</span> <a class=\"name\"",
            "as line 2</span>",
            "Line 4</span> gone@example.org</li>",
            "Line 5</span> nobody <span class=\"none\">as line 1</span></li>",
        ] {
            assert!(page.body.contains(line), "{line}: {page:?}");
        }
        assert!(page.body.contains(&format!("Line 4</span> <a class=\"name\" href=\"/admin/users/{}\">boss", boss.id)));

        forces_out_all(&mut staff, &page).await.must_be(303);
        for person in [&mut ana, &mut ben] {
            let out = person.opens("/account").await;
            assert_eq!(person.opens(out.location()).await.data_reason(), Some("forced-out"));
        }
        eve.opens("/account").await.must_be(200);
    }
}

#[rocket::async_test]
async fn the_users_found_survive_the_recent_password_check() {
    let site = Site::on(any_engine()[0]).await;
    let mut staff = site.signed_in(Role::Staff).await;
    site.named("ana", Role::Member).await;
    let page = pastes(&mut staff, "ana", b"").await;
    site.shift_clock(chrono::TimeDelta::minutes(16));
    let asked = forces_out_all(&mut staff, &page).await;
    asked.must_be(303);
    assert!(asked.location().len() < 120, "{asked:?}");
    let asked = staff.opens(asked.location()).await;
    let proven = staff.posts(asked.location(), &[("password", PASSWORD)]).await;
    let page = staff.opens(proven.location()).await;
    page.must_be(200);
    assert!(page.body.contains("Force out 1 user?"), "{page:?}");
    assert_eq!(site.database.number("SELECT COUNT(*) FROM curfew_events WHERE kind = 'force-logout'").await, 0);
    forces_out_all(&mut staff, &page).await.must_be(303);
    assert_eq!(site.database.number("SELECT COUNT(*) FROM curfew_events WHERE kind = 'force-logout'").await, 1);
}

#[rocket::async_test]
async fn files_of_text_are_read_and_others_are_refused() {
    let site = Site::on(any_engine()[0]).await;
    let mut staff = site.signed_in(Role::Staff).await;
    site.named("ana", Role::Member).await;
    let utf16: Vec<u8> = "\u{feff}ana\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for file in [&b"name;email\r\n\"ana\";\"ana@example.org\"\r\n"[..], b"\xef\xbb\xbfana\r\n", b"ana", &utf16] {
        let page = pastes(&mut staff, "", file).await;
        page.must_be(200);
        assert!(page.body.contains("<h1>1 user found</h1>"), "{file:?}: {page:?}");
    }
    let many = "x\n".repeat(10_001);
    for (names, file, field, error) in [
        ("", &b""[..], "names", "Paste at least one username, email or id, or choose a file."),
        (" ,;\r\n", b"", "names", "Paste at least one username, email or id, or choose a file."),
        ("", b",;\r\n", "file", "Paste at least one username, email or id, or choose a file."),
        (
            "",
            b"\x89PNG\r\n\x1a\n\0\0",
            "file",
            "This file is not text. Save it as text or CSV in UTF-8, and choose it again.",
        ),
        ("", b"ana\0", "file", "This file is not text. Save it as text or CSV in UTF-8, and choose it again."),
        ("ana kept", b"ana", "file", "Paste a list or choose a file, not both."),
        ("", many.as_bytes(), "file", "This list has 10001 names. Split it: at most 10,000 can be looked up at once."),
        (&many, b"", "names", "This list has 10001 names. Split it: at most 10,000 can be looked up at once."),
    ] {
        let page = pastes(&mut staff, names, file).await;
        page.must_be(422);
        assert_eq!(page.field_error(field), Some(error));
        assert!(
            page.body.contains(&format!("\n{}</textarea>", names.replace("\r\n", "\n"))) || names.contains('\r'),
            "{names:?} is kept"
        );
    }
}

#[rocket::async_test]
async fn a_list_that_is_too_large_is_refused_with_what_was_pasted() {
    let site = Site::on(any_engine()[0]).await;
    let mut staff = site.signed_in(Role::Staff).await;
    let large = b"ana\n".repeat(usize::try_from(UPLOAD_BYTES / 4).expect("a size"));
    let page = pastes(&mut staff, "pasted first", &large).await;
    page.must_be(413);
    let error = "The list is larger than 2 MB, so nothing was looked up. Split it.";
    assert_eq!(page.field_error("file"), Some(error));
    assert!(page.body.contains("\npasted first</textarea>"), "{page:?}");

    let text = String::from_utf8(large).expect("text");
    let body = form(&staff.token, &[("names", &text)]);
    staff.sends(Method::Post, PASTE, &[], body).await.must_be(413);
    // What comes before the limit decides: without its token the form is refused.
    let body = [&b"names="[..], text.as_bytes(), b"&csrf_token=", staff.token.as_bytes()].concat();
    staff.sends(Method::Post, PASTE, &[], body).await.must_be(403);
    assert_eq!(site.database.number("SELECT COUNT(*) FROM curfew_user_lists").await, 0);
}

#[rocket::async_test]
async fn malformed_forms_are_refused() {
    let site = Site::on(any_engine()[0]).await;
    let mut staff = site.signed_in(Role::Staff).await;
    staff.opens(PASTE).await;
    let good = parts(&staff.token, "ana", b"");
    let cut = good[..good.len() / 2].to_vec();
    sends_parts(&mut staff, cut).await.must_be(400);
    let bad_text: Vec<u8> = good.iter().map(|byte| if *byte == b'a' { 0xff } else { *byte }).collect();
    sends_parts(&mut staff, bad_text).await.must_be(400);
    for kind in ["multipart/form-data", "multipart/form-data; boundary=other"] {
        staff.sends(Method::Post, PASTE, &[("Content-Type", kind)], good.clone()).await.must_be(400);
    }
    staff.sends(Method::Post, PASTE, &[("Content-Type", "text/plain")], good.clone()).await.must_be(415);
    sends_parts(&mut staff, parts("", "ana", b"")).await.must_be(403);
    let other = site.signed_in(Role::Staff).await.token;
    sends_parts(&mut staff, parts(&other, "ana", b"")).await.must_be(403);
    sends_parts(&mut staff, good).await.must_be(200);
    let mut member = site.signed_in(Role::Member).await;
    member.opens("/account").await;
    let body = parts(&member.token, "ana", b"");
    sends_parts(&mut member, body).await.must_be(403);
}

#[rocket::async_test]
async fn hostile_names_are_text_and_a_long_answer_stays_small() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let mut staff = site.signed_in(Role::Staff).await;
        let long = "é".repeat(300);
        let names =
            ["<script>alert(1)</script>", "a\u{202e}b", "a\0b", "'--", "\"&amp;\"", "%", "\\u0000", "💥", &long];
        let page = pastes(&mut staff, &names.join("\n"), b"").await;
        page.must_be(200);
        assert!(page.body.contains("9 unknown"), "{page:?}");
        assert!(!page.body.contains("<script>alert") && !page.body.contains(['\0', '\u{202e}']), "{page:?}");
        assert!(page.body.contains("script&gt;alert(1)&lt;&#x2F;script</li>"), "{page:?}");
        assert!(page.body.contains("a\\u{202e}b") && page.body.contains("a\\u{0}b"), "{page:?}");
        assert!(page.body.contains(&format!("{}…", "é".repeat(60))) && !page.body.contains(&long), "{page:?}");

        let many: Vec<String> = (0..5_000).map(|n| format!("nobody-{n}-{}", "💥".repeat(60))).collect();
        let page = pastes(&mut staff, &many.join(" "), b"").await;
        page.must_be(200);
        assert!(page.body.contains("And 4,900 more.") && page.body.len() < 60_000, "{}", page.body.len());
    }
}
