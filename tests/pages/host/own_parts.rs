//! A host keeps what it has: its start page, its catchers, its templates, its files, its headers and its forms.

use curfew::{
    Curfew, Headers, SignedIn,
    store::{PoolLimits, Store},
};
use rocket::{
    Request, catch, catchers,
    error::ErrorKind,
    fairing::AdHoc,
    fs::FileServer,
    get,
    http::{Header, Method, Status, uri::Origin},
    put,
    response::content::RawHtml,
    routes,
};
use rocket_dyn_templates::{Template, context};

use crate::harness::{
    site::{host, host_over, settings_of_host},
    store::{Database, any_engine, engines, project},
};

#[get("/")]
fn home() -> Template {
    Template::render("home", context! {})
}

#[get("/garden")]
fn garden(me: SignedIn<'_>) -> String {
    format!("{} {} {}", me.user_id(), me.username(), me.role())
}

#[get("/hours")]
const fn hours() -> &'static str {
    "from nine to five"
}

#[get("/scripted")]
const fn scripted() -> RawHtml<&'static str> {
    RawHtml("<script>1</script><img src=\"https://cdn.example/a.png\">")
}

/// A page with headers of its own.
#[derive(rocket::Responder)]
struct Framed(&'static str, Header<'static>, Header<'static>);

#[get("/framed")]
fn framed() -> Framed {
    let [policy, caching] =
        [("Content-Security-Policy", "frame-ancestors 'self'"), ("Cache-Control", "public, max-age=60")]
            .map(|(name, value)| Header::new(name, value));
    Framed("for our other pages", policy, caching)
}

#[put("/plants")]
const fn plant() -> &'static str {
    "planted"
}

#[catch(default)]
fn not_here(status: Status, _: &Request<'_>) -> String {
    format!("the host's own {}", status.code)
}

#[rocket::async_test]
async fn a_host_keeps_its_start_page_its_catchers_its_templates_and_its_files() {
    for engine in engines() {
        let site = host(engine, |figment| {
            rocket::custom(figment)
                .attach(Curfew::init())
                .attach(Template::fairing())
                .mount("/", routes![home, garden])
                .mount("/static", FileServer::from(project().join("tests/host/templates")))
                .register("/", catchers![not_here])
        })
        .await;
        let mut visitor = site.visitor();
        assert!(visitor.opens("/").await.must_be(200).body.contains("Welcome to the garden"));
        assert_eq!(visitor.opens("/nowhere").await.must_be(404).body, "the host's own 404");
        assert!(visitor.opens("/static/layout.html.tera").await.must_be(200).body.contains("<!DOCTYPE"));
        let login = visitor.opens("/login").await;
        let styles = login.must_be(200).between("<link rel=\"stylesheet\" href=\"", "\"").expect("styles").to_owned();
        visitor.opens(&styles).await.must_be(200);

        let mut ana = site.signed_in(curfew::Role::Member).await;
        let (id, name) = (ana.id, ana.name.clone());
        assert_eq!(ana.opens("/garden").await.must_be(200).body, format!("{id} {name} member"));
        // Curfew's own pages answer their own errors.
        let page = ana.opens("/admin").await;
        assert!(page.must_be(403).body.contains("Access denied"), "{page:?}");
        let page = ana.opens("/not-me/unknown").await;
        assert!(page.must_be(410).body.contains("<title>"), "{page:?}");
    }
}

