//! What a guard's refusal leads to on a page of the host.

use curfew::{
    Curfew, Present, SignedIn,
    gate::{ApiClient, Csrf, Visitor},
    site::Pages,
};
use rocket::{
    Route, State, catch, catchers,
    config::LogLevel,
    error::ErrorKind,
    get,
    http::{Method, Status},
    routes,
};

use crate::harness::{
    site::{PASSWORD, host},
    store::{any_engine, engines},
};

#[get("/garden?<plot>")]
fn garden(me: SignedIn<'_>, plot: Option<u8>) -> String {
    format!("{} {plot:?}", me.username())
}

#[get("/shed")]
fn shed(me: Present<SignedIn<'_>>) -> String {
    me.username().to_owned()
}

#[get("/level")]
fn level(_program: ApiClient<'_>) -> &'static str {
    "7"
}

#[catch(401)]
const fn members_only() -> &'static str {
    "members only"
}

#[rocket::async_test]
async fn a_guard_leads_to_the_login_and_back() {
    for engine in engines() {
        for at in ["", "/auth"] {
            let site = host(engine, |figment| {
                rocket::custom(figment).attach(Curfew::init().at(at)).mount("/", routes![garden, shed, level])
            })
            .await;
            let mut ana = site.person(curfew::Role::Member).await;
            let page = ana.opens("/garden?plot=3").await;
            assert_eq!(page.must_be(303).location(), format!("{at}/login?next=%2Fgarden%3Fplot%3D3"));
            assert_eq!(page.header("Cache-Control"), Some("no-store"));
            let (name, login) = (ana.name.clone(), page.location().to_owned());
            let fields = [("username", &*name), ("password", PASSWORD), ("next", "/garden?plot=3")];
            let page = ana.posts(&login, &fields).await;
            assert_eq!(page.must_be(303).location(), "/garden?plot=3");
            assert_eq!(ana.opens("/garden?plot=3").await.must_be(200).body, format!("{name} Some(3)"));

            ana.opens("/shed").await.must_be(200);
            site.shift_clock(chrono::TimeDelta::hours(1));
            let page = ana.opens("/shed").await;
            assert_eq!(page.must_be(303).location(), format!("{at}/confirm?next=%2Fshed"));
            site.shift_clock(chrono::TimeDelta::hours(-1));

            site.accounts()
                .force_logout(
                    &curfew::accounts::Actor::operator("test"),
                    &curfew::accounts::Target::Id(ana.id),
                    curfew::accounts::ForceLogoutMoment::Now,
                    &curfew::Reasons::default(),
                )
                .await
                .expect("a force logout");
            let page = ana.opens("/garden").await;
            assert_eq!(page.must_be(303).location(), format!("{at}/login?next=%2Fgarden"));
            assert_eq!(ana.session(), None, "the cookie is removed on a page of the host too");
            let page = ana.opens(&format!("{at}/login")).await;
            assert_eq!(page.data_reason(), Some("forced-out"), "{page:?}");

            let page = ana.opens("/level").await;
            assert!(page.must_be(401).body.contains("\"not_authenticated\""), "{page:?}");
        }
    }
}

#[rocket::async_test]
async fn a_host_that_catches_401_itself_shows_its_own_page() {
    for engine in any_engine() {
        let site = host(engine, |figment| {
            let program = rocket::custom(figment).attach(Curfew::init()).mount("/", routes![garden]);
            program.register("/", catchers![members_only])
        })
        .await;
        assert_eq!(site.visitor().opens("/garden").await.must_be(401).body, "members only");
        assert_eq!(site.visitor().opens("/account").await.must_be(303).location(), "/login?next=%2Faccount");
    }
}

#[rocket::async_test]
async fn with_catchers_the_errors_of_the_host_look_like_those_of_curfew() {
    for engine in any_engine() {
        let site = host(engine, |figment| {
            rocket::custom(figment).attach(Curfew::init().catchers()).mount("/", routes![garden])
        })
        .await;
        let mut visitor = site.visitor();
        assert_eq!(visitor.opens("/garden").await.must_be(303).location(), "/login?next=%2Fgarden");
        assert!(visitor.opens("/nowhere").await.must_be(404).body.contains("Page not found"));
        let page = visitor.sends(Method::Get, "/api/nowhere", &[], Vec::new()).await;
        assert!(page.must_be(404).body.contains("\"not_found\""), "{page:?}");

        let site = host(engine, |figment| {
            rocket::custom(figment).attach(Curfew::init().at("/auth").catchers()).mount("/", routes![garden])
        })
        .await;
        let mut visitor = site.visitor();
        for path in ["/nowhere", "/auth/nowhere"] {
            let page = visitor.opens(path).await;
            assert!(page.must_be(404).body.contains("Page not found"), "{path}: {page:?}");
        }
        let page = visitor.sends(Method::Get, "/auth/api/nowhere", &[], Vec::new()).await;
        assert!(page.must_be(404).body.contains("\"not_found\""), "{page:?}");
    }
}

#[get("/closed")]
fn closed(me: Option<SignedIn<'_>>) -> (Status, String) {
    (Status::Forbidden, me.map_or_else(|| "closed".to_owned(), |me| format!("closed, {}", me.username())))
}

#[rocket::async_test]
async fn a_page_that_lets_visitors_in_keeps_its_own_refusal() {
    for engine in any_engine() {
        let site =
            host(engine, |figment| rocket::custom(figment).attach(Curfew::init()).mount("/", routes![closed])).await;
        let page = site.visitor().opens("/closed").await;
        assert_eq!(page.must_be(403).body, "closed");
        assert_eq!(page.header("Cache-Control"), Some("no-store"), "it depends on who asks");
        let mut ana = site.signed_in(curfew::Role::Member).await;
        let words = format!("closed, {}", ana.name);
        assert_eq!(ana.opens("/closed").await.must_be(403).body, words);
    }
}

#[get("/visitor")]
const fn for_visitors(_visitor: Visitor) {}

#[get("/pages")]
fn with_pages(_pages: Pages<'_>) {}

#[get("/csrf")]
fn with_csrf(_csrf: Csrf<'_>) {}

#[get("/accounts")]
fn with_accounts(_accounts: &State<curfew::Accounts>) {}

#[rocket::async_test]
async fn a_program_that_forgets_curfew_does_not_launch() {
    let guarded: [Vec<Route>; 7] = [
        routes![garden],
        routes![shed],
        routes![level],
        routes![for_visitors],
        routes![with_pages],
        routes![with_csrf],
        routes![with_accounts],
    ];
    for routes in guarded {
        let refused = rocket::custom(rocket::Config { log_level: LogLevel::Off, ..rocket::Config::default() })
            .mount("/", routes.clone())
            .ignite()
            .await
            .expect_err("nothing guards it");
        assert!(matches!(refused.kind(), ErrorKind::SentinelAborts(_)), "{routes:?}: {}", refused.kind());
    }
}
