//! What staff see of the letters.

use curfew::domain::people::role::Role;

use crate::harness::{
    site::Site,
    store::{any_engine, engines},
};

/// Inserts a letter to the user in this state. `error` is an SQL expression.
async fn queue(site: &Site, user_id: i64, state: &str, error: &str) {
    let due = if state == "waiting" { "CURRENT_TIMESTAMP" } else { "NULL" };
    let finished = if state == "waiting" { "NULL" } else { "CURRENT_TIMESTAMP" };
    let sql = format!(
        "INSERT INTO curfew_letters (kind, user_id, address, address_key, details, queued_at, due_at, state, attempts,
                                     finished_at, error)
         VALUES ('password-changed', {user_id}, 'hidden@example.org', 'hidden@example.org',
                 '{{\"user_reason\":\"a secret\"}}', CURRENT_TIMESTAMP, {due}, '{state}', 2, {finished}, {error})"
    );
    site.database.execute(&sql).await;
}

#[rocket::async_test]
async fn staff_see_what_became_of_the_letters_and_not_what_they_say() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let ana = site.named("ana", Role::Member).await;
        let mut staff = site.signed_in(Role::Staff).await;
        assert!(staff.opens("/admin/mail").await.must_be(200).body.contains("No letters yet."));
        assert!(!staff.opens("/admin").await.body.contains("/admin/mail\">Letters</a></p>"), "nothing to look at");
        queue(&site, ana.id, "sent", "NULL").await;
        assert!(!staff.opens("/admin").await.body.contains("/admin/mail\">Letters</a></p>"), "nothing to look at");
        queue(&site, ana.id, "waiting", "'450 <b>later</b>'").await;
        queue(&site, ana.id, "failed", "'unknown-outcome'").await;
        queue(&site, ana.id, "dropped", "'limit'").await;
        let page = staff.opens("/admin/mail").await;
        for words in [
            "Password changed",
            ">ana</a>",
            "450 &lt;b&gt;later&lt;&#x2F;b&gt;",
            "Twice the connection broke off",
            "as many letters of this kind",
            "after 2 attempts",
        ] {
            assert!(page.must_be(200).body.contains(words), "{words}: {page:?}");
        }
        for words in ["hidden@example.org", "a secret"] {
            assert!(!page.body.contains(words), "{words}: {page:?}");
        }
        let overview = staff.opens("/admin").await;
        for words in ["1 letter waits to be sent, queued", "1 letter could not be sent in the last 24 hours"] {
            assert!(overview.must_be(200).body.contains(words), "{words}: {overview:?}");
        }
    }
}

#[rocket::async_test]
async fn dropped_letters_push_no_others_off_the_page() {
    for engine in engines() {
        let site = Site::on(engine).await;
        let ana = site.named("ana", Role::Member).await;
        let mut staff = site.signed_in(Role::Staff).await;
        for state in ["sent", "waiting", "failed"] {
            queue(&site, ana.id, state, "NULL").await;
        }
        for _ in 0..120 {
            queue(&site, ana.id, "dropped", "'limit'").await;
        }
        let page = staff.opens("/admin/mail").await;
        assert_eq!(page.must_be(200).body.matches("data-label=\"Letter\"").count(), 100);
        for tag in ["sent", "waiting", "failed"] {
            assert!(page.body.contains(&format!("<span class=\"tag\">{tag}</span>")), "{tag}: {page:?}");
        }
    }
}

#[rocket::async_test]
async fn the_page_lists_a_hundred_letters_and_stays_small() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let ana = site.named("ana-of-the-riverside", Role::Member).await;
        let mut staff = site.signed_in(Role::Superuser).await;
        for number in 0..101 {
            let state = if number % 2 == 0 { "failed" } else { "sent" };
            queue(&site, ana.id, state, "'550 5.1.1 no mailbox here by that name'").await;
        }
        let page = staff.opens("/admin/mail").await;
        assert_eq!(page.must_be(200).body.matches("data-label=\"Letter\"").count(), 100);
        assert!(page.body.len() < 60 * 1024, "{} bytes", page.body.len());
    }
}