#[rocket::async_test]
async fn the_strict_headers_are_of_own_pages_only_unless_the_host_wants_them() {
    for engine in any_engine() {
        for (is_everywhere, policy) in [(false, None), (true, Some("default-src 'none'"))] {
            let site = host(engine, |figment| {
                let headers = if is_everywhere { Headers::everywhere() } else { Headers::of_own_pages() };
                let curfew = Curfew::init().headers(headers).csp("img-src https://cdn.example");
                rocket::custom(figment).attach(curfew).mount("/", routes![hours, scripted, garden, framed])
            })
            .await;
            let mut ana = site.signed_in(curfew::Role::Member).await;
            for path in ["/hours", "/scripted", "/garden", "/nowhere"] {
                let page = ana.opens(path).await;
                let found = page.header("Content-Security-Policy");
                assert_eq!(found.map(|found| found.starts_with("default-src 'none'")), policy.map(|_| true), "{path}");
                let is_private = path == "/garden" || is_everywhere && path == "/nowhere";
                let is_stored = is_private.then_some("no-store");
                assert_eq!(page.header("Cache-Control"), is_stored, "{path}");
            }
            let page = ana.opens("/framed").await;
            assert_eq!(page.must_be(200).header("Content-Security-Policy"), Some("frame-ancestors 'self'"));
            assert_eq!(page.header("Cache-Control"), Some("public, max-age=60"));
            assert_eq!(page.header("Referrer-Policy"), is_everywhere.then_some("same-origin"));
            let page = ana.opens("/account").await;
            let found = page.must_be(200).header("Content-Security-Policy").expect("a policy");
            assert!(found.contains("img-src 'self' https://cdn.example;"), "{found}");
        }
    }
}

#[rocket::async_test]
async fn a_form_of_the_host_may_override_its_method_and_one_of_curfew_may_not() {
    for engine in any_engine() {
        let site =
            host(engine, |figment| rocket::custom(figment).attach(Curfew::init()).mount("/", routes![plant])).await;
        let mut visitor = site.visitor();
        let body = || b"_method=put".to_vec();
        assert_eq!(visitor.sends(Method::Post, "/plants", &[], body()).await.must_be(200).body, "planted");
        visitor.sends(Method::Post, "/login", &[], body()).await.must_be(400);
        visitor.sends(Method::Post, "/login", &[], b"_method=head".to_vec()).await.must_be(400);
    }
}

#[get("/api/<_..>")]
fn plants(asked: &Origin<'_>) -> String {
    asked.to_string()
}

#[rocket::async_test]
async fn an_api_of_the_host_is_left_alone_where_curfew_has_a_path_of_its_own() {
    for engine in any_engine() {
        let site = host(engine, |figment| {
            let figment = figment.merge(("curfew.cors_origins", vec!["https://app.example"]));
            rocket::custom(figment).attach(Curfew::init().at("/auth")).mount("/", routes![plants])
        })
        .await;
        let mut app = site.visitor();
        let origin = [("Origin", "https://app.example")];
        let page = app.sends(Method::Get, "/api/plants/", &origin, Vec::new()).await;
        assert_eq!(
            (page.must_be(200).body.as_str(), page.header("Access-Control-Allow-Origin")),
            ("/api/plants/", None)
        );
        let page = app.sends(Method::Get, "/auth/api/openapi.json/", &origin, Vec::new()).await;
        assert_eq!(page.must_be(200).header("Access-Control-Allow-Origin"), Some("https://app.example"));
        assert!(page.body.contains("\"url\": \"/auth\""), "the description says where the API is");
    }
}

#[rocket::async_test]
async fn every_cookie_is_named_after_the_setting() {
    for engine in any_engine() {
        let site = host(engine, |figment| {
            let figment = figment.merge(("curfew.cookie_name", "garden"));
            rocket::custom(figment).attach(Curfew::init()).mount("/", routes![garden])
        })
        .await;
        let mut ana = site.signed_in(curfew::Role::Member).await;
        ana.opens("/garden").await.must_be(200);
        let page = site.visitor().opens("/login").await;
        assert!(page.must_be(200).header("Set-Cookie").is_some_and(|cookie| cookie.starts_with("garden-visitor=")));
        let page = ana.posts("/logout", &[]).await;
        let cookies = page.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("Set-Cookie"));
        let cookies: Vec<&str> = cookies.map(|(_, cookie)| cookie.as_str()).collect();
        assert!(cookies.iter().any(|cookie| cookie.starts_with("garden=;")), "{cookies:?}");
        assert!(cookies.iter().all(|cookie| cookie.starts_with("garden")), "{cookies:?}");
    }
}

