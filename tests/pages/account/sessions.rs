//! A user's own sessions, and a user's sessions as staff see them.

use curfew::domain::people::role::Role;

use crate::harness::{
    journeys::STAFF_REASON,
    person::Person,
    site::{PASSWORD, Site},
    store::any_engine,
};

const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
    Version/18.1 Mobile/15E148 Safari/604.1";
const DESKTOP: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0";

/// A person logged in on a computer, and the same person on a phone.
async fn computer_and_phone(site: &Site) -> (Person<'_>, Person<'_>) {
    let mut computer = site.person(Role::Member).await;
    DESKTOP.clone_into(&mut computer.user_agent);
    computer.logs_in().await.must_be(303);
    let mut phone = computer.another_browser();
    PHONE.clone_into(&mut phone.user_agent);
    phone.address = "198.51.100.7".parse().expect("an address");
    phone.logs_in().await.must_be(303);
    (computer, phone)
}

async fn session_of(site: &Site, person: &Person<'_>) -> String {
    let agent = person.user_agent.replace('\'', "''");
    let sql = format!("SELECT id FROM curfew_logins WHERE user_id = {} AND user_agent = '{agent}'", person.id);
    site.database.texts(&sql).await.pop().expect("a session")
}

#[rocket::async_test]
async fn users_see_their_sessions_and_can_end_one() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut computer, mut phone) = computer_and_phone(&site).await;
        let page = computer.opens("/account/sessions").await;
        for words in ["Firefox 145 on Windows", "Mobile Safari 18 on iOS", "198.51.100.7"] {
            assert!(page.must_be(200).body.contains(words), "{words}: {page:?}");
        }
        assert_eq!(page.body.matches("this session").count(), 1, "{page:?}");
        let own = page.body.find("Firefox 145").expect("this session");
        assert!(own < page.body.find("this session").expect("its mark"), "{page:?}");
        assert!(page.body.find("this session") < page.body.find("Mobile Safari"), "this session comes first: {page:?}");

        let other = session_of(&site, &phone).await;
        let page = computer.posts_with(&computer.token.clone(), &format!("/account/sessions/{other}/end"), &[]).await;
        page.must_lead_to("/account/sessions");
        assert!(computer.is_logged_in().await, "the other sessions must continue");
        let page = phone.opens("/account").await;
        page.must_lead_to("/login?next=%2Faccount");
        assert_eq!(phone.opens(page.location()).await.data_reason(), Some("ended-by-user"));
        let recorded = "SELECT COUNT(*) FROM curfew_events WHERE kind = 'session-ended' AND reason = 'ended-by-user'";
        assert_eq!(site.database.number(recorded).await, 1);
        let which = "SELECT session_id FROM curfew_events WHERE kind = 'session-ended'";
        assert_eq!(
            site.database.texts(which).await,
            std::slice::from_ref(&other),
            "the ended session, not the one that ended it"
        );
        let token = computer.token.clone();
        computer.posts_with(&token, &format!("/account/sessions/{other}/end"), &[]).await.must_be(303);
        assert_eq!(site.database.number(recorded).await, 1, "it had already ended");
        let page = computer.opens("/account/sessions").await;
        assert!(page.body.contains("You are logged in nowhere else."), "{page:?}");
    }
}

#[rocket::async_test]
async fn nobody_can_end_another_users_session() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut computer, _) = computer_and_phone(&site).await;
        let mut other = site.signed_in(Role::Superuser).await;
        other.opens("/account").await.must_be(200);
        let (token, id) = (other.token.clone(), session_of(&site, &computer).await);
        for name in [id.as_str(), "aaaaaaaaaaaaaaaa", "x", "%00", "a%20b", &"a".repeat(300)] {
            other.posts_with(&token, &format!("/account/sessions/{name}/end"), &[]).await.must_be(404);
        }
        // Staff cannot do it through another user's page either.
        let path = format!("/admin/users/{}/sessions/{id}/end", other.id);
        other.posts_with(&token, &path, &[]).await.must_be(404);
        assert!(computer.is_logged_in().await);
    }
}

#[rocket::async_test]
async fn ending_all_other_logins_asks_for_the_password_and_keeps_this_browser() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut computer, mut phone) = computer_and_phone(&site).await;
        let mut third = computer.another_browser();
        third.logs_in().await.must_be(303);
        let program = computer.program_with_token().await;
        let page = computer.opens("/account/sessions").await;
        assert!(page.body.contains("Ends your 2 other sessions and 1 token."), "{page:?}");
        let token = page.csrf_token().expect("a token").to_owned();
        let wrong = [("password", "a wrong lamp")];
        let page = computer.posts_with(&token, "/account/sessions/end-others", &wrong).await;
        assert!(page.must_be(422).field_error("password").is_some(), "{page:?}");
        assert!(phone.is_logged_in().await && third.is_logged_in().await);
        let right = [("password", PASSWORD)];
        computer.posts_with(&token, "/account/sessions/end-others", &right).await.must_lead_to("/account/sessions");
        assert!(computer.is_logged_in().await && !phone.is_logged_in().await && !third.is_logged_in().await);
        assert!(!program.is_logged_in().await, "a token that a thief made must not stay");
        let detail = "SELECT detail FROM curfew_events WHERE kind = 'session-ended'";
        assert_eq!(site.database.texts(detail).await, ["2 sessions and 1 token ended"], "one event for one act");
    }
}

#[rocket::async_test]
async fn ending_the_current_session_is_a_logout() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut computer, mut phone) = computer_and_phone(&site).await;
        computer.opens("/account").await.must_be(200);
        let own = session_of(&site, &computer).await;
        let token = computer.token.clone();
        computer.posts_with(&token, &format!("/account/sessions/{own}/end"), &[]).await.must_lead_to("/");
        assert_eq!(computer.session(), None);
        assert!(phone.is_logged_in().await);
        assert_eq!(site.database.number("SELECT COUNT(*) FROM curfew_events WHERE kind = 'logout'").await, 1);
    }
}

#[rocket::async_test]
async fn staff_end_one_session_of_a_member_with_a_reason() {
    for engine in any_engine() {
        let site = Site::on(engine).await;
        let (mut computer, mut phone) = computer_and_phone(&site).await;
        let mut staff = site.signed_in(Role::Staff).await;
        let user = format!("/admin/users/{}", phone.id);
        let page = staff.opens(&user).await;
        assert!(page.must_be(200).body.contains(">Mobile Safari 18</a> on <a"), "{page:?}");
        let path = format!("{user}/sessions/{}/end", session_of(&site, &phone).await);
        let fields = [("staff_reason", STAFF_REASON)];
        staff.posts_with(&staff.token.clone(), &path, &fields).await.must_lead_to(&user);
        assert!(computer.is_logged_in().await, "the other sessions must continue");
        let page = phone.opens("/account").await;
        let page = phone.opens(page.location()).await;
        assert_eq!(page.data_reason(), Some("forced-out"));
        assert!(!page.body.contains("4711"), "{page:?}");
        assert!(staff.opens(&user).await.body.contains("4711"));
        let mut colleague = site.signed_in(Role::Staff).await;
        colleague.opens("/account").await.must_be(200);
        let of_colleague = session_of(&site, &colleague).await;
        let path = format!("/admin/users/{}/sessions/{of_colleague}/end", colleague.id);
        staff.posts_with(&staff.token.clone(), &path, &fields).await.must_be(403);
        assert!(colleague.is_logged_in().await);
    }
}
