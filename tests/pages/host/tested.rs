//! The logged-in users that Curfew gives to the tests of a host.

use curfew::{
    Accounts, Curfew, ForceLogoutMoment, ForceLogoutOutcome, Reasons, Role, SignedIn, Staff, Target,
    gate::{Button, Submission},
    testing,
};
use rocket::{State, get, http::ContentType, post, routes};

use crate::harness::{site::host, store::engines};

#[get("/garden")]
fn garden(me: SignedIn<'_>) -> String {
    me.username().to_owned()
}

#[get("/shed")]
fn shed(me: Staff<'_>) -> String {
    me.username().to_owned()
}

#[post("/garden", data = "<_form>")]
fn water(me: SignedIn<'_>, _form: Submission<Button>) -> String {
    format!("watered by {}", me.user_id())
}

#[post("/shed/<gardener>/close", data = "<_form>")]
async fn close(staff: Staff<'_>, gardener: i64, accounts: &State<Accounts>, _form: Submission<Button>) -> String {
    let (gardener, reasons) = (Target::Id(gardener), Reasons::default());
    match accounts.force_logout(&staff.actor(), &gardener, ForceLogoutMoment::Now, &reasons).await {
        Ok(ForceLogoutOutcome::Done { ended, .. }) => format!("ended {}", ended.sessions),
        other => format!("{other:?}"),
    }
}

#[rocket::async_test]
async fn a_page_of_the_host_forces_somebody_out() {
    for engine in engines() {
        let site = host(engine, |figment| {
            rocket::custom(figment).attach(Curfew::init()).mount("/", routes![garden, shed, close])
        })
        .await;
        let mut ana = site.signed_in(Role::Member).await;
        let mut ben = site.signed_in(Role::Staff).await;
        ana.opens("/garden").await.must_be(200);
        let token = ben.opens("/account").await.csrf_token().expect("a form").to_owned();
        let page = ben.posts_with(&token, &format!("/shed/{}/close", ana.id), &[]).await;
        assert_eq!(page.must_be(200).body, "ended 1");
        ana.opens("/garden").await.must_be(303);
        ben.opens("/shed").await.must_be(200);
        let page = ben.posts_with(&token, &format!("/shed/{}/close", ben.id), &[]).await;
        assert!(page.must_be(200).body.contains("Forbidden"), "staff reach members only: {page:?}");
    }
}

#[rocket::async_test]
async fn a_test_user_opens_pages_and_sends_forms() {
    for engine in engines() {
        for (base_url, origin) in
            [("http://garden.test", "http://garden.test"), ("https://garden.test", "https://garden.test")]
        {
            let site = host(engine, |figment| {
                let figment = figment.merge(("curfew.base_url", base_url));
                rocket::custom(figment).attach(Curfew::init()).mount("/", routes![garden, shed, water])
            })
            .await;
            let client = site.client();
            let ana = testing::log_in(client, "ana", Role::Member).await.expect("a user");
            let ben = testing::log_in(client, "ben", Role::Staff).await.expect("a user");
            for (user, address, status) in
                [(&ana, "/garden", 200), (&ana, "/shed", 403), (&ben, "/shed", 200), (&ana, "/auth", 404)]
            {
                let answer = client.get(address).cookie(user.cookie()).dispatch().await;
                assert_eq!(answer.status().code, status, "{} at {address}", user.username);
            }
            let form = client
                .post("/garden")
                .header(ContentType::Form)
                .header(rocket::http::Header::new("Origin", origin))
                .cookie(ana.cookie());
            let answer = form.clone().body(format!("csrf_token={}", ana.csrf_token())).dispatch().await;
            assert_eq!(answer.into_string().await, Some(format!("watered by {}", ana.id)));
            let answer = form.body(format!("csrf_token={}", ben.csrf_token())).dispatch().await;
            assert_eq!(answer.status().code, 403, "the token of somebody else");
            let again = testing::log_in(client, "ana", Role::Member).await.expect_err("the name is taken");
            assert!(again.to_string().contains("taken") || again.to_string().contains("already"), "{again}");
        }
    }
}