#[rocket::async_test]
async fn tables_of_the_host_can_refer_to_curfews_at_the_first_start() {
    for engine in engines() {
        let migrations = AdHoc::try_on_ignite("Gardens", |rocket| async {
            let url: String = rocket.figment().extract_inner("databases.curfew.url").expect("the address");
            match Store::open_existing(&url, PoolLimits::of(None)).await {
                Ok(_) => Ok(rocket),
                Err(error) => panic!("{error}"), // an empty database, or no file
            }
        });
        let database = Database::empty(engine).await;
        host_over(database, |figment| rocket::custom(figment).attach(Curfew::init()).attach(migrations)).await;
    }
}

#[rocket::async_test]
async fn the_way_to_the_login_keeps_the_headers_of_other_fairings() {
    for engine in any_engine() {
        let numbered = AdHoc::on_response("Request ids", |_, response| {
            Box::pin(async move {
                response.set_header(Header::new("X-Request-Id", "7"));
            })
        });
        let site = host(engine, |figment| {
            rocket::custom(figment).attach(numbered).attach(Curfew::init()).mount("/", routes![garden])
        })
        .await;
        let page = site.visitor().opens("/garden").await;
        assert_eq!(page.must_be(303).header("X-Request-Id"), Some("7"), "{page:?}");
        assert_eq!(page.header("X-Frame-Options"), Some("SAMEORIGIN"), "Rocket's own: {page:?}");
    }
}

#[get("/login")]
const fn own_login() -> &'static str {
    "the garden's own login"
}

#[rocket::async_test]
async fn a_page_of_the_host_at_an_address_of_curfew_is_refused_unless_curfew_has_a_path() {
    for engine in any_engine() {
        let database = Database::new(engine).await;
        let clash = rocket::custom(settings_of_host(&database)).attach(Curfew::init()).mount("/", routes![own_login]);
        let refused = clash.ignite().await.expect_err("two pages at one address");
        assert!(matches!(refused.kind(), ErrorKind::FailedFairings(_)), "{}", refused.kind());
        let site = host(engine, |figment| {
            rocket::custom(figment).attach(Curfew::init().at("/auth")).mount("/", routes![own_login])
        })
        .await;
        assert_eq!(site.visitor().opens("/login").await.must_be(200).body, "the garden's own login");
    }
}

#[rocket::async_test]
async fn a_page_of_the_host_below_the_path_is_its_own() {
    for engine in any_engine() {
        let site = host(engine, |figment| {
            rocket::custom(figment).attach(Curfew::init().at("/auth")).mount("/auth/garden", routes![scripted])
        })
        .await;
        let page = site.visitor().opens("/auth/garden/scripted").await;
        assert_eq!(page.must_be(200).header("Content-Security-Policy"), None, "{page:?}");
        let page = site.visitor().opens("/auth/nowhere").await;
        assert!(page.must_be(404).header("Content-Security-Policy").is_some(), "{page:?}");
    }
}

#[rocket::async_test]
async fn the_hosts_own_catch_all_goes_with_curfews_pages_for_its_guards() {
    for engine in any_engine() {
        let site = host(engine, |figment| {
            let program =
                rocket::custom(figment).attach(Curfew::init().catchers()).mount("/", routes![staff_only, level]);
            program.register("/", catchers![catch_all])
        })
        .await;
        let mut ana = site.signed_in(curfew::Role::Member).await;
        assert!(ana.opens("/staff-only").await.must_be(403).body.contains("Access denied"));
        assert!(site.visitor().opens("/staff-only").await.must_be(303).location().starts_with("/login?"));
        assert!(ana.opens("/level").await.must_be(401).body.contains("\"not_authenticated\""), "a program's page");
        assert_eq!(ana.opens("/nowhere").await.must_be(404).body, "the host's own words");
    }
}

#[get("/staff-only")]
fn staff_only(_staff: curfew::Staff<'_>) -> &'static str {
    "tools"
}

#[get("/level")]
fn level(_program: curfew::ApiClient<'_>) -> &'static str {
    "7"
}

#[catch(default)]
const fn catch_all() -> &'static str {
    "the host's own words"
}
